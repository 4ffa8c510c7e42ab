/** The demo of the first start: a few of the example candidates through two models, and where these two differ. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import type { RunObject } from '../contracts/runs.ts';
import type { Client } from './client.ts';
import type { DemoState } from './demo-state.ts';
import type { Display } from './display.ts';
import { downloadLines } from './downloads.ts';
import type { Job } from './prepare.ts';
import { type Notice, runJobs } from './run-jobs.ts';
import { type Ended, summaryLines } from './summary.ts';
import { clean, percent, table, wrap } from './text.ts';
import { uploadDataset } from './upload-dataset.ts';
import { invocation } from './user-path.ts';

const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

/** What each answer must look like; short texts, so that a small machine is done in minutes. */
const answerSchema = {
  type: 'object',
  properties: {
    recommendation: { enum: ['Strong Yes', 'Yes', 'Maybe', 'No'] },
    trajectory: { type: 'string', maxLength: 40 },
    pedigree: { type: 'string', maxLength: 40 },
    reasoning: { type: 'string', maxLength: 120 },
  },
  required: ['recommendation', 'trajectory', 'pedigree', 'reasoning'],
  additionalProperties: false,
};

/** The rows of the table that are shown. */
const shownRows = 8;

interface DemoOptions {
  client: Client;
  config: Config;
  display: Display;
  signal: AbortSignal;
  /** Why the server does not answer just now. */
  notice: Notice;
}

/** Runs the demo, or what is left of it, and shows how it went. Throws the signal's reason when stopped. */
export async function runDemo(state: DemoState, options: DemoOptions): Promise<void> {
  const { display, config } = options;
  const jobs = await demoJobs(state.small, config);
  const opening = state.resumed ? 'The demo goes on where it was.' : intro(state.small, config.demo_rows);
  display.say('', ...wrap(opening, display.width()));
  display.say(...(await downloadLines([...new Set(jobs.map((job) => job.model))], options)));
  await state.begin();
  const ended = await runJobs(jobs, {
    ...options,
    given: await demoRuns(jobs, options.client),
    out: join(config.data, 'demo'),
    completionWindow: '24h',
    metadata: {},
    again: false,
  });
  for (const one of ended) display.say('', ...summaryLines(one));
  display.say('', ...(await sideBySide(ended, display.width())), '', ...goOn(state.small));
  await state.finish();
}

function intro(small: boolean, rows: number): string {
  const what = small ? 'smollm2-135m under two prompts' : 'two small models';
  return `First start: ${rows} invented candidate profiles go through ${what} (leave it out with --no-demo).`;
}

/** A job of the demo, and the text of its prompt template. */
type DemoJob = Job & { prompt: string };

/** Puts the candidates into the workbench and starts a run for each job that has none; gives their batches by label. */
async function demoRuns(jobs: DemoJob[], client: Client): Promise<Map<string, string>> {
  const { input } = jobs[0]!;
  const dataset = await uploadDataset(client, input);
  const { data: there } = await client.ask<{ data: RunObject[] }>('/admin/benchmarks', {
    query: { dataset_id: dataset, limit: 100 },
  });
  const batches = new Map<string, string>();
  for (const job of jobs) {
    const before = there.find((run) => run.model_id === job.label && run.batch_id !== null);
    const { benchmarks } = before
      ? { benchmarks: [before] }
      : await client.ask<{ benchmarks: RunObject[] }>('/admin/benchmarks/run', {
          method: 'POST',
          body: {
            dataset_id: dataset,
            model_id: job.model,
            column: job.label,
            limit: job.limit,
            template: job.prompt,
            params: job.params,
          },
        });
    batches.set(job.label, benchmarks[0]!.batch_id!);
  }
  return batches;
}

async function demoJobs(small: boolean, config: Config): Promise<DemoJob[]> {
  const full = await readFile(example('candidate-prompt.txt'), 'utf8');
  const job = (label: string, model: string, prompt = full): DemoJob => ({
    label,
    model,
    prompt,
    input: example('candidates.csv'),
    limit: config.demo_rows,
    params: {
      temperature: 0,
      max_tokens: config.demo_max_tokens,
      response_format: { type: 'json_schema', json_schema: { name: 'verdict', schema: answerSchema } },
    },
  });
  if (!small) return [job('smollm2-135m', 'smollm2-135m'), job('qwen2.5-coder-1.5b', 'qwen2.5-coder-1.5b')];
  const brief = await readFile(example('candidate-prompt-brief.txt'), 'utf8');
  return [job('smollm2-135m full prompt', 'smollm2-135m'), job('smollm2-135m brief prompt', 'smollm2-135m', brief)];
}

/** The recommendations of both jobs for the first rows, and the share of rows in which they agree. */
export async function sideBySide(ended: Ended[], width: number): Promise<string[]> {
  const [left, right] = await Promise.all(ended.slice(0, 2).map((one) => decisions(one.files.output)));
  if (!left || !right) return [];
  const both = [...left.keys()].filter((id) => right.has(id));
  const same = (id: string): boolean => left.get(id) === right.get(id);
  const rows = both
    .slice(0, shownRows)
    .map((id) => [
      clean(id),
      left.get(id) ?? '(unreadable)',
      right.get(id) ?? '(unreadable)',
      same(id) ? '' : 'differs',
    ]);
  if (rows.length === 0) return ['No row was answered by both.'];
  const head = ['CANDIDATE', ...ended.slice(0, 2).map((one) => one.label.toUpperCase()), ''];
  const more = both.length > rows.length ? ` (the first ${rows.length} are shown)` : '';
  const agreed = both.filter(same).length;
  return [
    ...table([head, ...rows], width),
    `Same decision in ${agreed} of ${both.length} rows, ${percent(agreed / both.length)}${more}.`,
    ...[left, right].flatMap((answers, i) => alwaysSame(ended[i]!.label, answers)),
  ];
}

/** A model that gives every row the same decision agrees with others by chance: said, so that nobody reads more into it. */
function alwaysSame(label: string, answers: Map<string, string | null>): string[] {
  const [only, ...others] = new Set(answers.values());
  if (answers.size < 2 || others.length > 0 || only === undefined || only === null) return [];
  return [`${label} says ${only} to every candidate: it does not tell them apart.`];
}

/** custom_id to recommendation, null where the answer is no such JSON (cut off, say). */
async function decisions(file: string | null): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>();
  if (file === null) return found;
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    if (line === '') continue;
    const row = JSON.parse(line) as {
      custom_id: string;
      response: { body: { choices?: { message?: { content?: string } }[] } };
    };
    found.set(row.custom_id, recommendation(row.response.body.choices?.[0]?.message?.content ?? ''));
  }
  return found;
}

/** The recommendation in an answer, also in one that was cut off after it. */
function recommendation(content: string): string | null {
  const match = /"recommendation"\s*:\s*"([^"]{1,20})"/.exec(content);
  return match ? clean(match[1]!) : null;
}

function goOn(small: boolean): string[] {
  const run = `${invocation()} run`;
  const questions = `${run} examples/questions.jsonl --model smollm2-135m --max-tokens 60`;
  return [
    'Models as small as these answer in the form that was asked for, but hardly',
    'with sense: take this as a look at the machinery, not as judgement.',
    'See the answers side by side in the workbench, at the address above. Go on, in another',
    'terminal, with',
    `  ${questions}`,
    `  ${run} YOUR.csv --template YOUR-PROMPT.txt --model M1 --model M2`,
    ...(small
      ? [`  ${run} examples/candidates.csv -t examples/candidate-prompt.txt -m qwen2.5-coder-1.5b --limit 16`]
      : []),
    `  ${invocation()} status`,
  ];
}
