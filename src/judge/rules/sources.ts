/** Reads the sources that an item gives, and the links and words by which an answer may name them. */

import { flatten } from '../../compare/field-paths.ts';
import { textKey } from '../../compare/text-key.ts';
import { textOf } from '../../datasets/field-path.ts';
import { asJson } from './expected.ts';

/** A source: its name when it has one, and all text in it. */
export interface Source {
  id: string | null;
  text: string;
}

const ID_FIELDS = ['id', 'key', 'label', 'doc_id', 'source_id'];
const URL_TEXT = /https?:\/\/[^\s<>"`\]\u201c\u201d\u00ab\u00bb]+/gi;

/** Sources in the order in which they stand: a list of texts or objects, an object of them by id, or one text. */
export function sourcesIn(value: unknown): Source[] {
  const read = asJson(value);
  if (Array.isArray(read)) return read.map((each) => ({ id: idOf(each), text: allText(each) }));
  if (typeof read === 'object' && read !== null) {
    return Object.entries(read).map(([id, each]) => ({ id, text: allText(each) }));
  }
  const text = textOf(read);
  return text === null ? [] : [{ id: null, text }];
}

function idOf(source: unknown): string | null {
  if (typeof source !== 'object' || source === null) return null;
  const found = ID_FIELDS.map((name) => (source as Record<string, unknown>)[name]).find(
    (id) => typeof id === 'string' || typeof id === 'number',
  );
  return found === undefined ? null : String(found).trim();
}

function allText(source: unknown): string {
  if (typeof source !== 'object' || source === null) return textOf(source) ?? '';
  const texts = [...flatten(source).values()].flatMap(({ value }) => value);
  return texts.map((each) => textOf(each) ?? '').join('\n');
}

/** The links in a text as they are written, without the punctuation behind them. */
export function linksIn(text: string): string[] {
  return [...text.matchAll(URL_TEXT)].map(([link]) => withoutTail(link));
}

/** A bracket that the link does not open, and what stands behind it, are the text's. */
function withoutTail(link: string): string {
  let open = 0;
  let end = 0;
  for (; end < link.length; end++) {
    if (link[end] === '(') open += 1;
    else if (link[end] === ')' && open-- === 0) break;
  }
  return link.slice(0, end).replace(/[.,;:!?*_'\u2019\u3002\uff0c\uff09]+$/u, '');
}

/** A link as it counts: without scheme, www., fragment and the slash at its end. */
export function linkKey(link: string): string {
  if (!URL.canParse(link)) return link.toLowerCase();
  const { host, pathname, search } = new URL(link);
  return `${host.replace(/^www\./, '')}${pathname.replace(/\/+$/, '')}${search}`;
}

/** The words of a text one space apart, whatever their case, accents and punctuation. */
export const wordKey = (text: string) => (textKey(text).match(/[\p{L}\p{N}]+/gu) ?? []).join(' ');
