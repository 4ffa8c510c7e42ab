/** Text as it counts when case, accents and runs of white space do not. */

/** `textKey('  Très\n Bien ')` is `tres bien`. */
export function textKey(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mn}+/gu, '')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
}
