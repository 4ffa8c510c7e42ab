/** Turns the rows of an input file into OpenAI batch lines for one model: {custom_id, method, url, body}. */

import { AssayError } from '../errors.ts';
import { missingColumn, renderTemplate, type Template } from '../prompts/template.ts';
import { parquetColumns } from './parquet-rows.ts';
import { detectFormat, type InputFormat, readRows } from './read-rows.ts';
import type { ReadProgress, Row } from './row.ts';
import { quotable, rowFault } from './row.ts';

/** What was read so far; {@link requestLines} keeps it up to date while it is consumed. */
export interface RequestTally {
  /** Rows turned into requests. */
  rows: number;
  /** Placeholders that had no value, over all rows. */
  emptyValues: number;
  /** The same by column. */
  emptyByColumn: Record<string, number>;
  /** Share of the input read, 0 to 1. */
  progress: ReadProgress;
}

/**
 * What to make of `file`: `model` replaces any model a row names; `params` are body fields for rows that do not state
 * them; `endpoint` is /v1/chat/completions when absent (OpenAI batch lines then keep their own url); `idColumn` gives
 * custom_id (else custom_id, id, or the row number).
 */
export interface RequestOptions {
  file: string;
  model: string;
  maxLineBytes: number;
  template?: Template;
  params?: Record<string, unknown>;
  endpoint?: string;
  idColumn?: string;
  format?: InputFormat;
  delimiter?: string;
  tally?: RequestTally;
}

/** Endpoints of a batch, as OpenAI's. */
export const endpoints = ['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/responses'];

/**
 * Body fields that a plain JSONL line may state for itself; its other fields (category, expected, …) are the dataset's
 * and are not sent. From OpenAI's reference of the four endpoints, and what llama-server and vLLM add.
 */
const ownFields = new Set(
  (
    'max_tokens max_completion_tokens max_output_tokens temperature top_p top_k min_p n stop seed tools ' +
    'tool_choice parallel_tool_calls response_format reasoning_effort presence_penalty frequency_penalty ' +
    'repetition_penalty logit_bias logprobs top_logprobs suffix echo best_of dimensions encoding_format instructions ' +
    'chat_template_kwargs guided_json guided_choice guided_regex grammar json_schema'
  ).split(' '),
);

/** Columns that are read of a Parquet file when no template names others. */
const plainColumns = ['custom_id', 'id', 'prompt', 'messages', 'input', 'system', 'body', 'url'];

export function newTally(): RequestTally {
  return { rows: 0, emptyValues: 0, emptyByColumn: {}, progress: { share: 0 } };
}

/**
 * Yields one JSON line a row, without its line end, in the order of the file and in flat memory; the same input and
 * options give the same bytes.
 * @throws AssayError template_column_missing before the first line; input_invalid or input_unreadable with the place.
 */
export async function* requestLines(options: RequestOptions): AsyncGenerator<string> {
  checkOptions(options);
  const format = options.format ?? (await detectFormat(options.file));
  const context: Context = { ...options, format, tally: options.tally ?? newTally() };
  await checkColumns(context);
  for await (const row of readRows(options.file, readOptions(context))) {
    const request = options.template ? fromTemplate(row, context) : fromRow(row, context);
    context.tally.rows += 1;
    yield JSON.stringify(request);
  }
  context.tally.progress.share = 1;
}

type Context = RequestOptions & { format: InputFormat; tally: RequestTally };

interface BatchLine {
  custom_id: string;
  method: 'POST';
  url: string;
  body: Record<string, unknown>;
}

type Messages = { role: string; content: unknown }[];

function readOptions(context: Context) {
  const { format, delimiter, maxLineBytes, template, idColumn } = context;
  const named = template ? ['custom_id', 'id', ...template.columns] : plainColumns;
  const columns = idColumn ? [...named, idColumn] : named;
  return { format, delimiter, maxLineBytes, columns, progress: context.tally.progress };
}

function checkOptions({ endpoint, template, model }: RequestOptions): void {
  if (endpoint !== undefined && !endpoints.includes(endpoint)) {
    throw new AssayError('invalid_parameter', {
      param: 'endpoint',
      problem: `must be one of ${endpoints.join(', ')}`,
      value: endpoint,
    });
  }
  if (model === '')
    throw new AssayError('invalid_parameter', { param: 'model', problem: 'must be named', value: model });
  const text = endpoint === '/v1/completions' || endpoint === '/v1/embeddings';
  if (text && template && (template.messages.length > 1 || template.messages[0]!.role !== 'user')) {
    const problem = `${endpoint} takes one text; use a template without --- separators`;
    throw new AssayError('input_invalid', { file: template.file, line: 1, problem });
  }
}

/**
 * Looks for the template's columns before the first request: in the header of a CSV or Parquet file; in a JSONL file,
 * where a line may leave fields out, in as many lines as it takes to see them all.
 */
async function checkColumns(context: Context): Promise<void> {
  const { file, template, idColumn } = context;
  const wanted = [...(template?.columns ?? []), ...(idColumn ? [idColumn] : [])];
  if (wanted.length === 0) return;
  const known = await columnsOf(context, wanted);
  const missing = template ? missingColumn(template, known) : null;
  if (missing) throw missing;
  if (idColumn && !known.has(idColumn)) {
    const problem = `there is no column ${idColumn} to take custom_id from; columns there are: ${quotable([...known].slice(0, 40).join(', '))}`;
    throw new AssayError('input_invalid', { file, line: 1, problem }, { param: 'id_column' });
  }
}

async function columnsOf(context: Context, wanted: string[]): Promise<Set<string>> {
  if (context.format === 'parquet') return new Set(await parquetColumns(context.file));
  const known = new Set<string>();
  for await (const row of readRows(context.file, { ...readOptions(context), progress: undefined })) {
    for (const name of Object.keys(row.values)) known.add(name);
    if (context.format === 'csv' || wanted.every((name) => known.has(name))) break;
  }
  return known;
}

function fromTemplate(row: Row, context: Context): BatchLine {
  const { messages, empty } = renderTemplate(context.template!, row.values);
  for (const column of empty) {
    context.tally.emptyValues += 1;
    context.tally.emptyByColumn[column] = (context.tally.emptyByColumn[column] ?? 0) + 1;
  }
  const url = context.endpoint ?? endpoints[0]!;
  const body = { model: context.model, ...promptFields(url, messages), ...context.params };
  return { custom_id: customId(row, context), method: 'POST', url, body: { ...body, model: context.model } };
}

function fromRow(row: Row, context: Context): BatchLine {
  const own = parsedBody(row.values.body, context.format);
  if (own !== null) return fromBatchLine(row, own, context);
  const { values } = row;
  const url = context.endpoint ?? endpoints[0]!;
  const stated = context.format === 'jsonl' ? statedBy(values, url) : {};
  const body = { model: context.model, ...promptOf(row, url, context), ...context.params, ...stated };
  return { custom_id: customId(row, context), method: 'POST', url, body: { ...body, model: context.model } };
}

/** The body fields that a plain line states. `text` and `reasoning` are common names of data, so only objects count. */
export function statedBy(values: Record<string, unknown>, url: string): Record<string, unknown> {
  const counts = ([name, value]: [string, unknown]) =>
    ownFields.has(name) ||
    (url === '/v1/responses' && (name === 'text' || name === 'reasoning') && typeof value === 'object');
  return Object.fromEntries(Object.entries(values).filter(counts));
}

function fromBatchLine(row: Row, own: Record<string, unknown>, context: Context): BatchLine {
  const stated = row.values.url;
  if (typeof stated === 'string' && context.endpoint !== undefined && stated !== context.endpoint) {
    throw rowFault(
      context.file,
      row,
      `the line's url ${quotable(stated)} differs from the endpoint ${context.endpoint}`,
    );
  }
  const url = context.endpoint ?? (typeof stated === 'string' ? stated : endpoints[0]!);
  const body = { ...own, model: context.model };
  for (const [name, value] of Object.entries(context.params ?? {})) {
    if (!(name in body)) Object.assign(body, { [name]: value });
  }
  return { custom_id: customId(row, context), method: 'POST', url, body };
}

function parsedBody(value: unknown, format: InputFormat): Record<string, unknown> | null {
  const body = format === 'jsonl' ? value : parsed(value, '{');
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : null;
}

/** The prompt of a plain row: its messages, its input, or its prompt (with an optional system text). */
function promptOf(row: Row, url: string, context: Context): Record<string, unknown> {
  const { prompt, system, input } = row.values;
  const messages = parsed(row.values.messages, '[');
  if (messages !== undefined && messages !== null && messages !== '') {
    if (!Array.isArray(messages) || messages.length === 0) {
      throw rowFault(context.file, row, 'messages must be a list of {role, content}');
    }
    if (url === '/v1/completions' || url === '/v1/embeddings') {
      throw rowFault(context.file, row, `${url} takes a text (prompt), not messages`);
    }
    return promptFields(url, messages as Messages);
  }
  if (input !== undefined && input !== null && (url === '/v1/embeddings' || url === '/v1/responses')) return { input };
  if (typeof prompt === 'string' && prompt.trim() !== '') {
    const system_ = typeof system === 'string' && system !== '' ? [{ role: 'system', content: system }] : [];
    return promptFields(url, [...system_, { role: 'user', content: prompt }]);
  }
  if (prompt !== undefined && prompt !== null && prompt !== '' && typeof prompt !== 'string') {
    throw rowFault(
      context.file,
      row,
      `prompt must be text, not ${Array.isArray(prompt) ? 'a list' : `a ${typeof prompt}`}`,
    );
  }
  const there = quotable(Object.keys(row.values).slice(0, 20).join(', ')) || 'no fields';
  const problem =
    prompt === undefined
      ? `no prompt, messages or body; give a template (--template FILE) that uses: ${there}`
      : 'prompt is empty';
  throw rowFault(context.file, row, problem);
}

function promptFields(url: string, messages: Messages): Record<string, unknown> {
  if (url === '/v1/responses') return { input: messages };
  if (url === '/v1/chat/completions') return { messages };
  const text = messages.at(-1)!.content;
  return url === '/v1/embeddings' ? { input: text } : { prompt: text };
}

/** A value that CSV (or a text column) can only carry as JSON text. */
function parsed(value: unknown, opening: '[' | '{'): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith(opening)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function customId(row: Row, { idColumn, file }: Context): string {
  if (idColumn !== undefined) {
    const id = idText(row.values[idColumn]);
    if (id === null) throw rowFault(file, row, `column ${idColumn}, which gives custom_id, holds no text or number`);
    return id;
  }
  return idText(row.values.custom_id) ?? idText(row.values.id) ?? `row-${String(row.number).padStart(6, '0')}`;
}

function idText(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
