/** Prompt templates: text with {{column}} placeholders, in one or several messages; parsed once, rendered for each row. */

import { AssayError } from '../errors.ts';

export type TemplateRole = 'system' | 'user' | 'assistant';

/** One message of a template: literal text and column names, in turns. */
export interface TemplateMessage {
  role: TemplateRole;
  parts: ({ text: string } | { column: string })[];
}

/** A parsed template: its file name (for errors), its messages, and the columns that they name, each once. */
export interface Template {
  file: string;
  messages: TemplateMessage[];
  columns: string[];
}

/** A rendered prompt, and the columns that had no value for it. */
export interface Rendered {
  messages: { role: TemplateRole; content: string }[];
  empty: string[];
}

const SEPARATOR = /^--- (system|user|assistant) ---[ \t]*$/;

/**
 * Parses a template file's text. `{{name}}` (spaces allowed inside the braces) is a placeholder, `\{{` a literal `{{`;
 * a line `--- system ---`, `--- user ---` or `--- assistant ---` begins a message; without one all is a user message.
 * @throws AssayError input_invalid with the template's file and line.
 *
 * @example parseTemplate('p.txt', 'Who is {{ name }}?').columns // ['name']
 */
export function parseTemplate(file: string, text: string): Template {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  const messages: TemplateMessage[] = [];
  for (const block of blocksOf(file, lines)) {
    const parts = partsOf(file, block);
    if (parts.length > 0) messages.push({ role: block.role, parts });
    else if (block.marked) throw fault(file, block.line - 1, `the ${block.role} message is empty`);
  }
  if (messages.length === 0) throw fault(file, 1, 'the template is empty');
  const columns = messages.flatMap((message) => message.parts.flatMap((part) => ('column' in part ? part.column : [])));
  return { file, messages, columns: [...new Set(columns)] };
}

/** The first column that the template names and `known` lacks, as an error; null when none is missing. */
export function missingColumn(template: Template, known: Iterable<string>): AssayError | null {
  const there = [...new Set(known)];
  const column = template.columns.find((name) => !there.includes(name));
  if (column === undefined) return null;
  return new AssayError('template_column_missing', { file: template.file, column, known: listed(there) });
}

/**
 * Fills the template with a row's values: text as it is, numbers and booleans as JavaScript writes them, lists and
 * objects as JSON, null and absent as nothing. What a value holds is never read as a placeholder or separator.
 */
export function renderTemplate(template: Template, values: Record<string, unknown>): Rendered {
  const empty = new Set<string>();
  const messages = template.messages.map((message) => ({
    role: message.role,
    content: message.parts
      .map((part) => {
        if ('text' in part) return part.text;
        const text = Object.hasOwn(values, part.column) ? valueText(values[part.column]) : '';
        if (text.trim() === '') empty.add(part.column);
        return text;
      })
      .join(''),
  }));
  return { messages, empty: [...empty] };
}

/** A value as it appears in a prompt. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object')
    return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : item));
  return String(value);
}

interface Block {
  role: TemplateRole;
  marked: boolean;
  /** Line of the file that `text` begins on. */
  line: number;
  text: string;
}

function blocksOf(file: string, lines: string[]): Block[] {
  const starts = lines.flatMap((line, i) => (SEPARATOR.test(line) ? i : []));
  const first = starts[0];
  if (first === undefined) return [{ role: 'user', marked: false, line: 1, text: lines.join('\n') }];
  const stray = lines.slice(0, first).findIndex((line) => line.trim() !== '');
  if (stray !== -1) throw fault(file, stray + 1, `text before the first separator (${lines[first]!.trim()})`);
  return starts.map((start, i) => ({
    role: SEPARATOR.exec(lines[start]!)![1] as TemplateRole,
    marked: true,
    line: start + 2,
    text: lines.slice(start + 1, starts[i + 1]).join('\n'),
  }));
}

function partsOf(file: string, block: Block): TemplateMessage['parts'] {
  const leading = /^(?:[ \t]*\n)*/.exec(block.text)![0];
  const text = block.text.slice(leading.length).trimEnd();
  const lineAt = (at: number) => block.line + leading.split('\n').length - 1 + text.slice(0, at).split('\n').length - 1;
  const parts: TemplateMessage['parts'] = [];
  let literal = '';
  let from = 0;
  for (let open = text.indexOf('{{'); open !== -1; open = text.indexOf('{{', from)) {
    if (text[open - 1] === '\\' && open > from) {
      literal += `${text.slice(from, open - 1)}{{`;
      from = open + 2;
      continue;
    }
    const close = text.indexOf('}}', open + 2);
    const name = text.slice(open + 2, close === -1 ? undefined : close);
    if (close === -1) throw fault(file, lineAt(open), 'a {{ without its }}; write \\{{ for the braces themselves');
    if (name.trim() === '' || /[{}\n]/.test(name)) {
      const problem = `{{${name.split('\n')[0]}}} names no column; write \\{{ for the braces themselves`;
      throw fault(file, lineAt(open), problem);
    }
    literal += text.slice(from, open);
    if (literal !== '') parts.push({ text: literal });
    parts.push({ column: name.trim() });
    literal = '';
    from = close + 2;
  }
  literal += text.slice(from);
  if (literal !== '') parts.push({ text: literal });
  return parts;
}

function listed(names: string[]): string {
  // Names are the input's own text: control characters have no business on a terminal.
  const shown = names
    .slice(0, 40)
    .join(', ')
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
  return names.length > 40 ? `${shown} and ${names.length - 40} more` : shown || '(none)';
}

function fault(file: string, line: number, problem: string): AssayError {
  return new AssayError('input_invalid', { file, line, problem }, { line });
}
