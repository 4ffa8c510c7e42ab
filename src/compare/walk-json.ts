/** Walks JSON text bracket by bracket: finds where a value ends, and closes one that was cut off. */

const QUOTE = 34;
const BACKSLASH = 92;
/** More open brackets than this are no answer. */
const MAX_OPEN = 200;
const LITERALS = ['true', 'false', 'null'];

/** Where a value ended (`end` is the place after its last bracket), or how things stood at the end of the text. */
interface Walk {
  end: number;
  /** Closing brackets still owed, innermost last. */
  owed: string[];
  quoted: boolean;
  /** Start of a name that has no value yet, or -1. */
  nameAt: number;
  /** Whether a name is due next, or is being written. */
  naming: boolean;
  /** Start of a number or word that is being written, or -1. */
  wordAt: number;
}

/** A value that was cut off, made whole. */
export interface Closed {
  text: string;
  /** Whether its last value is only the beginning of one. */
  truncated: boolean;
}

/** The place after the bracket that closes the one at `from`, brackets in strings left out; -1 when none before `to`. */
export function endOf(text: string, from: number, to: number): number {
  return walk(text, from, to).end;
}

/** Whether more brackets are open at once than an answer has. JSON.parse takes 300 ms for 1 MB of open brackets. */
export function isTooDeep(text: string): boolean {
  return walk(text, 0, text.length).owed.length > MAX_OPEN;
}

/** The value that starts at `from` and is cut off at `to`: a name without a value is dropped, open strings are closed. */
export function closeOff(text: string, from: number, to: number): Closed {
  const { owed, quoted, nameAt, naming, wordAt } = walk(text, from, to);
  let kept = text.slice(from, nameAt === -1 ? to : nameAt).trimEnd();
  let truncated = false;
  if (nameAt === -1 && quoted && !naming) {
    kept = `${withoutPartialEscape(text.slice(from, to)).trimEnd()}"`;
    truncated = true;
  } else if (nameAt === -1 && wordAt !== -1) {
    const word = text.slice(wordAt, to).trim();
    const literal = LITERALS.find((each) => each.startsWith(word));
    truncated = literal === undefined;
    kept = kept.slice(0, kept.length - word.length) + (literal ?? word.replace(/[.eE+-]+$/, ''));
  }
  return { text: kept.replace(/,$/, '') + owed.toReversed().join(''), truncated };
}

function withoutPartialEscape(text: string): string {
  const partial = /(\\+)(?:u[0-9a-fA-F]{0,3})?$/.exec(text);
  if (partial === null) return text;
  const [, slashes] = partial;
  return slashes!.length % 2 === 0 ? text : text.slice(0, partial.index + slashes!.length - 1);
}

function walk(text: string, from: number, to: number): Walk {
  const state: Walk = { end: -1, owed: [], quoted: false, nameAt: -1, naming: false, wordAt: -1 };
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (state.quoted) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) state.quoted = false;
    } else if (!step(state, text[at]!, at)) return state;
  }
  return state;
}

/** Takes the character at `at` into account; false when the walk is over. */
function step(state: Walk, char: string, at: number): boolean {
  const { owed } = state;
  if (char === '{' || char === '[') {
    owed.push(char === '{' ? '}' : ']');
    Object.assign(state, { naming: char === '{', nameAt: -1, wordAt: -1 });
    return owed.length <= MAX_OPEN;
  }
  if (char === '}' || char === ']') {
    owed.pop();
    Object.assign(state, { naming: false, nameAt: -1, wordAt: -1 });
    if (owed.length === 0) state.end = at + 1;
    return owed.length > 0;
  }
  if (char === ',') Object.assign(state, { naming: owed.at(-1) === '}', nameAt: -1, wordAt: -1 });
  else if (char === ':') state.naming = false;
  else if (char.trim() !== '') {
    if (char === '"') state.quoted = true;
    if (state.naming) {
      if (state.nameAt === -1) state.nameAt = at;
    } else {
      state.nameAt = -1;
      if (char === '"') state.wordAt = -1;
      else if (state.wordAt === -1) state.wordAt = at;
    }
  }
  return true;
}
