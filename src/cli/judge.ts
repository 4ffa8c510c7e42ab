/** `assay judge`: judges the answers of a run, shows what it takes before and how far it is, and saves the three files. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { JudgeEstimate, JudgeRunObject } from '../contracts/judging.ts';
import type { JudgeSummary } from '../contracts/judgments.ts';
import { AssayError } from '../errors.ts';
import { judgeFiles } from '../judge/figures/files.ts';
import type { Client } from './client.ts';
import { connect } from './connect.ts';
import { type Display, openDisplay } from './display.ts';
import { interruption } from './interruption.ts';
import { importFile } from './judge-import.ts';
import { estimateLines, progressLines, summaryLines } from './judge-text.ts';
import { makeFolder, saveContent } from './save-results.ts';
import { readConfig } from './settings-flags.ts';
import { showRanking, showTrust } from './show-trust.ts';
import { userPath } from './user-path.ts';

interface JudgeFlags {
  judge?: string[];
  mode?: string;
  against?: string;
  rubric?: string;
  criteria?: string;
  batchSize?: string;
  threshold?: string;
  sampleRate?: string;
  seed?: string;
  onError?: string;
  maxRetries?: string;
  budgetUsd?: string;
  budgetCalls?: string;
  metric?: string;
  rules?: string;
  estimate: boolean;
  import?: string;
  as?: string;
  by?: string;
  trust: boolean;
  labels?: string;
  ranking?: string;
  out?: string;
  json: boolean;
}

/** Adds the command. */
export function addJudge(program: Command): void {
  program
    .command('judge')
    .description('judge the answers of a run: by rules, by similarity, or by a model')
    .argument('[run]', 'id of a benchmark (bm_...), or of a judge run (jr_...) to follow or to go on with')
    .option('--judge <model...>', 'model that judges; several are a panel')
    .option('--mode <mode>', 'batch, single, pairwise, metrics or rules (default: batch with --judge, else rules)')
    .option('--against <run>', 'the benchmark to compare with, in mode pairwise')
    .option('--rubric <id>', 'rubric to judge by (default: rb_default, five criteria)')
    .option('--criteria <names>', 'criteria of the rubric, joined by commas (default: all)')
    .option('--batch-size <n>', 'answers in one call, 1 to 50 (default: 10)')
    .option('--threshold <score>', 'score of 10 from which an answer passes (default: 7)')
    .option('--sample-rate <share>', 'share of the answers that is judged (default: 1)')
    .option('--seed <n>', 'what draws the sample, the same one each time (default: 1)')
    .option('--on-error <what>', 'skip, retry or fail (default: skip)')
    .option('--max-retries <n>', 'with --on-error retry (default: 3)')
    .option('--budget-usd <usd>', 'ends the judge run when it has cost so much')
    .option('--budget-calls <n>', 'ends the judge run after so many calls')
    .option('--metric <name>', 'metric of mode metrics (default: the one that fits the category)')
    .option('--rules <file>', 'JSON file with a list of rules')
    .option('--import <file>', 'judgments made elsewhere, as JSON Lines, in place of judging')
    .option('--as <type>', 'what made them: human, llm, rule or metric (with --import)')
    .option('--by <name>', 'who made them, where a line does not say (with --import)')
    .option('--trust', "hold a judge run's verdicts against people's", false)
    .option('--labels <source>', "people's labels: all, queue, annotations or jr_... (with --trust; default: all)")
    .option('--ranking <dataset>', 'rank the models of a dataset by the stored comparisons of their answers')
    .option('--estimate', 'show what it would take, and ask nothing', false)
    .option('--out <folder>', 'where the files go (default: a folder named as the judge run)')
    .option('--json', 'write JSON instead of text', false)
    .action(judge);
}

async function judge(target: string | undefined, flags: JudgeFlags, command: Command): Promise<void> {
  if (target === undefined && flags.ranking === undefined)
    throw new AssayError('usage', {
      problem: 'Name the run to judge: assay judge bm_...',
    });
  if (target?.startsWith('batch_')) {
    const how = 'Import its input as a dataset and its output as answers in the workbench, then judge that benchmark';
    throw new AssayError('usage', { problem: `${target} is a batch, and benchmarks are judged (bm_...). ${how}.` });
  }
  const { config } = readConfig(command);
  const display = openDisplay({ json: flags.json, lineSeconds: config.progress_line_seconds });
  const stop = interruption();
  const waiting = (reason: string | null) => reason !== null && display.say(`Waiting: ${reason}`);
  const { client, stop: end } = await connect(config, { start: true, waiting, signal: stop.signal });
  let run: JudgeRunObject | null = null;
  try {
    if (await ask(client, target, { flags, display })) return;
    run = await begin(client, target!, { flags, display });
    if (run === null) return;
    run = await follow(client, run, { display, signal: stop.signal });
    await save(client, run, { flags, display });
  } catch (error) {
    if (run !== null && stop.signal.aborted) display.say(`Go on with: assay judge ${run.id}`);
    throw error;
  } finally {
    stop.end();
    await end();
  }
  if (run.status === 'failed' || run.status === 'cancelled') {
    throw new AssayError('judging_ended', { id: run.id, status: run.status, problem: run.problem ?? 'it was ended' });
  }
}

/** Does what asks no judge: shows a ranking or a trust panel, or imports judgments. Gives whether that was wanted. */
async function ask(
  client: Client,
  target: string | undefined,
  { flags, display }: { flags: JudgeFlags; display: Display },
): Promise<boolean> {
  if (flags.ranking !== undefined) {
    await showRanking(client, { dataset: flags.ranking, judge: oneJudge(flags) }, display);
    return true;
  }
  if (flags.import !== undefined) {
    const { as, by, against } = flags;
    const threshold = flags.threshold === undefined ? undefined : numberOf('--threshold', flags.threshold);
    await importFile(client, { run: target!, file: userPath(flags.import), as, by, against, threshold }, display);
    return true;
  }
  if (!flags.trust) return false;
  const threshold = flags.threshold === undefined ? undefined : numberOf('--threshold', flags.threshold);
  await showTrust(client, { id: target!, judge: oneJudge(flags), labels: flags.labels, threshold }, display);
  return true;
}

/** Of --judge, where only one is looked at. */
function oneJudge({ judge }: JudgeFlags): string | undefined {
  if (judge === undefined || judge.length === 1) return judge?.[0];
  throw new AssayError('usage', { problem: 'Name one --judge to look at.' });
}

/** The judge run to follow; null when only an estimate was asked for. */
async function begin(
  client: Client,
  target: string,
  { flags, display }: { flags: JudgeFlags; display: Display },
): Promise<JudgeRunObject | null> {
  if (target.startsWith('jr_')) {
    const path = `/api/evaluation/runs/${encodeURIComponent(target)}`;
    const run = await client.ask<JudgeRunObject>(path);
    if (['running', 'completed', 'imported'].includes(run.status)) return run;
    const budget = budgetOf(flags);
    return client.ask<JudgeRunObject>(`${path}/resume`, {
      method: 'POST',
      body: budget === undefined ? {} : { budget },
    });
  }
  const body = bodyOf(target, flags);
  const estimate = await client.ask<JudgeEstimate>('/api/evaluation/estimate', { method: 'POST', body });
  display.say(...estimateLines(estimate));
  if (flags.estimate) {
    display.emit(estimate);
    return null;
  }
  return client.ask<JudgeRunObject>('/api/evaluation/runs', { method: 'POST', body });
}

/** Only what was stated: defaults are the server's. */
function bodyOf(target: string, flags: JudgeFlags): Record<string, unknown> {
  const number = (name: string, text: string | undefined) => (text === undefined ? undefined : numberOf(name, text));
  return {
    benchmark_id: target,
    mode: flags.mode ?? (flags.judge === undefined ? 'rules' : 'batch'),
    judge_models: flags.judge,
    other_benchmark_id: flags.against,
    rubric_id: flags.rubric,
    criteria: flags.criteria?.split(',').map((name) => name.trim()),
    batch_size: number('--batch-size', flags.batchSize),
    threshold: number('--threshold', flags.threshold),
    sample_rate: number('--sample-rate', flags.sampleRate),
    seed: number('--seed', flags.seed),
    on_error: flags.onError,
    max_retries: number('--max-retries', flags.maxRetries),
    budget: budgetOf(flags),
    metric: flags.metric,
    rules: flags.rules === undefined ? undefined : rulesIn(userPath(flags.rules)),
  };
}

/** What may be spent at most; undefined: nothing was said. @throws AssayError invalid_parameter */
export function budgetOf(
  flags: Pick<JudgeFlags, 'budgetUsd' | 'budgetCalls'>,
): { usd?: number; calls?: number } | undefined {
  if (flags.budgetUsd === undefined && flags.budgetCalls === undefined) return undefined;
  return {
    ...(flags.budgetUsd === undefined ? {} : { usd: numberOf('--budget-usd', flags.budgetUsd) }),
    ...(flags.budgetCalls === undefined ? {} : { calls: numberOf('--budget-calls', flags.budgetCalls) }),
  };
}

/** The number a flag states. @throws AssayError invalid_parameter */
export function numberOf(param: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new AssayError('invalid_parameter', { param, problem: 'must be a number', value: text });
}

/** The list of rules that a file holds; the server checks them. @throws AssayError input_unreadable */
export function rulesIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AssayError('input_unreadable', {
      file,
      problem: `no list of rules in JSON: ${(error as Error).message}`,
    });
  }
}

/** How often a judge run is asked how far it is, in ms. */
const lookMs = 500;

async function follow(
  client: Client,
  begun: JudgeRunObject,
  on: { display: Display; signal: AbortSignal },
): Promise<JudgeRunObject> {
  const { display, signal } = on;
  const from = { at: Date.now(), done: begun.judged + begun.failed };
  for (let run = begun; ; ) {
    const seconds = (Date.now() - from.at) / 1000;
    const rate = seconds < 1 ? null : (run.judged + run.failed - from.done) / seconds;
    display.update(progressLines(run, { rate, width: display.width() }), progressLines(run, { rate, width: 200 }));
    if (run.status !== 'running') {
      display.settle();
      return run;
    }
    await sleep(lookMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    run = await client.ask<JudgeRunObject>(`/api/evaluation/runs/${run.id}`);
  }
}

async function save(client: Client, run: JudgeRunObject, { flags, display }: { flags: JudgeFlags; display: Display }) {
  const folder = userPath(flags.out ?? run.id);
  await makeFolder(folder);
  const query = flags.threshold === undefined ? '' : `?threshold=${numberOf('--threshold', flags.threshold)}`;
  for (const file of judgeFiles)
    await saveContent(client, `/api/evaluation/runs/${run.id}/files/${file}${query}`, join(folder, file));
  const summary = await client.ask<JudgeSummary>(`/api/evaluation/runs/${run.id}/summary${query}`);
  display.emit(summary);
  display.say(...summaryLines(summary), '', `Files: ${folder}`);
}
