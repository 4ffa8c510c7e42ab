/** Runs the demo's questions through the model before and the trained one, and says which answers are right. */

import { readFile } from 'node:fs/promises';
import type { Config } from '../config.ts';
import type { RunObject } from '../contracts/runs.ts';
import { downloadLines } from './downloads.ts';
import type { AtWork } from './follow-analysis.ts';
import { runJobs } from './run-jobs.ts';
import { ANSWER_TOKENS, type Fact, factsFile } from './train-demo-facts.ts';

/** A question with the answer of each model; null: it gave none. */
export interface Compared {
  models: string[];
  rows: { question: string; expected: string; answers: (string | null)[] }[];
  /** Right answers of each model. */
  right: number[];
}

export interface Comparing {
  config: Config;
  facts: Fact[];
  dataset: string;
  models: string[];
  /** Where the answers are saved. */
  folder: string;
}

/** @throws the signal's reason, AssayError of the server */
export async function compareModels(
  at: AtWork,
  { config, facts, dataset, models, folder }: Comparing,
): Promise<Compared> {
  const { client, display, signal } = at;
  display.say(`Running the questions through ${models.join(' and ')}…`);
  display.say(...(await downloadLines(models, { client, config })));
  const params = { temperature: 0, max_tokens: ANSWER_TOKENS };
  const { benchmarks } = await client.ask<{ benchmarks: RunObject[] }>('/admin/benchmarks/run', {
    method: 'POST',
    body: { dataset_id: dataset, model_ids: models, params },
  });
  const input = factsFile(config.data);
  const ended = await runJobs(
    models.map((model) => ({ label: model, model, input, params })),
    {
      client,
      display,
      config,
      signal,
      given: new Map(benchmarks.map((run) => [run.model_id, run.batch_id!])),
      out: folder,
      completionWindow: '24h',
      metadata: {},
      again: false,
      notice: { text: null, changed: () => undefined },
    },
  );
  const answers = await Promise.all(ended.map(({ files }) => answersIn(files.output)));
  const rows = facts.map(({ id, prompt, completion }) => ({
    question: prompt,
    expected: completion,
    answers: answers.map((of) => of.get(id) ?? null),
  }));
  const right = models.map(
    (_, at) => rows.filter(({ expected, answers: given }) => given[at]?.trim() === expected).length,
  );
  return { models, rows, right };
}

/** Answers of a batch's output file by custom_id. */
async function answersIn(file: string | null): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (file === null) return found;
  for (const line of (await readFile(file, 'utf8')).split('\n').filter(Boolean)) {
    const { custom_id: id, response } = JSON.parse(line) as {
      custom_id: string;
      response: { body: { choices?: { message?: { content?: string } }[] } };
    };
    const text = response.body.choices?.[0]?.message?.content;
    if (text !== undefined) found.set(id, text);
  }
  return found;
}
