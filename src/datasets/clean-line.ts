/** Makes one line of a text that comes from a file: no line ends, control or direction characters, a length at most. */

/** Embeddings, overrides and isolates of direction could turn what stands beside a name; letters bring their own. */
const unwanted = /[\p{Cc}\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/gu;
const breaks = /[\s\u0085]+/g;
const segmenter = new Intl.Segmenter();

/** The text on one line of `max` characters (as people count them) at most; what is longer ends with an ellipsis. */
export function cleanLine(text: string, max: number): string {
  // Far more than `max` characters need not be looked at.
  const line = text
    .slice(0, max * 40)
    .toWellFormed()
    .replace(breaks, ' ')
    .replace(unwanted, '')
    .trim();
  if (line.length <= max) return line;
  const characters = Array.from(segmenter.segment(line.slice(0, max * 16)), ({ segment }) => segment);
  return characters.length <= max
    ? characters.join('')
    : `${characters
        .slice(0, max - 1)
        .join('')
        .trimEnd()}\u2026`;
}
