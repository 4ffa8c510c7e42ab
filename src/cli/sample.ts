/** `assay sample`: draws a stratified test set from a file, without a server, and writes it with its figures. */

import { existsSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { type SampleOptions, sampleOptions } from '../contracts/sampling.ts';
import { classifyByExamples } from '../datasets/sampling/classify-by-examples.ts';
import { type FileReading, linesOfRows, openFileSource } from '../datasets/sampling/file-source.ts';
import { sampleRows } from '../datasets/sampling/sample-rows.ts';
import type { SampleControl } from '../datasets/sampling/sample-source.ts';
import { AssayError } from '../errors.ts';
import { connect } from './connect.ts';
import { readingFlags } from './convert.ts';
import { type Display, openDisplay } from './display.ts';
import { embedByBatch } from './embed-batch.ts';
import { interruption } from './interruption.ts';
import { checkModels } from './run-jobs.ts';
import { sampleProgressLine, sampleText } from './sample-text.ts';
import { readConfig } from './settings-flags.ts';
import { userPath } from './user-path.ts';
import { writeWhole } from './write-file.ts';

interface SampleFlags {
  n: string;
  by?: string;
  sourceField?: string;
  byLength?: boolean;
  allocation?: string;
  weights?: string;
  min?: string;
  seed?: string;
  nearDuplicates?: string;
  classify?: string;
  classifyModel?: string;
  out: string;
  format?: string;
  delimiter?: string;
}

/** The flag of each option, for messages. */
const flagOf: Record<string, string> = {
  n: '--n',
  seed: '--seed',
  category_path: '--by',
  source_path: '--source-field',
  classify: '--classify',
  allocation: '--allocation',
  weights: '--weights',
  minimum: '--min',
  near_duplicates: '--near-duplicates',
};

/** Registers `assay sample INPUT --n N …` on `program`. */
export function addSample(program: Command): void {
  program
    .command('sample')
    .summary('a stratified test set out of a large file')
    .description('Draws rows of INPUT (JSONL, CSV or Parquet) by category and writes them with their figures.')
    .argument('<input>', 'input file: .jsonl, .csv, .tsv or .parquet')
    .requiredOption('-n, --n <rows>', 'rows to draw')
    .option('--by <field>', 'field that holds the category (default: guessed; without one, rules tell it)')
    .option('--source-field <field>', 'field to keep the shares of too, as where a row comes from')
    .option('--by-length', 'keep the shares of short and long prompts too (quarters)')
    .option('--allocation <how>', 'proportional, equal, or weights (default: proportional)')
    .option('--weights <list>', 'shares by category: math=0.3,code=0.7 (the rest as in the source)')
    .option('--min <rows>', 'rows of each category at least')
    .option('--seed <number>', 'another seed draws other rows (default: 1)')
    .option(
      '--near-duplicates <similarity>',
      'from which two prompts count as the same, 0.3 to 1, or off (default: 0.8)',
    )
    .option('--classify <how>', 'rules or none, for rows without a category (default: rules)')
    .option('--classify-model <id>', 'embeddings model of the server, for prompts that no rule knows')
    .option('-o, --out <folder>', 'folder to write to', '.')
    .option('--format <name>', 'jsonl, csv or parquet (default: by name and content)')
    .option('--delimiter <char>', 'delimiter of a CSV file: , ; or tab (default: by its header)')
    .action(sample);
}

/** What the flags ask for. @throws AssayError invalid_parameter, naming the flag */
export function optionsOf(flags: Omit<SampleFlags, 'out'>): SampleOptions {
  const given = {
    n: numberIn(flags.n),
    seed: numberIn(flags.seed),
    category_path: flags.by,
    source_path: flags.sourceField,
    by_length: flags.byLength,
    classify: flags.classify,
    allocation: flags.allocation ?? (flags.weights === undefined ? undefined : 'weights'),
    weights: flags.weights === undefined ? undefined : weightsIn(flags.weights),
    minimum: numberIn(flags.min),
    near_duplicates: flags.nearDuplicates === 'off' ? null : numberIn(flags.nearDuplicates),
  };
  const read = sampleOptions.safeParse(given);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  const name = String(path[0]);
  throw new AssayError('invalid_parameter', {
    param: flagOf[name] ?? name,
    problem: message,
    value: path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], given),
  });
}

/** A number, or the text itself, which the check of the options then names. */
const numberIn = (text: string | undefined): number | string | undefined =>
  text === undefined || text.trim() === '' || !Number.isFinite(Number(text)) ? text : Number(text);

function weightsIn(list: string): Record<string, number | string> {
  const pairs = list.split(',').map((pair) => {
    const at = pair.lastIndexOf('=');
    if (at < 1) {
      const problem = 'must be category=share, several with commas between them';
      throw new AssayError('invalid_parameter', { param: '--weights', problem, value: pair });
    }
    return [pair.slice(0, at).trim(), numberIn(pair.slice(at + 1))!] as const;
  });
  return Object.fromEntries(pairs);
}

async function sample(input: string, flags: SampleFlags, command: Command): Promise<void> {
  const { config } = readConfig(command);
  const from = { file: userPath(input), maxLineBytes: config.line_max_bytes, ...readingFlags(flags) };
  const asked = optionsOf(flags);
  const folder = userPath(flags.out);
  const files = { rows: join(folder, 'test_dataset.jsonl'), stats: join(folder, 'test_dataset_stats.json') };
  refuseInput(from.file, Object.values(files));
  const display = openDisplay({ json: false, lineSeconds: config.progress_line_seconds, stream: process.stderr });
  const stop = interruption();
  const model =
    flags.classifyModel === undefined
      ? null
      : await openModel(flags.classifyModel, config, { display, signal: stop.signal });
  try {
    const control = { signal: stop.signal, tell: teller(display), classifyRest: model?.classifyRest };
    const stats = await drawInto(files, from, { asked, control });
    display.settle();
    process.stdout.write(`${sampleText(stats, process.stdout.columns ?? 120).join('\n')}\n`);
    for (const file of Object.values(files)) process.stderr.write(`Wrote ${file}\n`);
  } catch (error) {
    if (stop.signal.aborted) process.stderr.write('Interrupted; nothing was written.\n');
    throw namedByFlag(error);
  } finally {
    stop.end();
    await model?.stop();
  }
}

async function drawInto(
  files: { rows: string; stats: string },
  from: FileReading,
  by: { asked: SampleOptions; control: SampleControl & { signal: AbortSignal } },
) {
  const { source, options } = await openFileSource(from, by.asked);
  const { numbers, stats } = await sampleRows(source, options, by.control);
  await mkdir(join(files.rows, '..'), { recursive: true });
  await writeWhole(files.rows, linesOfRows(from, numbers), by.control.signal);
  await writeWhole(files.stats, [`${JSON.stringify(stats, null, 2)}\n`]);
  return stats;
}

function refuseInput(input: string, files: string[]): void {
  const same = files.find(
    (file) => existsSync(file) && existsSync(input) && realpathSync(file) === realpathSync(input),
  );
  if (same === undefined) return;
  const problem = 'must be a folder in which the input itself is not written over';
  throw new AssayError('invalid_parameter', { param: '--out', problem, value: same });
}

function teller(display: Display): NonNullable<SampleControl['tell']> {
  const started = performance.now();
  return (progress) => {
    const line = sampleProgressLine(progress, (performance.now() - started) / 1000);
    display.update([line], [line]);
  };
}

async function openModel(model: string, config: Config, by: { display: Display; signal: AbortSignal }) {
  const { signal } = by;
  // A client that the signal ends could not cancel the batch any more.
  const { client, stop } = await connect(config, { start: false });
  await checkModels(client, [model]);
  const embed = embedByBatch({
    client,
    model,
    pollMs: config.poll_ms,
    maxLineBytes: config.line_max_bytes,
    signal,
    say: (message) => by.display.say(message),
  });
  return { classifyRest: classifyByExamples(embed), stop };
}

/** The error with the flag in place of the option's name. */
function namedByFlag(error: unknown): unknown {
  if (!(error instanceof AssayError) || error.code !== 'invalid_parameter' || error.param === null) return error;
  const flag = flagOf[error.param];
  if (flag === undefined || !error.message.startsWith(`${error.param}: `)) return error;
  return new AssayError('usage', { problem: `${flag}${error.message.slice(error.param.length)}` }, { cause: error });
}
