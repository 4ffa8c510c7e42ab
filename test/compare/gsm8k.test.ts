/** Real questions with four models' real answers: what the grid says of them equals a computation of the test's own. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agreementOf } from '../../src/compare/agreement-query.ts';
import { gridPage } from '../../src/compare/grid-page.ts';
import { type Agreement, gridFilter, gridQuery } from '../../src/contracts/workbench.ts';
import { openRunPlace, type RunPlace } from '../runs/run-place.ts';

// See CONTRIBUTING.md for the folder of real data.
const folder = process.env.ASSAY_TEST_DATA ?? resolve(import.meta.dirname, '../../../shared/data');
const file = join(folder, 'gsm8k', 'example_model_solutions.jsonl');
const models = ['6b_finetuning', '6b_verification', '175b_finetuning', '175b_verification'] as const;

type Solved = { question: string; ground_truth: string } & Record<
  (typeof models)[number],
  { is_correct: boolean; solution: string }
>;

type Paired = { a: (typeof models)[number]; b: (typeof models)[number]; mcnemar: { b: number; c: number; p: number } };

describe.skipIf(!existsSync(file))('gsm8k (skipped where the data is not there)', () => {
  let place: RunPlace;
  let rows: Solved[];
  let datasetId: string;
  let agreement: Agreement;

  beforeAll(async () => {
    place = await openRunPlace('gsm8k', { work: false });
    rows = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Solved);
    const lines = (each: (row: Solved, i: number) => object) =>
      rows.map((row, i) => JSON.stringify(each(row, i))).join('\n');
    const made = await place.dataset(
      'gsm8k.jsonl',
      lines((row, i) => ({ custom_id: `q${i}`, prompt: row.question, expected: row.ground_truth })),
    );
    datasetId = made.id;
    for (const model of models) {
      const answers = lines((row, i) => ({ custom_id: `q${i}`, content: row[model].solution }));
      const [run] = await place.answers(`${model}.jsonl`, answers, { datasetId, modelId: model });
      expect(run).toMatchObject({ matched: rows.length, unmatched: 0, repeated: 0 });
    }
    agreement = await agreementOf(place.db, 'local', { filter: gridFilter.parse({ dataset_id: datasetId }) });
  }, 180_000);
  afterAll(() => place.end());

  test('right answers by model are the published ones', () => {
    const published = Object.fromEntries(
      models.map((model) => [model, rows.filter((row) => row[model].is_correct).length]),
    );
    expect(agreement.right).toEqual(published);
  });

  test('McNemar of every pair, from the published verdicts and exact binomials', () => {
    expect(agreement.pairs).toHaveLength(6);
    for (const { a, b, mcnemar } of agreement.pairs as Paired[]) {
      const onlyA = rows.filter((row) => row[a].is_correct && !row[b].is_correct).length;
      const onlyB = rows.filter((row) => !row[a].is_correct && row[b].is_correct).length;
      expect([mcnemar.b, mcnemar.c]).toEqual([onlyA, onlyB]);
      expect(mcnemar.p).toBeCloseTo(exactP(onlyA, onlyB), 10);
    }
  });

  test('agreement of every pair and over all, on the numbers behind the last "A:"', async () => {
    const said = rows.map((row) => models.map((model) => answerOf(row[model].solution)));
    for (const pair of agreement.pairs) {
      const [a, b] = [pair.a, pair.b].map((name) => ([...models] as string[]).indexOf(name)) as [number, number];
      const both = said.filter((each) => each[a] !== null && each[b] !== null);
      const same = both.filter((each) => each[a] === each[b]).length;
      expect(pair.n).toBe(both.length);
      expect(pair.percent).toBeCloseTo((100 * same) / both.length, 9);
    }
    const all = said.filter((each) => each.every((one) => one !== null && one === each[0])).length;
    expect(agreement.all_agree).toBe(all);
    const page = await gridPage(
      place.db,
      'local',
      gridQuery.parse({ dataset_id: datasetId, limit: 1, filter: 'differences' }),
    );
    expect(page.total).toBe(rows.length);
    expect(page.filtered).toBe(said.filter((each) => new Set(each.filter((one) => one !== null)).size > 1).length);
  });
});

/** The answer behind the last "A:" of a solution, or a solution that is nothing but a number; null when there is none. */
function answerOf(solution: string): string | null {
  const text = /^\d+$/.test(solution) ? solution : /.*A:\s*(.*?)\s*$/s.exec(solution)?.[1];
  if (text === undefined || text === '') return null;
  const number = Number(text.replaceAll(/[$,%]/g, ''));
  return Number.isNaN(number) ? text.toLowerCase() : String(number);
}

/** Two-sided exact p of McNemar's test: twice the smaller tail of a fair binomial, at most 1. */
function exactP(b: number, c: number): number {
  const n = b + c;
  let term = 1n;
  let tail = 1n;
  for (let k = 1; k <= Math.min(b, c); k++) {
    term = (term * BigInt(n - k + 1)) / BigInt(k);
    tail += term;
  }
  const scale = 10n ** 20n;
  return Math.min(1, Number((2n * tail * scale) / 2n ** BigInt(n)) / 1e20);
}
