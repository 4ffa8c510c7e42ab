/** Tells whether a text is laid out as markdown; other texts are shown letter by letter, since 2*3*4 is no emphasis. */

const signs = [
  /^#{1,6} \S/m,
  /^\s*(?:```|~~~)/m,
  /^\s{0,3}(?:[-*+]|\d{1,3}[.)]) \S.*\n\s{0,3}(?:[-*+]|\d{1,3}[.)]) \S/m,
  /^> \S/m,
  /\*\*[^\s*][^*\n]*\*\*/,
  /(?<![\w`])`[^`\n]+`(?!`)/,
  /\[[^\]\n]+\]\([^)\s]+\)/,
];

export function hasMarkdown(text: string): boolean {
  return signs.some((sign) => sign.test(text));
}
