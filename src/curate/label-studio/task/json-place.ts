/** Puts a value at a place in JSON text, leaving all other characters as they are. */

import { endOf } from '../../../compare/walk-json.ts';

const blank = /[ \t\r\n]*/y;
const string = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
const word = /[^,\]}\s]+/y;

/** `json` is JSON; null when what stands on the way to `names` is neither object nor list. */
export function placeIn(json: string, names: string[], value: unknown): string | null {
  const span = spanAt(json, skip(blank, json, 0), names);
  if (span !== null) return json.slice(0, span.from) + JSON.stringify(value) + json.slice(span.to);
  const whole = withValueAt(JSON.parse(json), names, value);
  return whole === undefined ? null : JSON.stringify(whole, null, /\n([ \t]+)/.exec(json)?.[1] ?? undefined);
}

/** A copy with `value` at `names`, objects made on the way; undefined when something else stands on the way. */
export function withValueAt(into: unknown, names: string[], value: unknown): unknown {
  const [name, ...rest] = names;
  if (name === undefined) return value;
  if (typeof into !== 'object' && into !== undefined) return undefined;
  if (Array.isArray(into)) {
    const inner =
      /^\d+$/.test(name) && Number(name) < into.length ? withValueAt(into[Number(name)], rest, value) : undefined;
    return inner === undefined ? undefined : into.with(Number(name), inner);
  }
  const holder = (into ?? {}) as Record<string, unknown>;
  const inner = withValueAt(Object.hasOwn(holder, name) ? holder[name] : undefined, rest, value);
  return inner === undefined ? undefined : Object.fromEntries([...Object.entries(holder), [name, inner]]);
}

/** The value at `names` below the one that starts at `at`; of a name that stands twice the last, as a parser takes it. */
function spanAt(json: string, at: number, names: string[]): { from: number; to: number } | null {
  const [name, ...rest] = names;
  if (name === undefined) return { from: at, to: endOfValue(json, at) };
  const isList = json[at] === '[';
  if (!isList && json[at] !== '{') return null;
  let found: number | null = null;
  let next = skip(blank, json, at + 1);
  for (let place = 0; json[next] !== '}' && json[next] !== ']'; place++) {
    let key = String(place);
    if (!isList) {
      const end = skip(string, json, next);
      key = JSON.parse(json.slice(next, end));
      next = skip(blank, json, skip(blank, json, end) + 1);
    }
    if (key === name) found = next;
    next = skip(blank, json, endOfValue(json, next));
    if (json[next] === ',') next = skip(blank, json, next + 1);
  }
  return found === null ? null : spanAt(json, found, rest);
}

function endOfValue(json: string, at: number): number {
  if (json[at] === '{' || json[at] === '[') return endOf(json, at, json.length);
  return skip(json[at] === '"' ? string : word, json, at);
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
