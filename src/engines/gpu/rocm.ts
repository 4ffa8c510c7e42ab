/** What rocm-smi is asked, and how its answer is read, by the field names of all its versions. */

import { numberOf, type Reading, shareOf, told } from './reading.ts';

/** Arguments for one answer: one JSON object, by card. */
export const rocmArguments = [
  '--showmeminfo',
  'vram',
  '--showuse',
  '--showpower',
  '--showproductname',
  '--showuniqueid',
  '--showdriverversion',
  '--json',
];

/**
 * Reads `{"card0": {"VRAM Total Memory (B)": "…", …}, "system": {…}}`; warnings may stand before it. Names differ by
 * version: "Card series" and "Card Series", "Device Name" since ROCm 6.
 * @throws Error with what rocm-smi said, when there is no such object
 */
export function parseRocm(text: string): Reading[] {
  const cards = objectIn(text);
  const system = byLowerName(cards.system);
  const driver = told(system.get('driver version') ?? system.get('driver_version'));
  return Object.entries(cards)
    .filter(([key]) => /^card\d+$/.test(key))
    .map(([key, value]) => {
      const card = byLowerName(value);
      const first = (...names: string[]) => names.map((name) => told(card.get(name))).find((found) => found !== null);
      return {
        vendor: 'amd' as const,
        index: Number(key.slice('card'.length)),
        uuid: first('unique id') ?? null,
        name: first('card series', 'device name', 'card model', 'card sku', 'gfx version') ?? 'AMD GPU',
        driver,
        usedBytes: numberOf(card.get('vram total used memory (b)')),
        totalBytes: numberOf(card.get('vram total memory (b)')),
        utilisation: shareOf(card.get('gpu use (%)')),
        watts: numberOf(
          first('average graphics package power (w)', 'current socket graphics package power (w)') ?? null,
        ),
      };
    });
}

function objectIn(text: string): Record<string, unknown> {
  const begin = text.indexOf('{');
  try {
    const value: unknown = JSON.parse(text.slice(begin, text.lastIndexOf('}') + 1));
    if (begin >= 0 && typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  const said = text.trim().split('\n').slice(-2).join(' ').slice(0, 300);
  throw new Error(said === '' ? 'it said nothing' : said);
}

const byLowerName = (value: unknown): Map<string, unknown> =>
  new Map(Object.entries((value ?? {}) as object).map(([name, found]) => [name.toLowerCase(), found]));
