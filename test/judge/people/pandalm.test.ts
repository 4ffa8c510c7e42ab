/** Real people and real judges through the product: 999 pairs imported as answers and judgments, each figure computed here as well. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JudgeRunObject } from '../../../src/contracts/judging.ts';
import type { Judgment } from '../../../src/contracts/judgments.ts';
import type { TrustPanel } from '../../../src/contracts/trust.ts';
import { ppiMean } from '../../../src/judge/trust/ppi.ts';
import { seededRandom, shuffled } from '../../harness/random.ts';
import { type StartedApp, startApp } from '../../http/start-app.ts';
import { jsonl } from '../../runs/run-place.ts';
import { plainAlpha, plainKappa, plainMajority, plainPpi, plainWilson } from './plain-figures.ts';

// See CONTRIBUTING.md for the folder of real data.
const folder = join(process.env.ASSAY_TEST_DATA ?? resolve(import.meta.dirname, '../../../../shared/data'), 'pandalm');
const people = ['annotator1', 'annotator2', 'annotator3'] as const;
const judges = ['gpt-3.5-turbo', 'pandalm-7b'] as const;
const numberOf = (label: string | null) => (label === null || label === 'tie' ? 0.5 : label === 'a' ? 1 : 0);
const preferenceOf = (said: string | number): string | null =>
  ({ 0: 'tie', Tie: 'tie', 1: 'a', 2: 'b' })[String(said)] ?? null;

interface Pair {
  id: string;
  said: string[];
  majority: string;
  verdict: Record<(typeof judges)[number], string | null>;
}

describe.skipIf(!existsSync(folder))('pandalm through the product (skipped where the data is not there)', () => {
  let server: StartedApp;
  let pairs: Pair[];
  let labelled: JudgeRunObject;
  const judged = {} as Record<(typeof judges)[number], JudgeRunObject>;
  const panels = {} as Record<(typeof judges)[number], TrustPanel>;
  /** A hundred drawn at random, whose lines say so. */
  let sample: Set<number>;

  const ask = async (method: string, path: string, body?: string | FormData) => {
    const headers = {
      authorization: `Bearer ${server.localToken}`,
      ...(typeof body === 'string' ? { 'content-type': 'application/x-ndjson' } : {}),
    };
    const answer = await fetch(`${server.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
    // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by many paths
    const got = (await answer.json()) as any;
    expect([path, answer.status, got.error?.message]).toEqual([path, 200, undefined]);
    return got;
  };

  beforeAll(async () => {
    server = await startApp('pandalm_people');
    const rows = readRows();
    pairs = rows.map(({ pair }) => pair);
    const form = (name: string, lines: object[], fields: Record<string, string> = {}) => {
      const made = new FormData();
      for (const [field, value] of Object.entries(fields)) made.set(field, value);
      made.set('file', new Blob([jsonl(lines)]), name);
      return made;
    };
    const items = rows.map(({ pair, instruction, input }) => ({ custom_id: pair.id, instruction, input }));
    const { id: dataset_id } = await ask('POST', '/admin/datasets/upload', form('pandalm.jsonl', items));
    const answered = async (model_id: 'response1' | 'response2') => {
      const lines = rows.map((row) => ({ custom_id: row.pair.id, content: row[model_id] }));
      return (await ask('POST', '/admin/benchmarks/import', form(`${model_id}.jsonl`, lines, { dataset_id, model_id })))
        .id;
    };
    const of = `benchmark_id=${await answered('response1')}&other_benchmark_id=${await answered('response2')}`;
    sample = new Set(
      shuffled(
        pairs.map((_, at) => at),
        seededRandom(42),
      ).slice(0, 100),
    );
    const labels = pairs.flatMap(({ id, said }, at) =>
      people.map((judge, one) => ({
        candidate_id: id,
        judge,
        preference: said[one],
        ...(sample.has(at) ? { sample: 'audit' } : {}),
      })),
    );
    const send = (query: string, lines: object[]) =>
      ask('POST', `/api/evaluation/judgments/import?${of}&${query}`, jsonl(lines));
    labelled = await send('judge_type=human', labels);
    for (const judge of judges) {
      const lines = pairs.map(({ id, verdict }) => {
        const preference = verdict[judge];
        return { candidate_id: id, ...(preference === null ? { error: 'unusable' } : { preference }) };
      });
      judged[judge] = await send(`judge_type=llm&judge=${judge}`, lines);
      panels[judge] = await ask('GET', `/api/evaluation/runs/${judged[judge].id}/trust`);
    }
  });
  afterAll(() => server?.stop());

  test('999 pairs, three people each, and the 25 replies that nobody can use, none of them dropped', () => {
    expect(labelled).toMatchObject({
      mode: 'human',
      status: 'imported',
      judges: [...people],
      answers: 999,
      judged: 999,
    });
    expect(judged['gpt-3.5-turbo']).toMatchObject({ mode: 'pairwise', answers: 999, judged: 974, failed: 25 });
    expect(judged['pandalm-7b']).toMatchObject({ answers: 999, judged: 999, failed: 0 });
    expect(panels['gpt-3.5-turbo'].agreement).toMatchObject({ n: 999, unusable: 25 });
    expect(panels['pandalm-7b'].agreement).toMatchObject({ n: 999, unusable: 0 });
    for (const judge of judges) {
      const counted = new Map<string, number>();
      for (const { majority, verdict } of pairs) {
        const key = `${majority} ${verdict[judge]}`;
        counted.set(key, (counted.get(key) ?? 0) + 1);
      }
      const { confusion } = panels[judge].agreement;
      expect(new Map(confusion.map(({ human, judge: says, n }) => [`${human} ${says}`, n]))).toEqual(counted);
    }
  });

  test('people among themselves: kappas, alpha, how often all agree', () => {
    const among = panels['pandalm-7b'].people!;
    expect(among.kappas.map(({ a, b, n }) => [a, b, n])).toEqual([
      ['annotator1', 'annotator2', 999],
      ['annotator1', 'annotator3', 999],
      ['annotator2', 'annotator3', 999],
    ]);
    for (const { a, b, kappa, kappa_ci } of among.kappas) {
      const [left, right] = [people.indexOf(a as 'annotator1'), people.indexOf(b as 'annotator1')];
      const plain = plainKappa(pairs.map(({ said }) => [said[left]!, said[right]!]));
      expect(kappa).toBeCloseTo(plain.kappa, 10);
      expect(kappa_ci![0]).toBeCloseTo(plain.kappa - 1.96 * plain.error, 2);
      expect(kappa_ci![1]).toBeCloseTo(plain.kappa + 1.96 * plain.error, 2);
    }
    expect(among.alpha).toBeCloseTo(plainAlpha(pairs.map(({ said }) => said)), 10);
    expect(among.alpha_ci![0]).toBeLessThan(among.alpha!);
    const all = pairs.filter(({ said }) => new Set(said).size === 1).length;
    expect(among.unanimous).toMatchObject({ hits: all, n: 999 });
    expect(panels['pandalm-7b'].labels).toMatchObject({ n: 999, without_majority: 0, audit: 100, people: [...people] });
  });

  test.each(judges)('%s: accuracy and kappa against the majority, with intervals', (judge) => {
    const { accuracy, kappa, kappa_ci, verdict } = panels[judge].agreement;
    const right = pairs.filter((pair) => pair.verdict[judge] === pair.majority).length;
    expect(accuracy).toMatchObject({ hits: right, n: 999 });
    const bounds = plainWilson(right, 999);
    for (const at of [0, 1] as const) expect(accuracy.interval![at]).toBeCloseTo(bounds[at], 6);
    const plain = plainKappa(pairs.map((pair) => [pair.majority, pair.verdict[judge] ?? 'unusable']));
    expect(kappa).toBeCloseTo(plain.kappa, 10);
    expect(kappa_ci![0]).toBeCloseTo(plain.kappa - 1.96 * plain.error, 2);
    expect(kappa_ci![1]).toBeCloseTo(plain.kappa + 1.96 * plain.error, 2);
    expect(verdict).toMatchObject({ level: 'red', chance: false });
  });

  test.each(judges)('%s: the corrected rate of the panel is that of the hundred lines that say audit', (judge) => {
    const value = (pair: Pair) => numberOf(pair.verdict[judge]);
    const [drawn, rest] = [pairs.filter((_, at) => sample.has(at)), pairs.filter((_, at) => !sample.has(at))];
    const plain = plainPpi(
      drawn.map(({ majority }) => numberOf(majority)),
      drawn.map(value),
      rest.map(value),
    );
    const { corrected, corrected_problem } = panels[judge];
    expect([corrected_problem, corrected!.labelled, corrected!.unlabelled]).toEqual([null, 100, 899]);
    expect(corrected!.rate).toBeCloseTo(plain.value, 10);
    expect(corrected!.lambda).toBeCloseTo(plain.lambda, 10);
    for (const at of [0, 1] as const) expect(corrected!.ci[at]).toBeCloseTo(plain.ci[at], 10);
    const { ci } = corrected!.labels_only;
    expect(corrected!.ci[1] - corrected!.ci[0]).toBeLessThan(ci[1] - ci[0]);
  });

  /**
   * The interval is for a population of which the answers are a sample. Held against the rate of these very 999, of which
   * the 100 are drawn without replacement, as the audit sample of a run is, its width is that of a tenth more variance
   * than there is (1 - 100/999), so it holds the truth a little more often: the first way. Drawn with replacement, with as
   * many judge's verdicts drawn besides, the 999 are the population that the interval is for: the second way.
   */
  test.each(judges)(
    '%s: PPI++ from 100 labels holds the truth in 93 to 97 % of 1,000, narrower than labels alone',
    async (judge) => {
      const rows = await readBack(judge);
      const label = rows.map(({ human }) => numberOf(human));
      const says = rows.map(({ preference }) => numberOf(preference));
      const truth = label.reduce((sum: number, each) => sum + each, 0) / rows.length;
      const random = seededRandom(7);
      const draw = () => Math.floor(random() * rows.length);
      const ways = {
        without: () => {
          const order = shuffled([...rows.keys()], random);
          return [order.slice(0, 100), order.slice(100)] as const;
        },
        with: () => [Array.from({ length: 100 }, draw), Array.from({ length: 899 }, draw)] as const,
      };
      for (const way of ['without', 'with'] as const) {
        let [held, width, alone] = [0, 0, 0];
        for (let round = 0; round < 1000; round++) {
          const [chosen, rest] = ways[way]();
          const input = {
            labels: chosen.map((at) => label[at]!),
            judged: chosen.map((at) => says[at]!),
            unlabelled: rest.map((at) => says[at]!),
          };
          const got = ppiMean(input);
          if (round % 50 === 0) {
            const plain = plainPpi(input.labels, input.judged, input.unlabelled);
            expect(got.value).toBeCloseTo(plain.value, 10);
            expect(got.interval[0]).toBeCloseTo(plain.ci[0], 10);
            expect(got.interval[1]).toBeCloseTo(plain.ci[1], 10);
          }
          if (got.interval[0] <= truth && truth <= got.interval[1]) held += 1;
          width += got.interval[1] - got.interval[0];
          alone += got.labelsOnly.interval[1] - got.labelsOnly.interval[0];
        }
        expect([way, held >= 930 && held <= 970, held]).toEqual([way, true, held]);
        expect(width).toBeLessThan(0.97 * alone);
      }
    },
  );

  /** All judgments of a judge, by the page, with what most people say. */
  async function readBack(judge: (typeof judges)[number]): Promise<Judgment[]> {
    const rows: Judgment[] = [];
    for (let after = ''; ; ) {
      const page = await ask(
        'GET',
        `/api/evaluation/judgments?judge_run_id=${judged[judge].id}&labels=all&limit=500${after}`,
      );
      rows.push(...page.data);
      if (page.next === null) break;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
    expect(rows.map(({ human, preference }) => [human, preference])).toEqual(
      pairs.map(({ majority, verdict }) => [majority, verdict[judge]]),
    );
    return rows;
  }
});

interface Row {
  pair: Pair;
  instruction: string;
  input: string;
  response1: string;
  response2: string;
}

function readRows(): Row[] {
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>[];
  const gpt = read('gpt-3.5-turbo-testset-v1.json');
  const pandalm = read('pandalm-7b-testset-v1.json');
  return read('testset-v1.json').map((row, at) => {
    const said = people.map((one) => preferenceOf(row[one] as number)!);
    return {
      ...(row as unknown as Row),
      pair: {
        id: `pair-${row.idx}`,
        said,
        majority: plainMajority(said)!,
        verdict: {
          'gpt-3.5-turbo': preferenceOf(gpt[at]!.gpt_result as string),
          'pandalm-7b': preferenceOf(pandalm[at]!.pandalm_result as number),
        },
      },
    };
  });
}
