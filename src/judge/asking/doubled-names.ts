/** Finds names that an object in JSON text holds twice, of which JSON.parse keeps the last one without a word. */

/** The parts that JSON is made of; blanks fall away. */
const PART = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

interface Open {
  /** Names so far; null in a list. */
  names: Set<string> | null;
  /** The name, or the place in the list, of what comes next. */
  at: string;
  /** Whether a name is due. */
  naming: boolean;
  count: number;
}

/** The paths of names that come twice in one object. `text` is JSON. */
export function doubledNames(text: string): string[][] {
  const doubled: string[][] = [];
  const open: Open[] = [];
  for (const [part] of text.matchAll(PART)) {
    const inner = open.at(-1);
    if (part === '{') open.push({ names: new Set(), at: '', naming: true, count: 0 });
    else if (part === '[') open.push({ names: null, at: '0', naming: false, count: 0 });
    else if (part === '}' || part === ']') open.pop();
    else if (part === ',' && inner) {
      inner.count += 1;
      if (inner.names === null) inner.at = String(inner.count);
      else inner.naming = true;
    } else if (inner?.naming && inner.names !== null) {
      inner.at = JSON.parse(part) as string;
      inner.naming = false;
      if (inner.names.has(inner.at)) doubled.push(open.map(({ at }) => at));
      inner.names.add(inner.at);
    }
  }
  return doubled;
}

/**
 * How often text that is not quite JSON gives a value to `name`, as a name or as the id of a list's item. What stands
 * escaped inside of a string does not count, nor does prose like "name: good".
 */
export function timesNamed(text: string, name: string): number {
  const quote = '["\'`\u2018-\u201d]';
  const asName = `(?<!\\w)${name}${quote}?\\s*:\\s*[{\\["'\\u2018-\\u201d]`;
  const asId = `(?<!\\w)id${quote}?\\s*:\\s*${quote}?${name}(?!\\w)`;
  return [...text.matchAll(new RegExp(`${asName}|${asId}`, 'g'))].length;
}
