/** The rule format: whether an answer has the form it was asked for. */

import { parse } from 'csv-parse/sync';
import { SaxesParser } from 'saxes';
import { isCollection, parseDocument } from 'yaml';
import { wholeJson } from '../../compare/find-json.ts';
import { isTooDeep } from '../../compare/walk-json.ts';
import type { AnswerFormat, RuleOf } from '../../contracts/judge-rules.ts';
import { type Check, counted, failed, passed, shown } from './checked-answer.ts';
import { fenceLines, unfenced } from './fence.ts';

/** Longer answers are no YAML for us: its parser takes seconds for a megabyte. */
const MAX_YAML = 200_000;
const TOO_DEEP = 'it is nested too deeply';
/** Signs of Markdown, each with what it is called. */
const MARKS: [name: string, pattern: RegExp][] = [
  ['a heading', /^ {0,3}#{1,6} \S/m],
  ['bold text', /\*\*[^\s*][^*\n]{0,500}\*\*|__[^\s_][^_\n]{0,500}__/],
  ['a code block', /^ {0,3}```/m],
  ['code', /`[^`\n]{1,200}`/],
  ['a link', /\[[^\]\n]{1,200}\]\([^)\s]{1,2000}\)/],
  ['a table', /^ {0,3}\|.{0,1000}\|[ \t]*$/m],
];
const LIGHT_MARKS: [name: string, pattern: RegExp][] = [
  ['a list', /^ {0,3}(?:[-*+]|\d{1,9}[.)]) \S/m],
  ['a quotation', /^ {0,3}> ?\S/m],
  ['emphasis', /(?<![\w*])\*[^\s*][^*\n]{0,200}\*(?![\w*])|(?<!\w)_[^\s_][^_\n]{0,200}_(?!\w)/],
];
const TAG = /<\/?[a-z][a-z0-9]{0,20}(?:\s[^<>\n]{0,500})?\/?>/i;
const ITEM = /^\s*(?:[-*+\u2022\u2013]|\(?(?:\d{1,9}|[a-z])[.)])\s+\S/iu;

/** The fault of a text that has not the form; null for none. */
type Fault = (text: string, rule: RuleOf<'format'>) => string | null;

const faults: Record<AnswerFormat, Fault> = {
  json: jsonFault,
  jsonl: jsonLinesFault,
  markdown: markdownFault,
  xml: xmlFault,
  yaml: yamlFault,
  csv: csvFault,
  code: codeFault,
  list: listFault,
  plain: plainFault,
};
const FENCED = new Set<AnswerFormat>(['json', 'jsonl', 'xml', 'yaml', 'csv']);

export function formatCheck(rule: RuleOf<'format'>): Check {
  const { is, allow_fence } = rule;
  return ({ text }) => {
    const inner = FENCED.has(is) && allow_fence ? unfenced(text) : text.trim();
    const fault = inner === '' ? 'it is empty' : faults[is](inner, rule);
    return fault === null ? passed(`the answer is ${is}`) : failed(`the answer is not ${is}: ${fault}`);
  };
}

/** An object or a list: a bare number or word, though JSON too, is no form to have been asked for. */
function jsonFault(text: string): string | null {
  const found = wholeJson(text);
  if (found !== null) {
    return typeof found.value === 'object' && found.value !== null
      ? null
      : `it is the value ${shown(found.value)} alone`;
  }
  if (!/^[{[]/.test(text)) return `it begins with ${shown(text)}`;
  if (isTooDeep(text)) return TOO_DEEP;
  try {
    JSON.parse(text);
    return TOO_DEEP;
  } catch (error) {
    return (error as Error).message;
  }
}

function jsonLinesFault(text: string): string | null {
  const lines = text.split('\n');
  const bad = lines.findIndex((line) => line.trim() !== '' && jsonFault(line.trim()) !== null);
  return bad === -1 ? null : `line ${bad + 1} is no JSON object or list: ${shown(lines[bad])}`;
}

function markdownFault(text: string): string | null {
  if (fenceLines(text).length % 2 === 1) return 'a code block is not closed';
  return [...MARKS, ...LIGHT_MARKS].some(([, mark]) => mark.test(text))
    ? null
    : 'it has no heading, list, emphasis, link, table or code';
}

function plainFault(text: string): string | null {
  const mark = MARKS.find(([, pattern]) => pattern.test(text));
  if (mark !== undefined) return `it has ${mark[0]} of Markdown: ${shown(mark[1].exec(text)![0])}`;
  const tag = TAG.exec(text);
  if (tag !== null) return `it has the tag ${shown(tag[0])}`;
  return jsonFault(text) === null ? 'it is JSON' : null;
}

function xmlFault(text: string): string | null {
  const parser = new SaxesParser();
  let fault: string | null = null;
  parser.on('error', (error) => {
    fault ??= error.message;
  });
  parser.write(text).close();
  return fault === null ? null : `line and column ${(fault as string).replace(/\.$/, '')}`;
}

function yamlFault(text: string): string | null {
  if (text.length > MAX_YAML) return `it has ${text.length} characters, of which at most ${MAX_YAML} are read`;
  if (isTooDeep(text)) return TOO_DEEP;
  const document = parseDocument(text, { logLevel: 'silent', prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    return `line ${text.slice(0, error.pos[0]).split('\n').length}: ${error.message.split('\n')[0]}`;
  }
  return isCollection(document.contents) ? null : 'it is one text, neither a mapping nor a list';
}

/** Two columns or more, as many in each row; comma, semicolon or tab, whichever the first line has most of. */
function csvFault(text: string): string | null {
  const first = text.slice(0, text.indexOf('\n') === -1 ? text.length : text.indexOf('\n'));
  const delimiter = [',', ';', '\t'].reduce((a, b) => (first.split(b).length > first.split(a).length ? b : a));
  if (!first.includes(delimiter)) return `its first line has one column: ${shown(first)}`;
  try {
    parse(text, { delimiter, skip_empty_lines: true });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A closed block of code that holds something; words may stand around it. */
function codeFault(text: string, { language }: RuleOf<'format'>): string | null {
  const lines = fenceLines(text);
  if (lines.length === 0) return 'it has no code block';
  if (lines.length % 2 === 1) return 'a code block is not closed';
  const blocks = lines.flatMap((line, at) =>
    at % 2 === 0 && text.slice(line.to, lines[at + 1]!.from).trim() !== '' ? [line.language] : [],
  );
  if (blocks.length === 0) return 'its code block is empty';
  if (language === undefined || blocks.includes(language.toLowerCase())) return null;
  return `${counted(blocks.length, 'code block')} marked ${shown(blocks.join(', '))}, none ${language}`;
}

/** Lines that begin with a bullet or a number, and indented ones that go on with them. */
function listFault(text: string): string | null {
  const bad = text
    .split('\n')
    .findIndex((line, at) => line.trim() !== '' && !ITEM.test(line) && (at === 0 || !/^\s{2,}/.test(line)));
  return bad === -1 ? null : `line ${bad + 1} begins with no bullet or number: ${shown(text.split('\n')[bad])}`;
}
