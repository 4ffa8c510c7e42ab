/** Reads a judge's reply: verdicts go to the ids they name, never to the place they stand at. */

import { findJson, wholeJson } from '../../compare/find-json.ts';
import { withoutThoughts } from '../../compare/thoughts.ts';
import type { Criterion } from '../../contracts/judging.ts';
import { doubledNames, timesNamed } from './doubled-names.ts';
import { isObject, type ReadVerdict, readVerdict, reasonsOf, type Verdict } from './verdict.ts';

/** What a reply on many answers says. Each id is in one of `verdicts`, `missing`, `doubled` and `faults`. */
export interface ReadVerdicts {
  verdicts: Map<string, Verdict>;
  /** Ids the reply says nothing of. */
  missing: string[];
  /** Ids with more than one verdict: nobody knows which is meant, so none counts. */
  doubled: string[];
  /** Ids whose verdict cannot be used, and why. */
  faults: Map<string, string>;
  /** All without a verdict, in the order asked for: these are asked about again. */
  again: string[];
  /** Names in place of ids that were never given out. They are only counted. */
  invented: string[];
  /** Why nothing could be read; null otherwise. */
  unusable: string | null;
  /** Whether the JSON was broken or cut off. */
  repaired: boolean;
}

/** What a reply on one answer says. */
export interface ReadSingle {
  verdict: Verdict | null;
  /** Why there is none; null otherwise. */
  unusable: string | null;
  repaired: boolean;
}

/** What a reply on a pair says. */
export interface ReadPreference extends Pick<Verdict, 'reasoning' | 'confidence'> {
  preference: 'a' | 'b' | 'tie' | null;
  unusable: string | null;
  repaired: boolean;
}

/** JSON in a reply. */
interface Reply {
  value: unknown;
  repaired: boolean;
  /** Names down to what was cut off. */
  truncated: string[] | null;
  /** Paths of names that come twice in one object, as far as can be told. */
  doubled: string[][];
}

/** A verdict as it stands in the reply. */
interface Entry {
  id: string;
  value: unknown;
  path: string[];
}

/** The most of a reply that a fault quotes, in characters. */
const QUOTED = 80;

/** Reads a reply to batchRequest: an object by ids, or a list of verdicts that name theirs. */
export function readVerdicts(text: string, expected: { ids: string[]; criteria: Criterion[] }): ReadVerdicts {
  const reply = replyIn(text, expected.ids);
  const read: ReadVerdicts = {
    verdicts: new Map(),
    missing: [],
    doubled: [],
    faults: new Map(),
    again: [],
    invented: [],
    unusable: typeof reply === 'string' ? reply : null,
    repaired: typeof reply !== 'string' && reply.repaired,
  };
  const entries = typeof reply === 'string' ? [] : entriesOf(reply.value);
  const asked = new Set(expected.ids);
  read.invented = [...new Set(entries.map(({ id }) => id).filter((id) => !asked.has(id)))];
  for (const id of expected.ids) {
    const own = entries.filter((entry) => entry.id === id);
    const twice = typeof reply !== 'string' && reply.doubled.some((path) => path.at(-1) === id);
    if (own.length === 0) read.missing.push(id);
    else if (own.length > 1 || twice) read.doubled.push(id);
    else {
      const found = readEntry(own[0]!, reply as Reply, expected.criteria);
      if ('verdict' in found) read.verdicts.set(id, found.verdict);
      else read.faults.set(id, found.fault);
    }
  }
  read.again = expected.ids.filter((id) => !read.verdicts.has(id));
  return read;
}

/** Reads a reply to singleRequest. */
export function readSingle(text: string, criteria: Criterion[]): ReadSingle {
  const reply = replyIn(text, ['scores'], 'scores');
  if (typeof reply === 'string') return { verdict: null, unusable: reply, repaired: false };
  const alone = aloneIn(reply.value);
  const found = alone === null ? { fault: 'it is not one verdict' } : readEntry(alone, reply, criteria);
  const { repaired } = reply;
  return 'verdict' in found
    ? { verdict: found.verdict, unusable: null, repaired }
    : { verdict: null, unusable: found.fault, repaired };
}

/** Reads a reply to pairwiseRequest; `ids` stand for a and for b, whichever stood first. */
export function readPreference(text: string, ids: readonly [a: string, b: string]): ReadPreference {
  const none = { preference: null, reasoning: null, confidence: null };
  const reply = replyIn(text, ['preferred'], 'preferred');
  if (typeof reply === 'string') return { ...none, unusable: reply, repaired: false };
  const { repaired, truncated, doubled } = reply;
  const alone = aloneIn(reply.value);
  if (alone === null || !isObject(alone.value)) return { ...none, unusable: 'it is not one verdict', repaired };
  if (truncated?.at(-1) === 'preferred') return { ...none, unusable: 'it was cut off', repaired };
  if (doubled.length > 0) return { ...none, unusable: `it holds ${doubled[0]!.at(-1)} twice`, repaired };
  const said = typeof alone.value.preferred === 'string' ? alone.value.preferred.trim().toLowerCase() : null;
  const preference = said === ids[0] ? 'a' : said === ids[1] ? 'b' : said === 'tie' ? 'tie' : null;
  const unusable = preference === null ? `preferred is not ${ids[0]}, ${ids[1]} or tie` : null;
  return { preference, ...reasonsOf(alone.value), unusable, repaired };
}

/** The JSON in a reply, or why there is none. `once`: names that have no place in it twice; `sought`: of several values the one that has it. */
function replyIn(text: string, once: string[], sought: string | null = null): Reply | string {
  const whole = wholeJson(text);
  const said = whole === null ? withoutThoughts(text) : text;
  if (said.trim() === '') return 'the reply is empty';
  const found = whole ?? findJson(said, sought);
  if (found === null || typeof found.value !== 'object' || found.value === null)
    return `there is no JSON object in the reply, which begins: ${JSON.stringify(said.trim().slice(0, QUOTED))}`;
  const doubled =
    whole === null
      ? once.filter((name) => timesNamed(said, name) > 1).map((name) => [name])
      : doubledNames(text.replace(/^\uFEFF/, '').trim());
  return { ...found, doubled };
}

function readEntry({ id, value, path }: Entry, reply: Reply, criteria: Criterion[]): ReadVerdict {
  const within = (other: string[]) => path.every((name, at) => other[at] === name);
  if (reply.truncated !== null && within(reply.truncated)) return { fault: 'it was cut off' };
  const twice = reply.doubled.find((other) => other.length > path.length && within(other));
  if (twice !== undefined) return { fault: `it holds ${twice.at(-1)} twice` };
  const other = isObject(value) && id !== '' && typeof value.id === 'string' ? value.id.trim() : id;
  return other === id ? readVerdict(value, criteria) : { fault: `it says it is of ${other}` };
}

/** The verdicts in a reply, with the id each names; one wrapping around all of them falls away. */
function entriesOf(value: unknown, path: string[] = []): Entry[] {
  if (Array.isArray(value)) return value.flatMap((inner, at) => entryOf(inner, [...path, String(at)]));
  if (!isObject(value)) return [];
  if (typeof value.id === 'string' && 'scores' in value) return entryOf(value, path);
  const members = Object.entries(value);
  const [name, inner] = members[0] ?? [];
  const wraps =
    Array.isArray(inner) || (isObject(inner) && Object.values(inner).some((one) => isObject(one) && 'scores' in one));
  if (path.length === 0 && members.length === 1 && name !== undefined && wraps) return entriesOf(inner, [name]);
  return members.map(([id, one]) => ({ id: id.trim(), value: one, path: [...path, id] }));
}

/** An item of a list: it names its id, or is an object of one id. */
function entryOf(value: unknown, path: string[]): Entry[] {
  if (!isObject(value)) return [];
  if (typeof value.id === 'string') return [{ id: value.id.trim(), value, path }];
  return Object.entries(value)
    .filter(([, inner]) => isObject(inner) && 'scores' in inner)
    .map(([name, inner]) => ({ id: name.trim(), value: inner, path: [...path, name] }));
}

/** The one verdict of a reply, which some judges wrap once more; null when there are several. */
function aloneIn(value: unknown): Entry | null {
  let alone: Entry = { id: '', value, path: [] };
  for (let depth = 0; depth < 2; depth++) {
    const { value: outer, path } = alone;
    if (Array.isArray(outer) ? outer.length > 1 : !isObject(outer)) return null;
    const members = Object.entries(outer as object);
    const [name, inner] = members[0] ?? [];
    if (members.length !== 1 || name === undefined || !isObject(inner) || name === 'scores') break;
    alone = { id: '', value: inner, path: [...path, name] };
  }
  return alone;
}
