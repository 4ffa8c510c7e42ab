/** `assay convert`: turns a CSV, Parquet or JSONL file and a prompt template into a file of OpenAI batch lines. */

import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import type { InputFormat } from '../datasets/read-rows.ts';
import { newTally, type RequestTally, requestLines } from '../datasets/to-requests.ts';
import { AssayError } from '../errors.ts';
import { parseTemplate, type Template } from '../prompts/template.ts';
import { Interrupted } from './report-error.ts';
import { readConfig } from './settings-flags.ts';
import { bytes, clean, count } from './text.ts';
import { userPath } from './user-path.ts';
import { writeWhole } from './write-file.ts';

interface ConvertFlags {
  template?: string;
  model: string;
  out?: string;
  idColumn?: string;
  param: string[];
  endpoint?: string;
  format?: string;
  delimiter?: string;
}

/** Registers `assay convert INPUT --model M [--template FILE] …` on `program`. */
export function addConvert(program: Command): void {
  program
    .command('convert')
    .summary('CSV, Parquet or JSONL and a prompt template -> batch JSONL')
    .description('Writes one OpenAI batch line for each row of INPUT (JSONL, CSV or Parquet).')
    .argument('<input>', 'input file: .jsonl, .csv, .tsv or .parquet')
    .requiredOption('-m, --model <id>', 'model that the requests name')
    .option('-t, --template <file>', 'prompt template with {{column}} placeholders')
    .option('-o, --out <file>', 'file to write, - for standard output (default: INPUT.batch.jsonl in this folder)')
    .option('--id-column <name>', 'column that gives custom_id (default: custom_id, id, or the row number)')
    .option('-p, --param <key=value>', 'body field, value as JSON or text, repeatable', collect, [])
    .option('--endpoint <path>', 'endpoint of the requests (default: /v1/chat/completions)')
    .option('--format <name>', 'jsonl, csv or parquet (default: by name and content)')
    .option('--delimiter <char>', 'delimiter of a CSV file: , ; or tab (default: by its header)')
    .action(convert);
}

/** Appends a repeatable option's value. */
export const collect = (value: string, before: string[]): string[] => [...before, value];

/**
 * Reads `key=value` pairs into body fields: a value that parses as JSON counts as such, any other as text.
 * @throws AssayError invalid_parameter for a pair without key or `=`.
 *
 * @example parseParams(['temperature=0', 'stop=END']) // { temperature: 0, stop: 'END' }
 */
export function parseParams(pairs: string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw new AssayError('invalid_parameter', { param: '--param', problem: 'must be key=value', value: pair });
      return [pair.slice(0, at).trim(), jsonOrText(pair.slice(at + 1))];
    }),
  );
}

/** Reads and parses a template file. @throws AssayError input_unreadable, input_invalid */
export async function readTemplate(file: string): Promise<Template> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'there is no such template file' : message;
    throw new AssayError('input_unreadable', { file, problem }, { cause: error });
  }
  try {
    return parseTemplate(file, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof AssayError) throw error;
    throw new AssayError('input_unreadable', { file, problem: 'the template is not UTF-8; save it as UTF-8' });
  }
}

/** Checks a --format and a --delimiter flag; `tab` and `\t` mean a tab. @throws AssayError invalid_parameter */
export function readingFlags(flags: { format?: string; delimiter?: string }): {
  format?: InputFormat;
  delimiter?: string;
} {
  const { format, delimiter } = flags;
  if (format !== undefined && !['jsonl', 'csv', 'parquet'].includes(format)) {
    throw new AssayError('invalid_parameter', {
      param: '--format',
      problem: 'must be jsonl, csv or parquet',
      value: format,
    });
  }
  const char = delimiter === 'tab' || delimiter === '\\t' ? '\t' : delimiter;
  if (char !== undefined && ![',', ';', '\t', '|'].includes(char)) {
    throw new AssayError('invalid_parameter', {
      param: '--delimiter',
      problem: 'must be , ; | or tab',
      value: delimiter,
    });
  }
  return { format: format as InputFormat | undefined, delimiter: char };
}

async function convert(typed: string, flags: ConvertFlags, command: Command): Promise<void> {
  const input = userPath(typed);
  const template = flags.template === undefined ? undefined : await readTemplate(userPath(flags.template));
  const out = flags.out === '-' ? '-' : userPath(flags.out ?? `${basename(input, extname(input))}.batch.jsonl`);
  if (out !== '-' && existsSync(out) && existsSync(input) && realpathSync(out) === realpathSync(input)) {
    throw new AssayError('invalid_parameter', { param: '--out', problem: 'must not be the input itself', value: out });
  }
  const tally = newTally();
  const lines = requestLines({
    file: input,
    model: flags.model,
    template,
    params: parseParams(flags.param),
    endpoint: flags.endpoint,
    idColumn: flags.idColumn,
    ...readingFlags(flags),
    maxLineBytes: readConfig(command).config.line_max_bytes,
    tally,
  });
  const interrupted = onInterrupt();
  const stopProgress = showProgress(tally);
  let written: number;
  try {
    written =
      out === '-'
        ? await writeOut(ended(lines), interrupted.signal)
        : await writeWhole(out, ended(lines), interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    process.stderr.write('\nInterrupted; nothing was written.\n');
    throw new Interrupted();
  } finally {
    stopProgress();
    interrupted.release();
  }
  process.stderr.write(summary(tally, { out, bytes: written, input }));
}

async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/** Aborts on SIGINT or SIGTERM, so that the temporary file is removed before the process ends. */
function onInterrupt(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  return {
    signal: controller.signal,
    release: () => process.off('SIGINT', abort).off('SIGTERM', abort),
  };
}

/** Writes to standard output; a reader that went away (`| head`) ends it quietly. */
async function writeOut(pieces: AsyncIterable<string>, signal: AbortSignal): Promise<number> {
  const out = process.stdout;
  let total = 0;
  let gone: NodeJS.ErrnoException | null = null;
  out.on('error', (error) => {
    gone = error;
  });
  for await (const piece of pieces) {
    signal.throwIfAborted();
    if (gone !== null) break;
    total += Buffer.byteLength(piece);
    // `once` rejects on an error, which the listener above has seen then.
    if (!out.write(piece)) await once(out, 'drain', { signal }).catch(() => undefined);
  }
  if (gone !== null && (gone as NodeJS.ErrnoException).code !== 'EPIPE') throw gone;
  return total;
}

const PROGRESS_MS = 200;

function showProgress(tally: RequestTally): () => void {
  if (!process.stderr.isTTY) return () => {};
  const timer = setInterval(() => {
    process.stderr.write(`\r${count(tally.rows)} rows, ${Math.floor(tally.progress.share * 100)} %\u001b[K`);
  }, PROGRESS_MS);
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\u001b[K');
  };
}

function summary(tally: RequestTally, done: { input: string; out: string; bytes: number }): string {
  const target = done.out === '-' ? 'standard output' : clean(done.out);
  const lines = [`${count(tally.rows)} requests from ${clean(done.input)} to ${target} (${bytes(done.bytes)}).`];
  if (tally.emptyValues > 0) {
    const byColumn = Object.entries(tally.emptyByColumn).map(([name, empty]) => `${clean(name)} ${count(empty)}`);
    lines.push(`Empty values: ${count(tally.emptyValues)} (${byColumn.join(', ')}).`);
  }
  return `${lines.join('\n')}\n`;
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
