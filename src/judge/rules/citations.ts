/** The rule citations: whether an answer names its sources, and whether each leads to a source that was given. */

import { segmentsOf } from '../../compare/segments.ts';
import type { RuleOf } from '../../contracts/judge-rules.ts';
import { valueAt } from '../../datasets/field-path.ts';
import { type Check, counted, failed, notApplied, passed, shown } from './checked-answer.ts';
import { linkKey, linksIn, type Source, sourcesIn, wordKey } from './sources.ts';

/** [1], [2, 3], [4-6], [^7] and their full-width forms; [1](link) is a link. */
const NUMBERS = /[[【]\^?\s?(\d{1,4}(?:\s?[,;\u2013-]\s?\^?\d{1,4}){0,50})\s?(?:†[^\]】\n]{0,80})?[\]】](?!\()/g;
const LABELS = /\[([^[\]\n]{1,100})\](?!\()/g;
const PASSAGES = [
  /"([^"\n]{1,2000})"/g,
  /[\u201c\u201e]([^\u201c\u201d\u201e\n]{1,2000})[\u201c\u201d]/g,
  /\u00ab([^\u00ab\u00bb\n]{1,2000})\u00bb/g,
  /[「『]([^「」『』\n]{1,2000})[」』]/g,
  /^[ \t]*>[ \t]?([^\n]{1,2000})$/gm,
];
/** Shorter passages in quotation marks are words that are spoken of. */
const MIN_WORDS = 3;
const MIN_WIDE = 6;
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu;
const MAX_TOLD = 10;
/** An answer of more numbers in brackets is not read on. */
const MAX_CITED = 10_000;
/** Characters that are kept of a citation. */
const MAX_WRITTEN = 200;
/** No range of numbers is longer: [1-9999] names no sources. */
const MAX_RANGE = 100;

/** What an answer cites: how it is written there, and whether it leads to a source; null without sources. */
interface Cited {
  written: string;
  resolves: boolean | null;
}

type Finder = (prose: string, sources: Source[] | null) => Cited[];
const finders: Record<RuleOf<'citations'>['style'], Finder> = { brackets, urls, quotes };
const names = { brackets: 'bracketed citation', urls: 'link', quotes: 'quoted passage' };
const faults = { brackets: 'name no source', urls: 'are no source', quotes: 'stand in no source' };

export function citationsCheck({ style, sources_field, min }: RuleOf<'citations'>): Check {
  return ({ text, item }) => {
    const sources = sources_field === undefined ? null : sourcesIn(valueAt(item.input, sources_field));
    if (sources?.length === 0) return notApplied(`the item has no sources at ${sources_field}`);
    const cited = new Map<string, Cited>();
    for (const each of finders[style](proseOf(text), sources)) cited.set(each.written, each);
    const all = [...cited.values()];
    const lost = all.filter(({ resolves }) => resolves === false).map(({ written }) => written);
    const details = {
      cited: all.length,
      unresolved: lost.slice(0, MAX_TOLD).map((written) => written.slice(0, MAX_WRITTEN)),
    };
    const among = sources === null ? '' : ` (of ${counted(sources.length, 'source')})`;
    if (lost.length > 0) {
      const told = lost.slice(0, MAX_TOLD).map(shown).join(', ');
      return failed(
        `${lost.length} of ${counted(all.length, names[style])} ${faults[style]}${among}: ${told}`,
        details,
      );
    }
    const said = `the answer has ${counted(all.length, names[style])}`;
    return all.length < min ? failed(`${said}, at least ${min} wanted`, details) : passed(said + among, details);
  };
}

/** Code holds brackets and quotation marks that cite nothing. */
function proseOf(text: string): string {
  return segmentsOf(text, 0)
    .filter(({ code, fenced }) => !code && !fenced)
    .map(({ from, to }) => text.slice(from, to))
    .join('\n');
}

function brackets(prose: string, sources: Source[] | null): Cited[] {
  const ids = new Set((sources ?? []).flatMap(({ id }) => (id === null ? [] : [id])));
  const found: Cited[] = [];
  for (const [, list] of prose.matchAll(NUMBERS)) {
    if (found.length >= MAX_CITED) break;
    for (const written of numbersIn(list!)) {
      const place = Number(written);
      const resolves = sources === null ? null : ids.has(written) || (place >= 1 && place <= sources.length);
      found.push({ written, resolves });
    }
  }
  if (ids.size === 0) return found;
  for (const [, list] of prose.matchAll(LABELS)) {
    const labels = list!.split(/[,;]/).map((label) => label.replace(/^\s*\^?/, '').trim());
    // Not each bracket cites: [sic] is none. One that holds an id cites with all of its labels.
    if (!labels.some((label) => ids.has(label) && !/^\d{1,4}$/.test(label))) continue;
    for (const label of labels) if (!/^\d{1,4}$/.test(label)) found.push({ written: label, resolves: ids.has(label) });
  }
  return found;
}

/** `1, 3-5` is 1, 3, 4, 5. */
function numbersIn(list: string): string[] {
  return list.split(/[,;]/).flatMap((part) => {
    const [from, to] = part.split(/[\u2013-]/).map((number) => Number(number.replace(/[\s^]/g, '')));
    if (to === undefined || to < from! || to - from! > MAX_RANGE)
      return [String(from), ...(to === undefined ? [] : [String(to)])];
    return Array.from({ length: to - from! + 1 }, (_, i) => String(from! + i));
  });
}

function urls(prose: string, sources: Source[] | null): Cited[] {
  const known = sources === null ? null : new Set(sources.flatMap(({ text }) => linksIn(text).map(linkKey)));
  return linksIn(prose).map((link) => ({ written: link, resolves: known === null ? null : known.has(linkKey(link)) }));
}

function quotes(prose: string, sources: Source[] | null): Cited[] {
  const texts = sources?.map(({ text }) => wordKey(text)) ?? null;
  const passages = PASSAGES.flatMap((marks) => [...prose.matchAll(marks)].map(([, passage]) => passage!.trim()));
  return passages.filter(isPassage).map((written) => {
    if (texts === null) return { written, resolves: null };
    // What was left out of a quotation may be anything: its parts have to stand in one source, in their order.
    const parts = written.split(/\[?(?:\.\.\.|\u2026)\]?/).map(wordKey);
    return { written, resolves: texts.some((text) => standIn(text, parts)) };
  });
}

function isPassage(text: string): boolean {
  return (text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0) >= MIN_WORDS || (text.match(WIDE)?.length ?? 0) >= MIN_WIDE;
}

function standIn(text: string, parts: string[]): boolean {
  let from = 0;
  for (const part of parts) {
    const at = text.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return true;
}
