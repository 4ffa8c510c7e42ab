/** Puts a finished analysis into a real database: a dataset, two judged runs over it, some 300 failures in 6 clusters, patterns, targeted data. */

import { Client } from 'pg';
import { seededRandom } from '../../src/compare/random.ts';
import type { AnalysisStep } from '../../src/contracts/analyses.ts';
import type { Cluster, Failure, Pattern, TargetedStats } from '../../src/contracts/mining.ts';
import { lines, sendFile } from './browser.ts';

/** How a planted pattern reads, and how many of its items fail before and after. */
interface Planted {
  title: string;
  category: string;
  reason: (i: number) => string;
  prompt: (i: number) => string;
  terms: string[];
  before: number;
  after: number;
  severity: Pattern['severity'];
}

const planted: Planted[] = [
  {
    title: 'Drops the carry in long multiplication',
    category: 'math',
    reason: (i) => `The product is off by ${(i % 9) + 1}0: a carry was lost in the second partial product.`,
    prompt: (i) => `What is ${317 + i} times ${48 + (i % 7)}? Show each partial product.`,
    terms: ['carry', 'partial product', 'off by', 'multiply', 'digits'],
    before: 82,
    after: 14,
    severity: 'high',
  },
  {
    title: 'Mixes up units of time',
    category: 'math',
    reason: (i) => `Minutes were read as hours: ${i + 30} minutes became ${i + 30} hours.`,
    prompt: (i) => `A train leaves at 9:${10 + (i % 49)} and needs ${i + 30} minutes. When does it arrive?`,
    terms: ['minutes', 'hours', 'clock', 'time', 'units'],
    before: 64,
    after: 61,
    severity: 'medium',
  },
  {
    title: 'Returns from inside the loop',
    category: 'code',
    reason: () => 'The function returns in the first round of the loop, so later entries are never looked at.',
    prompt: (i) => `Write a function that counts how many of ${i + 3} numbers are even.`,
    terms: ['return', 'loop', 'first', 'entries', 'function'],
    before: 52,
    after: 20,
    severity: 'critical',
  },
  {
    title: 'Names a source that does not exist',
    category: 'qa',
    reason: (i) => `The paper “On the ${i}th Column” that is cited cannot be found anywhere.`,
    prompt: (i) => `Which paper of ${1950 + (i % 60)} first described this effect? Give its title.`,
    terms: ['cited', 'paper', 'source', 'found', 'title'],
    before: 41,
    after: 0,
    severity: 'critical',
  },
  {
    title: 'Ignores the asked length',
    category: 'creative',
    reason: (i) => `Asked for ${20 + (i % 10)} words, the answer has ${140 + i}.`,
    prompt: (i) => `Describe a lighthouse in ${20 + (i % 10)} words. <b>Number ${i}</b>`,
    terms: ['words', 'asked', 'length', 'longer', 'limit'],
    before: 26,
    after: 39,
    severity: 'low',
  },
  {
    title: 'Reads a negated condition the wrong way round',
    category: 'reasoning',
    reason: () => 'The condition says “not all”, and the answer goes on as if it said “none”.',
    prompt: (i) => `Not all of the ${i + 4} boxes are empty. Is it certain that one is full?`,
    terms: ['not all', 'none', 'condition', 'negated', 'certain'],
    before: 15,
    after: 13,
    severity: null,
  },
];
/** Failures that are like nothing, and items that pass in both runs. */
const ODD = 22;
const PASSED = 60;
const NEW_AFTER = 7;

/** Place of each pattern on the map. */
const places = [
  [-6, 3],
  [-3.2, 4.6],
  [5, 3.4],
  [4.2, -4],
  [-5, -3.6],
  [0.4, 0],
] as const;

export interface SeededAnalysis {
  dataset: string;
  analysis: string;
  /** Judge run before, that the analysis is of, and the one after. */
  before: string;
  after: string;
  titles: string[];
}

interface Item {
  id: string;
  pattern: number;
  category: string;
  prompt: string;
  reason: string;
  /** Whether the model before and the one after fail. */
  fails: [before: boolean, after: boolean];
}

/** Items of the patterns, then the odd ones, then those that pass; the same each time. */
export function plantedItems(): Item[] {
  const all = planted.flatMap((one, pattern) =>
    Array.from({ length: Math.max(one.before, one.after) }, (_, i) => ({
      pattern,
      category: one.category,
      prompt: one.prompt(i),
      reason: one.reason(i),
      fails: [i < one.before, i < one.after] as [boolean, boolean],
    })),
  );
  const rest = Array.from({ length: ODD + PASSED }, (_, i) => ({
    pattern: -1,
    category: 'other',
    prompt: `Something else, number ${i}`,
    reason: `It is wrong in a way of its own, number ${i}.`,
    fails: [i < ODD, i >= ODD && i < ODD + NEW_AFTER] as [boolean, boolean],
  }));
  return [...all, ...rest].map((item, i) => ({ id: `q-${i}`, ...item }));
}

export type PlantedFailure = Failure & { cluster: number; x: number; y: number };

/** The failures of the model before, with cluster and place. */
export function plantedFailures(runId: string | null): PlantedFailure[] {
  const random = seededRandom(7);
  const near = (around: number, width: number) => around + (random() + random() + random() - 1.5) * width;
  return plantedItems()
    .filter(({ fails }) => fails[0])
    .map((item, ordinal) => ({
      ordinal,
      candidate_id: item.id,
      name: `Question ${item.id.slice(2)}`,
      category: item.category,
      benchmark_id: runId,
      model_id: 'small-model',
      prompt: item.prompt,
      answer: `The answer of the small model to ${item.id}.`,
      expected: `What was expected of ${item.id}.`,
      score: 1 + (ordinal % 5),
      judge: 'big-judge',
      reason: item.reason,
      criteria: ordinal % 3 === 0 ? ['accuracy', 'format'] : ['accuracy'],
      cluster: item.pattern,
      x: item.pattern < 0 ? near(0, 7) : near(places[item.pattern]![0], 1.3),
      y: item.pattern < 0 ? near(0, 6) : near(places[item.pattern]![1], 1.1),
    }));
}

export function plantedClusters(failures: readonly PlantedFailure[]): Cluster[] {
  const numbers = [...planted.keys(), -1];
  return numbers.map((cluster) => {
    const of = failures.filter((each) => each.cluster === cluster);
    const ordinals = of.map(({ ordinal }) => ordinal);
    const mean = (axis: 'x' | 'y') => of.reduce((sum, each) => sum + each[axis], 0) / of.length;
    return {
      cluster,
      group: cluster < 0 ? null : [0, 0, 1, 2, 2, 0][cluster]!,
      size: of.length,
      share: of.length / failures.length,
      terms: (planted[cluster]?.terms ?? []).map((term, i) => ({ term, weight: 1 / (i + 1) })),
      central: cluster < 0 ? [] : ordinals.slice(0, 5),
      edge: cluster < 0 ? [] : ordinals.slice(-3),
      categories: { [planted[cluster]?.category ?? 'other']: of.length },
      models: { 'small-model': of.length },
      x: mean('x'),
      y: mean('y'),
    };
  });
}

/** One label is not to be trusted, and one cluster has its terms alone. */
export function plantedPatterns(clusters: readonly Cluster[]): Pattern[] {
  return clusters
    .filter(({ cluster }) => cluster >= 0)
    .map(({ cluster, size, terms }) => {
      const { title, severity } = planted[cluster]!;
      const [words, weak] = [severity === null, cluster === 4];
      return {
        cluster,
        size,
        title: words ? terms.map(({ term }) => term).join(', ') : title,
        description: words
          ? ''
          : `${title}: seen in ${size} answers, most often where several steps follow each other.`,
        hypothesis: words ? '' : 'The model has seen few examples that are written out step by step.',
        severity,
        data: words ? '' : 'Worked examples in which each step is checked before the next, easy ones first.',
        titled_by: words ? 'terms' : 'model',
        test: words
          ? null
          : {
              judge: 'big-judge',
              n: 20,
              precision: weak ? 0.5 : 0.9,
              precision_ci: weak ? [0.24, 0.76] : [0.6, 0.98],
              recall: weak ? 0.4 : 0.9,
              recall_ci: weak ? [0.17, 0.69] : [0.6, 0.98],
              unreadable: 0,
            },
        tries: weak ? [{ title: 'Too wordy', precision: 0.4, recall: 0.3 }] : [],
        note: weak ? 'This label is no better than chance on rows held out.' : words ? 'Its title is its terms.' : null,
      };
    });
}

export const plantedTargeted: TargetedStats = {
  asked: 90,
  kept: 44,
  wanted: 50,
  dropped: {
    unreadable: 4,
    empty: 0,
    rule: 6,
    judge: 21,
    near_duplicate_of_test_set: 9,
    near_duplicate_of_row: 6,
  },
  by_pattern: planted.map(({ title }, cluster) => ({
    cluster,
    pattern: title,
    wanted: cluster < 2 ? 9 : 8,
    kept: cluster === 3 ? 3 : 8,
  })),
  leakage: {
    test_rows: plantedItems().length,
    threshold: 0.6,
    removed: 9,
    examples: [{ prompt: 'What is 318 times 48?', like: 'q-1', similarity: 0.83 }],
  },
  calls: 180,
  prompt_tokens: 61_000,
  completion_tokens: 40_200,
  cost: 0.31,
  stopped_by_budget: false,
  notes: ['Of one pattern fewer rows than wanted passed the judge.'],
};

/** Counts of each step as they are kept. */
export const plantedSteps: [step: AnalysisStep, status: string, counts: Record<string, number>][] = [
  ['test_set', 'done', { rows: plantedItems().length }],
  ['outputs', 'reused', { answers: plantedItems().length }],
  ['judge', 'done', { failures: plantedFailures(null).length }],
  ['cluster', 'done', { clusters: planted.length }],
  ['label', 'done', { patterns: planted.length, by_terms: 1 }],
  ['generate', 'done', { kept: plantedTargeted.kept }],
];

/** Seeds the database of a running server: dataset, answers and judgments over the wire, the analysis by SQL. */
export async function seedAnalysis(url: string, databaseUrl: string): Promise<SeededAnalysis> {
  const dataset = await seedDataset(url);
  const runs = [await seedRun(url, dataset, 0), await seedRun(url, dataset, 1)] as const;
  const [before, after] = [await seedJudge(url, runs[0], 0), await seedJudge(url, runs[1], 1)];
  const analysis = 'an_planted';
  const db = new Client({ connectionString: databaseUrl });
  await db.connect();
  try {
    await writeAnalysis(db, { analysis, dataset, run: runs[0], judge: before });
  } finally {
    await db.end();
  }
  return { dataset, analysis, before, after, titles: planted.map(({ title }) => title) };
}

async function seedDataset(url: string): Promise<string> {
  const items = plantedItems();
  const text = lines(items.length, (i) => {
    const { id, category, prompt } = items[i]!;
    return {
      custom_id: id,
      name: `Question ${id.slice(2)}`,
      category,
      prompt,
      expected: `What was expected of ${id}.`,
    };
  });
  return (await sendFile<{ id: string }>(`${url}/admin/datasets/upload`, { name: 'planted.jsonl', text })).id;
}

async function seedRun(url: string, dataset: string, which: 0 | 1): Promise<string> {
  const items = plantedItems();
  const model = ['small-model', 'small-model-tuned'][which]!;
  const text = lines(items.length, (i) => ({ custom_id: items[i]!.id, content: `${model} answers ${items[i]!.id}` }));
  const fields = { dataset_id: dataset, model_id: model };
  const sent = await sendFile<{ runs: { id: string }[] }>(
    `${url}/admin/benchmarks/import`,
    { name: `${model}.jsonl`, text },
    fields,
  );
  return sent.runs[0]!.id;
}

async function seedJudge(url: string, run: string, which: 0 | 1): Promise<string> {
  const items = plantedItems();
  const text = lines(items.length, (i) => ({
    ordinal: i,
    score: items[i]!.fails[which] ? 2 : 9,
    reasoning: items[i]!.reason,
    criteria: { accuracy: items[i]!.fails[which] ? 2 : 9 },
  }));
  const query = new URLSearchParams({ benchmark_id: run, judge_type: 'llm', judge: 'big-judge' });
  const reply = await fetch(`${url}/api/evaluation/judgments/import?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: text,
  });
  if (!reply.ok) throw new Error(`import of judgments answered ${reply.status}: ${await reply.text()}`);
  return ((await reply.json()) as { id: string }).id;
}

interface Ids {
  analysis: string;
  dataset: string;
  run: string;
  judge: string;
}

async function writeAnalysis(db: Client, { analysis, dataset, run, judge }: Ids): Promise<void> {
  const failures = plantedFailures(run);
  const clusters = plantedClusters(failures);
  const settings = { dataset_id: dataset, model_ids: ['small-model'], cluster: { model: null }, label: {} };
  await db.query(
    `insert into analyses (analysis_id, user_id, name, content_hash, dataset_id, model_ids, run_ids, judge_run_ids,
       settings, status, vectors, failures, clusters, targeted_stats, created_at, ended_at)
     values ($1, 'local', 'Planted failures', '\\x00', $2, '{small-model}', $3, $4, $5, 'completed',
       '{"by": "tfidf", "model": null}', $6, $7, $8, now() - interval '12 minutes', now() - interval '2 minutes')`,
    [analysis, dataset, [run], [judge], settings, failures.length, clusters.length - 1, plantedTargeted],
  );
  for (const [at, [step, status, counts]] of plantedSteps.entries())
    await db.query(
      `insert into analysis_steps (analysis_id, step, user_id, status, inputs_hash, done, total, counts, calls,
         prompt_tokens, completion_tokens, cost, started_at, ended_at)
       values ($1, $2, 'local', $3, '\\xab', 10, 10, $4, $5, $6, $7, $8, now() - make_interval(mins => $9),
         now() - make_interval(mins => $9, secs => -40))`,
      [
        analysis,
        step,
        status,
        counts,
        at > 1 && at !== 3 ? 30 * at : 0,
        900 * at,
        400 * at,
        at === 5 ? 0.31 : 0,
        12 - at,
      ],
    );
  await db.query(
    `insert into analysis_failures
     select $1, (f->>'ordinal')::int, 'local', f->>'candidate_id', f->>'name', f->>'category', f->>'benchmark_id',
       f->>'model_id', f->>'prompt', f->>'answer', f->>'expected', (f->>'score')::real, f->>'judge', f->>'reason',
       array(select json_array_elements_text(f->'criteria')), (f->>'cluster')::int, (f->>'x')::real, (f->>'y')::real
     from json_array_elements($2::json) f`,
    [analysis, JSON.stringify(failures)],
  );
  for (const [table, bodies] of [
    ['clusters', clusters],
    ['patterns', plantedPatterns(clusters)],
  ] as const)
    for (const body of bodies)
      await db.query(`insert into ${table} values ($1, $2, 'local', $3)`, [analysis, body.cluster, body]);
}
