/** Puts texts of others into a prompt so that nothing in them can end them, or speak in another's place. */

import { plainText } from '../../compare/plain-data.ts';
import { drawn, randomOf } from './opaque-ids.ts';

/** What stands in a fence. */
export type Fenced = 'TASK' | 'REFERENCE' | 'ANSWER' | 'REASON' | 'PATTERN';

/** Characters of a key, and after how many keys that stand in a text it grows by one. */
const KEY_LENGTH = 4;
const TRIES_PER_LENGTH = 8;

/**
 * Marks that chat templates are made of. llama-server reads them in the content of a message as the token itself: an answer
 * with "<|im_end|>" in it ends the user's message there, whatever stands around it.
 */
const TEMPLATE_MARKS = [
  /<(?=[|\uff5c][^|\uff5c<>\s]{1,64}[|\uff5c]>)/g,
  /<(?=\/?[A-Za-z][A-Za-z0-9]*_[A-Za-z0-9_]{0,60}>)/g,
  /<(?=\/?(?:s|bos|eos|pad|unk|mask|think|filename|reponame|unused\d{1,4}|0x[0-9A-Fa-f]{2})>)/g,
  /<(?=<\/?SYS>>)/g,
  /\[(?=\/?(?:INST|THINK|SYSTEM_PROMPT|MODEL_SETTINGS|AVAILABLE_TOOLS|TOOL_[A-Z]{1,20}|ARGS|IMG|PREFIX|MIDDLE|SUFFIX)\])/g,
];

/**
 * A text as a judge is shown it: without characters that no message can hold, and with a space in the marks of chat
 * templates, so that they are text; else as it is.
 */
export function shownText(text: string): string {
  return TEMPLATE_MARKS.reduce((shown, mark) => shown.replace(mark, '$& '), plainText(text));
}

/**
 * Texts that belong together, each begun by a line with its name and closed by the next such line; `mark` is the id and the
 * key. One line between two texts, and keys no longer than they must be: an item of two short texts takes 56 tokens of
 * smollm2-135m; with a line before and after each text, and keys of eight characters, it took 93.
 */
export function fence(mark: string, texts: Partial<Record<Fenced, string>>): string {
  const parts = Object.entries(texts).map(([what, text]) => `=== ${what} ${mark} ===\n${text}\n`);
  return `${parts.join('')}=== END ${mark} ===`;
}

/**
 * A key for each of `ids` that stands in none of `texts`, also not in capitals, in wide letters or with invisible characters
 * between. It is chosen after the texts are there, so no text can hold it, whatever its author knows. The same ids and
 * texts give the same keys.
 */
export function keysFor(ids: string[], texts: string[]): string[] {
  const searched = texts.flatMap((text) => [text.toLowerCase(), folded(text)]);
  return ids.map((_, at) => {
    for (let tries = 0; ; tries++) {
      // A long text may hold every short key there is.
      const length = KEY_LENGTH + Math.floor(tries / TRIES_PER_LENGTH);
      const key = drawn(randomOf(`key ${ids.join(' ')} ${at} ${tries}`), length);
      if (!searched.some((text) => text.includes(key))) return key;
    }
  });
}

/** The text without invisible characters, and with the plain form of letters that have several. */
function folded(text: string): string {
  return text
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKC')
    .toLowerCase();
}
