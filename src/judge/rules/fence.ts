/** Takes the one code fence around an answer off, and tells whether fences are closed. */

const FENCE = '```';

/** A line that opens or closes a code fence. */
export interface FenceLine {
  /** The word behind the marks, in small letters; empty for none. */
  language: string;
  /** Place of the first character of the line, and of the one after its line break. */
  from: number;
  to: number;
}

/** The lines of a text that are fences, in their order (CommonMark 0.31, section 4.5, without ~~~ and lengths). */
export function fenceLines(text: string): FenceLine[] {
  const lines: FenceLine[] = [];
  for (let at = text.indexOf(FENCE); at !== -1; ) {
    const begin = text.lastIndexOf('\n', at) + 1;
    const end = text.indexOf('\n', at);
    const to = end === -1 ? text.length : end + 1;
    const rest = text.slice(at, to).replace(/^`+/, '').trim();
    // A fence stands first on its line, and its word holds no further mark.
    if (text.slice(begin, at).trim() === '' && !rest.includes('`')) {
      lines.push({ language: /^\S*/.exec(rest)![0].toLowerCase(), from: begin, to });
    }
    at = text.indexOf(FENCE, to);
  }
  return lines;
}

/** What stands in the one fence that the whole text is; the text itself where it is none. */
export function unfenced(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith(FENCE)) return trimmed;
  const [first, last, ...more] = fenceLines(trimmed);
  if (first === undefined || last === undefined || more.length > 0) return trimmed;
  return last.to < trimmed.length ? trimmed : trimmed.slice(first.to, last.from).trim();
}
