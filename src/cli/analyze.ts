/** `assay analyze`: the token, time, error and decision summary of a run, as text, JSON and an HTML page. */

import type { Command } from 'commander';
import { summaryPage } from './analyze-html.ts';
import { tallyBatch, tallyFile } from './analyze-sources.ts';
import { type Summary, summarize, type Tally } from './analyze-summary.ts';
import { summaryText } from './analyze-text.ts';
import type { Client } from './client.ts';
import { readConfig } from './settings-flags.ts';
import { userPath } from './user-path.ts';
import { writeWhole } from './write-file.ts';

/** Finds the server to ask about a batch; `stop` is called when the command is done with it. */
export type ConnectTo = (command: Command) => Promise<{ client: Client; stop(): Promise<void> }>;

interface AnalyzeFlags {
  json?: string;
  html?: string;
  decisionField?: string;
}

/** Registers `assay analyze TARGET [--json FILE|-] [--html FILE] [--decision-field F]` on `program`. */
export function addAnalyze(program: Command, connect: ConnectTo): void {
  program
    .command('analyze')
    .description('sum up a run: tokens, times, errors, decisions')
    .argument('<target>', 'id of a batch, or a batch output file (.jsonl)')
    .option('--json <file>', 'write the summary as JSON, - for standard output')
    .option('--html <file>', 'write the summary as one HTML page')
    .option('--decision-field <name>', "field of the answers' JSON to count, as name or outer.inner (default: guessed)")
    .action(async (target: string, flags: AnalyzeFlags, command: Command) => {
      const summary = summarize(await tallyOf(target, connect, command), flags.decisionField);
      await write(summary, flags);
    });
}

async function tallyOf(target: string, connect: ConnectTo, command: Command): Promise<Tally> {
  const { config } = readConfig(command);
  if (!/^batch_[0-9a-f]+$/.test(target)) return tallyFile(userPath(target), config.line_max_bytes);
  const { client, stop } = await connect(command);
  try {
    return await tallyBatch(target, client, config.line_max_bytes);
  } finally {
    await stop();
  }
}

async function write(summary: Summary, flags: AnalyzeFlags): Promise<void> {
  const json = `${JSON.stringify(summary, null, 2)}\n`;
  if (flags.html !== undefined) await writeWhole(userPath(flags.html), [summaryPage(summary)]);
  if (flags.json === '-') {
    process.stdout.write(json);
    return;
  }
  if (flags.json !== undefined) await writeWhole(userPath(flags.json), [json]);
  const width = process.stdout.isTTY ? Math.max(60, process.stdout.columns ?? 100) : 120;
  process.stdout.write(`${summaryText(summary, width).join('\n')}\n`);
  for (const file of [flags.json, flags.html]) {
    if (file !== undefined) process.stderr.write(`Wrote ${userPath(file)}\n`);
  }
}
