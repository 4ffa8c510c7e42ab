/** Takes the thinking of reasoning models out of an answer. */

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * The answer without its <think>…</think> blocks. A block that is not closed runs to the end; where the opening mark
 * was part of the prompt, all up to the closing one is thought.
 */
export function withoutThoughts(text: string): string {
  const parts: string[] = [];
  let at = 0;
  const close = text.indexOf(CLOSE);
  const first = text.indexOf(OPEN);
  if (close !== -1 && (first === -1 || close < first)) at = close + CLOSE.length;
  for (let open = text.indexOf(OPEN, at); open !== -1; open = text.indexOf(OPEN, at)) {
    parts.push(text.slice(at, open));
    const end = text.indexOf(CLOSE, open);
    at = end === -1 ? text.length : end + CLOSE.length;
  }
  parts.push(text.slice(at));
  return parts.join('');
}
