/** Finds the place at which a text stops being JSON, for messages that point at it (those of V8 name it in some cases only). */

/** Line and column count from 1. */
export interface JsonFault {
  line: number;
  column: number;
  problem: string;
}

/** What may come next: `first` is a value or the end of an empty list, `name` a name or the end of an empty object. */
type Next = 'value' | 'first' | 'name' | 'nextName' | 'colon' | 'comma';

const blank = /[ \t\r\n]*/y;
const scalar =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const openString = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

/** The first fault of `text` as JSON; null when it has none. */
export function jsonFault(text: string): JsonFault | null {
  try {
    JSON.parse(text);
    return null;
  } catch {
    const at = faultAt(text);
    const before = text.slice(0, at).split('\n');
    const problem = at >= text.length ? 'it ends too early' : `unexpected ${shown(text, at)}`;
    return { line: before.length, column: before.at(-1)!.length + 1, problem };
  }
}

/** The position of the first character that no JSON has there; the text's length when it only lacks its end. */
function faultAt(text: string): number {
  const open: string[] = [];
  let awaited: Next = 'value';
  for (let at = skip(blank, text, 0); ; at = skip(blank, text, at)) {
    const sign = text[at];
    if (sign === undefined) return at;
    const closes = sign === (open.at(-1) === '{' ? '}' : ']') && open.length > 0;
    if (closes && (awaited === 'comma' || awaited === 'first' || awaited === 'name')) {
      open.pop();
      awaited = 'comma';
      at += 1;
    } else if (awaited === 'comma' || awaited === 'colon') {
      if (sign !== (awaited === 'comma' ? ',' : ':') || open.length === 0) return at;
      awaited = awaited === 'comma' && open.at(-1) === '{' ? 'nextName' : 'value';
      at += 1;
    } else if ((sign === '{' || sign === '[') && (awaited === 'value' || awaited === 'first')) {
      open.push(sign);
      awaited = sign === '{' ? 'name' : 'first';
      at += 1;
    } else {
      const named: boolean = awaited === 'name' || awaited === 'nextName';
      const end = named && sign !== '"' ? at : skip(scalar, text, at);
      if (end === at) return sign === '"' ? skip(openString, text, at) : at;
      awaited = named ? 'colon' : 'comma';
      at = end;
    }
  }
}

/** The end of what `pattern` matches at `at`, which is `at` when it does not. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function shown(text: string, at: number): string {
  const found = String.fromCodePoint(text.codePointAt(at)!);
  return /^[\u0000-\u001f\u007f-\u009f]$/.test(found) ? 'control character' : `"${found}"`;
}
