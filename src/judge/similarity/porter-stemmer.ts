/** Porter's stemmer with the extensions of NLTK, which rouge-score uses. */

/**
 * A rule: an ending, what takes its place, and whether the stem before it allows that. Of a step's rules the first whose
 * ending is there decides, allowed or not.
 */
type Rule = [ending: string, instead: string, allowed?: (stem: string) => boolean];

/** Words whose stem no rule finds, as NLTK lists them. */
const IRREGULAR = new Map([
  ['sky', 'sky'],
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['news', 'news'],
  ['innings', 'inning'],
  ['inning', 'inning'],
  ['outings', 'outing'],
  ['outing', 'outing'],
  ['cannings', 'canning'],
  ['canning', 'canning'],
  ['howe', 'howe'],
  ['proceed', 'proceed'],
  ['exceed', 'exceed'],
  ['succeed', 'succeed'],
]);

const some = (word: string) => measure(word) > 0;
const several = (word: string) => measure(word) > 1;
const rules = (pairs: string, allowed: (stem: string) => boolean): Rule[] =>
  pairs.split(' ').map((pair): Rule => {
    const [ending, instead] = pair.split('>') as [string, string];
    return [ending, instead, allowed];
  });

const PLURALS: Rule[] = [
  ['sses', 'ss'],
  ['ies', 'i'],
  ['ss', 'ss'],
  ['s', ''],
];
const DOUBLE_ENDINGS: Rule[] = [
  ...rules(
    'ational>ate tional>tion enci>ence anci>ance izer>ize bli>ble alli>al entli>ent eli>e ousli>ous ization>ize ' +
      'ation>ate ator>ate alism>al iveness>ive fulness>ful ousness>ous aliti>al iviti>ive biliti>ble fulli>ful',
    some,
  ),
  // The l counts as part of the stem, so that geology and archaeology go the same way.
  ['logi', 'log', (stem) => some(`${stem}l`)],
];
const ENDINGS = rules('icate>ic ative> alize>al iciti>ic ical>ic ful> ness>', some);
const LAST_ENDINGS: Rule[] = [
  ...rules('al> ance> ence> er> ic> able> ible> ant> ement> ment> ent>', several),
  ['ion', '', (stem) => several(stem) && /[st]$/.test(stem)],
  ...rules('ou> ism> ate> iti> ous> ive> ize>', several),
];

/**
 * The stem of a word in lower case, as NLTK's PorterStemmer has it in its default mode.
 * Porter (1980), An algorithm for suffix stripping, doi 10.1108/eb046814.
 */
export function stem(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return word;
  const bare = withoutY(withoutPast(withoutPlural(word)));
  return withoutLl(withoutE(apply(apply(withoutDouble(bare), ENDINGS), LAST_ENDINGS)));
}

/** For each letter whether it is a consonant; y is one where the letter before it is none. */
function consonants(word: string): boolean[] {
  const flags: boolean[] = [];
  for (const letter of word) flags.push(letter === 'y' ? !(flags.at(-1) ?? false) : !'aeiou'.includes(letter));
  return flags;
}

/** How often a vowel is followed by a consonant. */
function measure(word: string): number {
  return consonants(word).filter((consonant, at, flags) => at > 0 && consonant && !flags[at - 1]).length;
}

const hasVowel = (word: string) => consonants(word).includes(false);
const endsDouble = (word: string) => word.length > 1 && word.at(-1) === word.at(-2) && consonants(word).at(-1)!;

/** Whether a word ends in consonant, vowel, consonant, the last not w, x or y; or is a vowel and a consonant. */
function endsShort(word: string): boolean {
  const flags = consonants(word);
  if (word.length === 2) return !flags[0] && flags[1]!;
  const [a, b, c] = flags.slice(-3);
  return word.length > 2 && a! && !b && c! && !/[wxy]$/.test(word);
}

function apply(word: string, list: Rule[]): string {
  for (const [ending, instead, allowed] of list) {
    if (!word.endsWith(ending)) continue;
    const before = word.slice(0, word.length - ending.length);
    return allowed === undefined || allowed(before) ? before + instead : word;
  }
  return word;
}

function withoutPlural(word: string): string {
  return word.length === 4 && word.endsWith('ies') ? word.slice(0, -1) : apply(word, PLURALS);
}

function withoutPast(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('eed')) return some(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const before = ['ed', 'ing']
    .filter((ending) => word.endsWith(ending))
    .map((ending) => word.slice(0, -ending.length))
    .find(hasVowel);
  if (before === undefined) return word;
  if (/(?:at|bl|iz)$/.test(before)) return `${before}e`;
  if (endsDouble(before)) return /[lsz]$/.test(before) ? before : before.slice(0, -1);
  return measure(before) === 1 && endsShort(before) ? `${before}e` : before;
}

function withoutY(word: string): string {
  const before = word.slice(0, -1);
  return word.endsWith('y') && before.length > 1 && consonants(before).at(-1) ? `${before}i` : word;
}

function withoutDouble(word: string): string {
  if (word.endsWith('alli') && some(word.slice(0, -4))) return withoutDouble(word.slice(0, -2));
  return apply(word, DOUBLE_ENDINGS);
}

function withoutE(word: string): string {
  const before = word.slice(0, -1);
  if (!word.endsWith('e')) return word;
  return several(before) || (measure(before) === 1 && !endsShort(before)) ? before : word;
}

function withoutLl(word: string): string {
  return word.endsWith('ll') && several(word.slice(0, -1)) ? word.slice(0, -1) : word;
}
