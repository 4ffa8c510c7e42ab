/** `assay analyze-failures`: from a dataset to named patterns of failure and the data that mends them, in one command that resumes. */

import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type AnalysisEstimate, type AnalysisObject, analysisSteps } from '../contracts/analyses.ts';
import { AssayError } from '../errors.ts';
import {
  addFindingFlags,
  type FindingFlags,
  findingOf,
  numberIn,
  stated,
  type TargetedFlags,
  targetedOf,
} from './analysis-flags.ts';
import { analysisEstimateLines } from './analysis-text.ts';
import type { Client } from './client.ts';
import { collect, readTemplate } from './convert.ts';
import { type AtWork, finish, type ShowFlags, takeUp, withServer } from './follow-analysis.ts';
import { budgetOf, rulesIn } from './judge.ts';
import { bytesOf } from './judge-import.ts';
import { readParams } from './run.ts';
import { uploadDataset } from './upload-dataset.ts';
import { userPath } from './user-path.ts';

interface AnalyzeFlags extends ShowFlags, FindingFlags, TargetedFlags {
  model?: string[];
  judge?: string[];
  mode?: string;
  rules?: string;
  rubric?: string;
  criteria?: string;
  batchSize?: string;
  threshold?: string;
  sample?: string;
  limit?: string;
  template?: string;
  param: string[];
  maxTokens?: string;
  from?: string;
  estimate: boolean;
}

const examples = `
Examples:
  assay analyze-failures questions.jsonl --model smollm2-135m --judge qwen2.5-coder-1.5b --embeddings minilm
  assay analyze-failures ds_... --model my-model --rules rules.json --label-model big --rows 50 --generate-model big
  assay analyze-failures an_... --from label

The same command again goes on where it stopped; what has not changed is not done again.`;

/** Adds the command. */
export function addAnalyzeFailures(program: Command): void {
  const command = program
    .command('analyze-failures')
    .description('find out why a model fails: outputs, judging, clusters of failures, patterns, data that mends them')
    .argument('<dataset>', 'a file, a dataset (ds_...), or an analysis (an_...) to follow or to go on with')
    .option('-m, --model <model...>', 'model whose failures are looked for')
    .option('--judge <model...>', 'model that judges; several are a panel')
    .option('--mode <mode>', 'batch, single, rules or metrics (default: batch with --judge, else rules)')
    .option('--rules <file>', 'JSON file with a list of rules')
    .option('--rubric <id>', 'rubric to judge by (default: rb_default, five criteria)')
    .option('--criteria <names>', 'criteria of the rubric, joined by commas (default: all)')
    .option('--batch-size <n>', 'answers in one call to the judge, 1 to 50 (default: 10)')
    .option('--threshold <score>', 'score of 10 from which an answer passes (default: 7)')
    .option('--sample <n>', 'rows of the test set, drawn by category (default: the whole dataset)')
    .option('--limit <n>', 'take only the first n rows of the test set')
    .option('-t, --template <file>', 'prompt with {{column}} placeholders')
    .option('--param <name=value>', 'body field of every request to the model, as in assay run', collect, [])
    .option('--max-tokens <n>', 'longest answer of the model, in tokens');
  addFindingFlags(command)
    .option('--rows <n>', 'rows of targeted data to make (default: none without --generate-model, else 50)')
    .option('--generate-model <model>', 'model that writes the prompts of targeted data')
    .option('--answer-model <model>', 'stronger model that answers them (default: the one that writes them)')
    .option('--targeted-judge <model>', 'model that judges these answers (default: rules alone)')
    .option('--answer-tokens <n>', 'longest answer of targeted data, in tokens (default: 512)')
    .option('--max-factor <n>', 'most rows asked for, as a multiple of --rows: some are dropped (default: 3)')
    .option('--budget-usd <usd>', 'most that the judge may cost, and most that targeted data may cost')
    .option('--budget-calls <n>', 'most calls to the judge, and most calls for targeted data')
    .addOption(new Option('--from <step>', 'do this step and all behind it anew').choices(analysisSteps))
    .option('--estimate', 'show what each step would take, and ask nothing', false)
    .option('--out <folder>', 'where the files go (default: a folder named as the analysis)')
    .option('--json', 'write JSON instead of text', false)
    .addHelpText('after', examples)
    .action(analyzeFailures);
}

async function analyzeFailures(source: string, flags: AnalyzeFlags, command: Command): Promise<void> {
  const there = source.startsWith('an_');
  if (there) refuseSettings(flags);
  const body = there ? null : await bodyOf(flags);
  if (!there && !source.startsWith('ds_')) await bytesOf(userPath(source));
  await withServer(command, flags, async (at) => {
    const id =
      body === null ? (await takeUp(at.client, source, flags.from)).id : await begin(at, source, { flags, body });
    if (id !== null) await finish(at, id, { out: flags.out, steps: analysisSteps });
  });
}

/** What an analysis is made with was said when it was begun. */
const takenAgain = new Set(['from', 'out', 'json']);

function refuseSettings(flags: AnalyzeFlags): void {
  const said = Object.entries(flags).filter(
    ([, value]) => value !== false && !(Array.isArray(value) && value.length === 0),
  );
  const other = said.map(([name]) => name).filter((name) => !takenAgain.has(name));
  if (other.length === 0) return;
  const names = other.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`).join(', ');
  throw new AssayError('usage', {
    problem: `${names}: an analysis keeps what it was begun with. Give the dataset and the models for another one.`,
  });
}

/** The id of the analysis; null when only an estimate was asked for. */
async function begin(
  { client, display }: AtWork,
  source: string,
  { flags, body }: { flags: AnalyzeFlags; body: Record<string, unknown> },
): Promise<string | null> {
  const asked = { method: 'POST', body: { ...body, dataset_id: await datasetOf(client, source) } } as const;
  if (flags.estimate) {
    const estimate = await client.ask<AnalysisEstimate>('/api/analyses/estimate', asked);
    display.say(...analysisEstimateLines(estimate));
    display.emit(estimate);
    return null;
  }
  const begun = { ...asked, body: stated({ ...asked.body, from: flags.from }) };
  return (await client.ask<AnalysisObject>('/api/analyses', begun)).id;
}

/** A dataset by its id, or that of a file: the same file gives the same dataset. */
async function datasetOf(client: Client, source: string): Promise<string> {
  if (source.startsWith('ds_')) return source;
  return uploadDataset(client, userPath(source));
}

/** All but the dataset, checked before a server is looked for. @throws AssayError usage, invalid_parameter, input_unreadable */
async function bodyOf(flags: AnalyzeFlags): Promise<Record<string, unknown>> {
  if (flags.model === undefined)
    throw new AssayError('usage', { problem: 'Name the model whose failures are looked for with --model.' });
  const n = numberIn('--sample', flags.sample);
  return stated({
    model_ids: flags.model,
    test_set: n === undefined ? undefined : { n },
    outputs: await outputsOf(flags),
    judge: judgingOf(flags),
    ...findingOf(flags),
    generate: targetedOf(flags),
  });
}

async function outputsOf({ limit, template, param, maxTokens }: AnalyzeFlags): Promise<Record<string, unknown>> {
  const file = template === undefined ? undefined : userPath(template);
  if (file !== undefined) await readTemplate(file);
  const params = stated({ max_tokens: numberIn('--max-tokens', maxTokens), ...readParams(param) });
  return stated({
    limit: numberIn('--limit', limit),
    template: file === undefined ? undefined : await readFile(file, 'utf8'),
    params: Object.keys(params).length === 0 ? undefined : params,
  });
}

function judgingOf(flags: AnalyzeFlags): Record<string, unknown> {
  const { judge, mode, rubric, criteria, rules } = flags;
  return stated({
    mode: mode ?? (judge === undefined ? 'rules' : 'batch'),
    judge_models: judge,
    rubric_id: rubric,
    criteria: criteria?.split(',').map((name) => name.trim()),
    batch_size: numberIn('--batch-size', flags.batchSize),
    threshold: numberIn('--threshold', flags.threshold),
    rules: rules === undefined ? undefined : rulesIn(userPath(rules)),
    budget: judge === undefined ? undefined : budgetOf(flags),
  });
}
