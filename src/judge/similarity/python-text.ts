/** White space and punctuation as Python counts them, so that values equal those of libraries written in it. */

/** What `str.split()` splits at: no byte order mark, but the separators 0x1c to 0x1f and NEL, which `\s` does not have. */
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
/** `string.punctuation`. */
export const ASCII_PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** The words of `text` as `text.split()` has them. */
export function splitWords(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '');
}
