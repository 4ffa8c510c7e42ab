/** `assay run`: one input through one or several models, each as a batch that can be left and taken up again. */

import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { Config } from '../config.ts';
import { CONTEXT_KEY, contextStrategies } from '../contracts/context.ts';
import { DEDUPE_KEY } from '../contracts/dedupe.ts';
import { batchEndpoints } from '../contracts/engine.ts';
import { PRIORITY_KEY } from '../contracts/priority.ts';
import { REUSE_KEY } from '../contracts/reuse.ts';
import { AssayError } from '../errors.ts';
import { type Connection, connect } from './connect.ts';
import { collect, parseParams, readingFlags, readTemplate } from './convert.ts';
import { type Display, openDisplay } from './display.ts';
import { interruption } from './interruption.ts';
import { checkInput, type Job } from './prepare.ts';
import { exitCodes, Interrupted } from './report-error.ts';
import { checkModels, type Notice, runJobs } from './run-jobs.ts';
import { readConfig } from './settings-flags.ts';
import { type Ended, summaryLines, summaryObject } from './summary.ts';
import { invocation, shellWords, userPath } from './user-path.ts';

interface RunFlags {
  model: string[];
  template?: string;
  endpoint?: string;
  param: string[];
  maxTokens?: number;
  temperature?: number;
  limit?: number;
  idColumn?: string;
  out: string;
  again: boolean;
  json: boolean;
  completionWindow: string;
  priority: string;
  context?: string;
  dedupe: boolean;
  reuse: boolean;
  format?: string;
  delimiter?: string;
}

const examples = `
Examples:
  assay run questions.jsonl --model smollm2-135m
  assay run people.csv --template prompt.txt --model smollm2-135m --model qwen2.5-coder-1.5b --max-tokens 200
  assay run people.csv --template prompt.txt --model smollm2-135m --param response_format=@schema.json

The same command again goes on with its batch, or shows its summary when it has ended. Exit code 0: all rows
answered; 3: some rows failed; 1: error; 2: wrong usage.`;

/** Adds the command. */
export function addRun(program: Command): void {
  program
    .command('run')
    .description('run an input through one or several models')
    .argument('<input>', 'JSONL (OpenAI batch lines, or lines with prompt or messages), CSV or Parquet')
    .requiredOption('-m, --model <id>', 'model to run it through; may be given several times', collect, [])
    .option('-t, --template <file>', 'prompt with {{column}} placeholders')
    .option('--endpoint <path>', `one of ${batchEndpoints.join(', ')}`)
    .option(
      '--param <name=value>',
      'body field of every request; JSON or text, =@file reads JSON from a file',
      collect,
      [],
    )
    .option('--max-tokens <n>', 'longest answer, in tokens', wholeNumber)
    .option('--temperature <t>', 'sampling temperature', number)
    .option('--limit <n>', 'take only the first n rows', wholeNumber)
    .option('--id-column <name>', 'column that gives the custom_id')
    .option('--format <name>', 'jsonl, csv or parquet (default: by name and content)')
    .option('--delimiter <char>', 'delimiter of a CSV file: , ; or tab (default: by its header)')
    .option('--out <folder>', 'where the answers are saved', './assay-results')
    .option('--again', 'run anew even where the same work was done before', false)
    .option('--json', 'write JSON objects instead of text', false)
    .option('--completion-window <time>', 'rows not run by then fail: 30m, 24h, 7d', '24h')
    .option('--priority <n>', 'from -100 to 100: higher runs before other batches that wait', '0')
    .option('--context <strategy>', `shorten prompts that do not fit: ${contextStrategies.join(', ')}`)
    .option('--no-dedupe', 'ask identical requests each time, even at temperature 0')
    .option(
      '--reuse',
      'take over answers of earlier batches with --reuse to the very same requests at temperature 0',
      false,
    )
    .addHelpText('after', examples)
    .action(async (input: string, flags: RunFlags, command: Command) => {
      if (flags.model.length === 0) throw new AssayError('usage', { problem: 'Name a model with --model.' });
      const { config } = readConfig(command);
      const jobs = await jobsOf(input, flags);
      await checkInput(jobs[0]!, config.line_max_bytes);
      process.exitCode = await run(jobs, flags, config);
    });
}

function metadataOf({ priority, context, dedupe, reuse }: RunFlags): Record<string, string> {
  return {
    [PRIORITY_KEY]: priority,
    ...(context === undefined ? {} : { [CONTEXT_KEY]: context }),
    ...(dedupe ? {} : { [DEDUPE_KEY]: 'off' }),
    ...(reuse ? { [REUSE_KEY]: 'true' } : {}),
  };
}

/** Runs the jobs and tells how they went; gives the exit code. */
async function run(jobs: Job[], flags: RunFlags, config: Config): Promise<number> {
  const display = openDisplay({ json: flags.json, lineSeconds: config.progress_line_seconds });
  const stop = interruption();
  const notice: Notice = { text: null, changed: () => undefined };
  let connection: Connection | null = null;
  try {
    connection = await connect(config, {
      start: true,
      say: (message) => display.say(message),
      signal: stop.signal,
      waiting: (reason) => {
        notice.text = reason;
        notice.changed();
      },
    });
    const { client } = connection;
    await checkModels(client, flags.model);
    const out = userPath(flags.out);
    const { again, completionWindow } = flags;
    const ended = await runJobs(jobs, {
      ...{ client, display, config, out, again, completionWindow, metadata: metadataOf(flags), notice },
      signal: stop.signal,
    });
    return tell(ended, display);
  } catch (error) {
    display.settle();
    if (!(error instanceof Interrupted) && !stop.signal.aborted) throw error;
    tellInterrupted(connection, flags.json);
    return exitCodes.interrupted;
  } finally {
    await connection?.stop();
    stop.end();
  }
}

function tell(ended: (Ended & { old: boolean })[], display: Display): number {
  for (const one of ended) {
    display.say('', ...summaryLines(one));
    if (one.old) display.say('  (run before; add --again to run it anew)');
  }
  display.emit({ type: 'summary', results: ended.map(summaryObject) });
  if (ended.some(({ batch }) => batch.status === 'failed')) return exitCodes.error;
  const whole = ended.every(({ batch }) => batch.status === 'completed' && batch.request_counts.failed === 0);
  return whole ? exitCodes.ok : exitCodes.rowsFailed;
}

function tellInterrupted(connection: Connection | null, json: boolean): void {
  const where = connection?.owned
    ? 'What is done is kept. The server that this command had started stops with it;\nthe rest goes on at the next start.'
    : 'Batches that were sent go on in the server.';
  const words = process.argv.slice(2).filter((word) => word !== '--again');
  const text = `\nStopped. ${where}\nGo on with: ${invocation()} ${shellWords(words)}\n`;
  (json ? process.stderr : process.stdout).write(text);
}

async function jobsOf(input: string, flags: RunFlags): Promise<Job[]> {
  const template = flags.template === undefined ? undefined : await readTemplate(userPath(flags.template));
  const tokens = flags.endpoint === '/v1/responses' ? 'max_output_tokens' : 'max_tokens';
  const params = {
    ...(flags.maxTokens !== undefined && { [tokens]: flags.maxTokens }),
    ...(flags.temperature !== undefined && { temperature: flags.temperature }),
    ...readParams(flags.param),
  };
  return [...new Set(flags.model)].map((model) => ({
    label: model,
    model,
    input: userPath(input),
    template,
    params,
    endpoint: flags.endpoint,
    limit: flags.limit,
    idColumn: flags.idColumn,
    ...readingFlags(flags),
  }));
}

/** A whole number of at least 1. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It must be a number from 0.');
  return value;
}

/** Body fields of `--param`: a value that begins with @ is read from that JSON file. */
export function readParams(pairs: string[]): Record<string, unknown> {
  const fields = Object.entries(parseParams(pairs));
  return Object.fromEntries(
    fields.map(([name, value]) => [
      name,
      typeof value === 'string' && value.startsWith('@') ? jsonFile(userPath(value.slice(1))) : value,
    ]),
  );
}

function jsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AssayError('input_unreadable', { file, problem: (error as Error).message }, { cause: error });
  }
}
