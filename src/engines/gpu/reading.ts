/** One sample of one card, as the tool of its vendor told it. */

/** Units: bytes, watts; `utilisation` is a share of 1. Null is what the tool did not tell. */
export interface Reading {
  vendor: 'nvidia' | 'amd';
  index: number;
  uuid: string | null;
  name: string;
  driver: string | null;
  usedBytes: number | null;
  totalBytes: number | null;
  utilisation: number | null;
  watts: number | null;
}

/** The number that `text` begins with (a unit may follow); null for "[N/A]", "[Not Supported]", "ERR!" and the like. */
export function numberOf(text: unknown): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)/.exec(String(text ?? ''));
  return match === null ? null : Number(match[1]);
}

/** Per cent as a share of 1. */
export function shareOf(text: unknown): number | null {
  const percent = numberOf(text);
  return percent === null ? null : Math.min(1, percent / 100);
}

/** The text; null where it says that there is none. */
export function told(text: unknown): string | null {
  const value = String(text ?? '').trim();
  return value === '' || /^(\[.*\]|n\/a|none|unknown|err!?)$/i.test(value) ? null : value;
}
