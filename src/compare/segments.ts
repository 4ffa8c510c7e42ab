/** Cuts an answer into prose and what stands in code fences. */

/** A stretch of the answer. `code`: fenced as a language other than JSON. */
export interface Segment {
  from: number;
  to: number;
  fenced: boolean;
  code: boolean;
}

const FENCE = '```';
/** More fences than this are not looked at. */
const MAX_FENCES = 200;
const NOT_CODE = new Set(['', 'json', 'jsonc', 'json5', 'jsonl', 'text', 'txt', 'plaintext', 'markdown', 'md']);

/** The stretches of `text` from the place `start` on; a fence that is not closed runs to the end. */
export function segmentsOf(text: string, start: number): Segment[] {
  const segments: Segment[] = [];
  let from = start;
  let fenced = false;
  for (let count = 0; from <= text.length; count++) {
    const mark = count < MAX_FENCES ? text.indexOf(FENCE, from) : -1;
    const to = mark === -1 ? text.length : mark;
    const language = fenced ? /^[\w+#-]*/.exec(text.slice(from, from + 20))![0] : '';
    // Of "```true" nothing is a language: the word has to stand alone on its line, or before a bracket.
    const named = /^\s*(?:[\r\n{[]|$)/.test(text.slice(from + language.length, from + language.length + 20));
    const begin = from + (named ? language.length : 0);
    if (begin < to) segments.push({ from: begin, to, fenced, code: fenced && !NOT_CODE.has(language.toLowerCase()) });
    if (mark === -1) break;
    from = mark + FENCE.length;
    fenced = !fenced;
  }
  return segments;
}
