/** Paths into JSON values: names joined by dots, positions as numbers; a dot or backslash in a name behind a backslash. */

/** The path of `names`: `['a', 'b.c', '0']` is `a.b\.c.0`. */
export const joinPath = (names: string[]): string =>
  names.map((name) => name.replace(/[\\.]/g, (special) => `\\${special}`)).join('.');

/** The names of a path; a backslash before anything but a dot or a backslash stands for itself. */
export function splitPath(path: string): string[] {
  const names: string[] = [];
  let name = '';
  for (const part of path.match(/\\[\\.]|\.|\\|[^\\.]+/g) ?? []) {
    if (part === '.') {
      names.push(name);
      name = '';
    } else name += part.length === 2 && part[0] === '\\' ? part[1] : part;
  }
  return [...names, name];
}

/** What stands at `path` in `value`; undefined when nothing does. Only own fields count. */
export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const name of splitPath(path)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    if (Array.isArray(at) && !/^\d+$/.test(name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

/** A value as one text: text as it is, numbers and booleans written out, lists and objects as JSON; null when there is none. */
export function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.trim() === '' ? null : text;
}
