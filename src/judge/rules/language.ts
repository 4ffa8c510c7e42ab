/** The rule language: which language an answer is in, told from its letters. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { flatten } from '../../compare/field-paths.ts';
import { segmentsOf } from '../../compare/segments.ts';
import type { RuleOf } from '../../contracts/judge-rules.ts';
import { type Answer, type Check, failed, notApplied, passed, shown } from './checked-answer.ts';

/**
 * ELD (nitotm/efficient-language-detector-js, Apache-2.0): n-grams of 60 languages. On 125 sentences of a few words in 25
 * languages (test/judge/rules/sentences.ts) its small table names 118, as its large one does; tinyld 119 at twenty times
 * the time, franc-min 90. Five of the seven are Indonesian, for which it says Malay; one is Danish (Norwegian), one Russian
 * (Bulgarian).
 */
type Detector = (text: string) => { language: string; isReliable(): boolean };

/** Codes that ELD gives another name: Indonesian is written as Malay is, and Norwegian is one. */
const ALIASES: Record<string, string> = { id: 'ms', nb: 'no', nn: 'no' };
/** Different words in small letters that a text needs, so that names, numbers and headings are not taken for a language. */
const MIN_WORDS = 3;
const SMALL_WORD = /(?<![\p{L}\p{N}])\p{Ll}{2,}(?!\p{L})/gu;
/** Of scripts without capitals (Chinese, Arabic, Hindi, …): letters. */
const MIN_UNCASED = 6;
const UNCASED = /\p{Lo}/gu;
/** The beginning and the end of a long answer are looked at, each of this many characters. */
const PART = 200;
/** Characters at each end in which prose is looked for. */
const SEARCHED = 4000;
/** Code, links, commands of LaTeX, rows of tables. */
const NO_PROSE = /`[^`\n]{1,200}`|https?:\/\/\S+|\\[a-z]+|^[^|\n]{0,200}\|.*$/gm;

let loaded: { detect: Detector; known: Set<string> } | null = null;

/** Loads ELD with the first rule that needs it: its table takes 0.2 s and 16 MB. */
function detector(): NonNullable<typeof loaded> {
  if (loaded !== null) return loaded;
  const file = fileURLToPath(import.meta.resolve('eld/small'));
  const { eld } = createRequire(import.meta.url)(file) as typeof import('eld/small');
  loaded = { detect: (text) => eld.detect(text), known: new Set(Object.values(eld.info().Languages)) };
  return loaded;
}

/** Throws an Error for a language that cannot be told. */
export function languageCheck({ languages }: RuleOf<'language'>): Check {
  const { detect, known } = detector();
  const unknown = languages.find((code) => !known.has(ALIASES[code] ?? code));
  if (unknown !== undefined) {
    throw new Error(
      `${unknown} cannot be told from other languages; known are ${[...known, ...Object.keys(ALIASES)].sort().join(', ')}`,
    );
  }
  const allowed = new Set(languages.map((code) => ALIASES[code] ?? code));
  const wanted = languages.join(' or ');
  return (answer) => {
    const found: string[] = [];
    for (const [part, place] of partsOf(proseOf(answer))) {
      const { language, isReliable } = detect(part);
      if (allowed.has(language)) found.push(language);
      else if (language !== '' && isReliable()) {
        return failed(`the answer${place} is in ${language}, not in ${wanted}: ${shown(part.trim())}`, { language });
      }
    }
    if (found.length === 0) return notApplied('there is too little text to tell its language');
    return passed(`the answer is in ${found[0]}`, { language: found[0] });
  };
}

/** The words of an answer: of JSON its texts, else what stands outside of code. */
function proseOf({ text, json }: Answer): string {
  if (typeof json === 'object' && json !== null && /^\s*(?:[{[]|```)/.test(text)) {
    return [...flatten(json).values()]
      .flatMap(({ value }) => value)
      .filter((value) => typeof value === 'string')
      .join('. ');
  }
  const near =
    text.length <= 2 * SEARCHED ? text : `${text.slice(0, SEARCHED)}\n\n${text.slice(-SEARCHED).replace(/^\S+/, '')}`;
  return segmentsOf(near, 0)
    .filter(({ fenced }) => !fenced)
    .map(({ from, to }) => near.slice(from, to))
    .join('\n');
}

/** The ends of a text that have words enough, with their names. */
function partsOf(prose: string): [part: string, place: string][] {
  const text = prose.replace(NO_PROSE, ' ').trim();
  const parts: [string, string][] =
    text.length <= 2 * PART
      ? [[text, '']]
      : [
          [text.slice(0, PART), ' at its beginning'],
          [text.slice(-PART), ' at its end'],
        ];
  return parts.filter(([part]) => hasWords(part));
}

function hasWords(text: string): boolean {
  return new Set(text.match(SMALL_WORD)).size >= MIN_WORDS || (text.match(UNCASED)?.length ?? 0) >= MIN_UNCASED;
}
