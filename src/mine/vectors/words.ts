/** Cuts texts into the words that tell them apart. */

/** English words that say nothing of a subject, and those that every judge uses. Negations stay: they tell patterns apart. */
const stopWords = new Set(
  `a about above after again all also am an and any are as at be because been before being below between both but by can could
  did do does doing done down during each either else etc few for from further get gets had has have having he her here hers him
  his how i if in into is it its itself just let like made make makes many may me might more most much must my of off on once one
  only onto or other our out over own per quite rather really s said same say says she should so some such t than that the their
  them then there these they this those through thus to too two under until up upon us use used uses using very was we well were
  what when where whereas which while who whom whose why will with within would yet you your
  answer answers answered model output response reply`.split(/\s+/),
);

/** Longer runs of letters are cut: they are no words. */
const wordChars = 40;
/** Letters of an alphabet with marks, joined by apostrophes; or one sign of a script without blanks. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu;

/** Words of `text` in lower case, without stop words, single letters and numbers. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [found] of text.toLowerCase().matchAll(WORD)) {
    const word = found.slice(0, wordChars);
    if (word.length === 1 && word < '\u0E00') continue;
    if (!stopWords.has(word)) words.push(word);
  }
  return words;
}

/** Words, and pairs of words that stand beside one another once stop words are out, with a blank between. */
export function termsOf(text: string): string[] {
  const words = wordsOf(text);
  const pairs = words.slice(1).map((word, at) => `${words[at]} ${word}`);
  return [...words, ...pairs];
}
