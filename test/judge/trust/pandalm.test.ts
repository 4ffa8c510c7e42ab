/** Real people and real judges on 999 pairs of answers: every figure equals a computation of the test's own. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { cohensKappa, krippendorffAlpha } from '../../../src/compare/agreement.ts';
import { bootstrap } from '../../../src/compare/bootstrap.ts';
import { pairOf, patternsOf } from '../../../src/compare/patterns.ts';
import { type JudgeAgreement, judgeAgreement } from '../../../src/judge/trust/agreement.ts';
import { type Comparison, rankModels } from '../../../src/judge/trust/bradley-terry.ts';
import { ppiMean } from '../../../src/judge/trust/ppi.ts';
import { seededRandom, shuffled } from '../../harness/random.ts';
import { plainKappa } from '../people/plain-figures.ts';

// See CONTRIBUTING.md for the folder of real data.
const folder = join(process.env.ASSAY_TEST_DATA ?? resolve(import.meta.dirname, '../../../../shared/data'), 'pandalm');
const people = ['annotator1', 'annotator2', 'annotator3'] as const;
const judges = ['gpt-3.5-turbo', 'pandalm-7b'] as const;
const labels = ['0', '1', '2'];

/** 0: no answer is better, 1: the first, 2: the second. */
interface Pair {
  idx: number;
  models: [string, string];
  said: string[];
  majority: string;
  /** By judge; null: a reply that cannot be used. */
  verdict: Record<(typeof judges)[number], string | null>;
}

describe.skipIf(!existsSync(folder))('pandalm (skipped where the data is not there)', () => {
  let pairs: Pair[];
  let figures: Record<(typeof judges)[number], JudgeAgreement>;

  beforeAll(() => {
    pairs = readPairs();
    figures = Object.fromEntries(
      judges.map((judge) => [
        judge,
        judgeAgreement(
          pairs.map(({ idx, majority, verdict }) => ({ id: String(idx), human: majority, judge: verdict[judge] })),
        ),
      ]),
    ) as typeof figures;
  });

  test('999 pairs, three people each, who never say three different things', () => {
    expect(pairs).toHaveLength(999);
    expect(pairs.filter(({ said }) => new Set(said).size === 3)).toEqual([]);
    expect(pairs.filter(({ said }) => new Set(said).size === 1)).toHaveLength(879);
  });

  test('kappa between people, pairwise, with intervals', () => {
    const patterns = patternsOf(people.map((_, at) => pairs.map(({ said }) => said[at]!)));
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const pair = pairOf(patterns, a, b);
      const kappa = cohensKappa(pair)(pair.counts)!;
      const plain = plainKappa(pairs.map(({ said }) => [said[a]!, said[b]!]));
      expect(kappa).toBeCloseTo(plain.kappa, 12);
      expect(kappa).toBeGreaterThan(0.8);
      const [low, high] = bootstrap(pair.counts, cohensKappa(pair))!;
      expect(low).toBeCloseTo(plain.kappa - 1.96 * plain.error, 2);
      expect(high).toBeCloseTo(plain.kappa + 1.96 * plain.error, 2);
    }
  });

  test("Krippendorff's alpha of the three, from coincidences counted one by one", () => {
    const patterns = patternsOf(people.map((_, at) => pairs.map(({ said }) => said[at]!)));
    let apart = 0;
    const given = new Map<string, number>();
    for (const { said } of pairs)
      for (const [at, each] of said.entries()) {
        given.set(each, (given.get(each) ?? 0) + 1);
        for (const [other, one] of said.entries()) if (at !== other && each !== one) apart += 1 / 2;
      }
    const n = 3 * pairs.length;
    let expected = 0;
    for (const a of labels) for (const b of labels) if (a !== b) expected += given.get(a)! * given.get(b)!;
    expect(krippendorffAlpha(patterns)(patterns.counts)).toBeCloseTo(1 - ((n - 1) * apart) / expected, 12);
  });

  test('unusable replies are counted, not dropped', () => {
    expect(figures['gpt-3.5-turbo'].unusable).toHaveLength(25);
    expect(figures['pandalm-7b'].unusable).toEqual([]);
    for (const judge of judges) {
      const { n, confusion, accuracy } = figures[judge];
      expect(n).toBe(999);
      expect(accuracy.n).toBe(999);
      expect(confusion.reduce((sum, { ids }) => sum + ids.length, 0)).toBe(999);
      for (const { human, judge: said, ids } of confusion)
        expect(ids).toEqual(
          pairs.filter((pair) => pair.majority === human && pair.verdict[judge] === said).map(({ idx }) => String(idx)),
        );
    }
  });

  test.each(judges)('%s: accuracy and kappa against the majority, with intervals', (judge) => {
    const got = figures[judge];
    let right = 0;
    for (const { majority, verdict } of pairs) if (verdict[judge] === majority) right += 1;
    expect(got.accuracy.hits).toBe(right);
    for (const bound of got.accuracy.interval!) {
      // Wilson's bounds are where the share seen is 1.96 standard errors of the bound away.
      const away = Math.abs(right / 999 - bound) / Math.sqrt((bound * (1 - bound)) / 999);
      expect(away).toBeCloseTo(1.959964, 5);
    }
    const plain = plainKappa(pairs.map(({ majority, verdict }) => [majority, verdict[judge] ?? 'unusable']));
    expect(got.kappa).toBeCloseTo(plain.kappa, 12);
    expect(got.kappaInterval![0]).toBeCloseTo(plain.kappa - 1.96 * plain.error, 2);
    expect(got.kappaInterval![1]).toBeCloseTo(plain.kappa + 1.96 * plain.error, 2);
    expect(got.verdict).toMatchObject({ level: 'red', chance: false });
    expect(got.verdict.words).toContain('weak');
  });

  test('passing the first answer: rates of both judges', () => {
    for (const judge of judges) {
      const rows = pairs.map(({ idx, majority, verdict }) => ({
        id: `${idx}`,
        human: majority,
        judge: verdict[judge],
      }));
      const { truePositiveRate, trueNegativeRate, cells } = judgeAgreement(rows, { positive: '1', repetitions: 100 });
      const count = (chosen: (pair: Pair) => boolean) => pairs.filter(chosen).length;
      expect(truePositiveRate).toMatchObject({
        hits: count(({ majority, verdict }) => majority === '1' && verdict[judge] === '1'),
        n: count(({ majority }) => majority === '1'),
      });
      expect(trueNegativeRate).toMatchObject({
        hits: count(({ majority, verdict }) => majority !== '1' && !['1', null].includes(verdict[judge])),
        n: count(({ majority }) => majority !== '1'),
      });
      expect(cells!.b).toHaveLength(count(({ majority, verdict }) => majority !== '1' && verdict[judge] === '1'));
    }
  });

  test.each(judges)(
    '%s: PPI++ from 100 random labels holds the full truth 930 to 970 times of 1,000, narrower than labels alone',
    (judge) => {
      // How often people prefer the first answer; a reply that cannot be used prefers neither.
      const label = pairs.map(({ majority }) => (majority === '1' ? 1 : 0));
      const judged = pairs.map(({ verdict }) => (verdict[judge] === null ? 0.5 : verdict[judge] === '1' ? 1 : 0));
      const truth = label.reduce((sum: number, each) => sum + each, 0) / pairs.length;
      const random = seededRandom(1);
      const places = pairs.map((_, at) => at);
      let [held, width, alone] = [0, 0, 0];
      for (let round = 0; round < 1000; round++) {
        const order = shuffled(places, random);
        const [chosen, rest] = [order.slice(0, 100), order.slice(100)];
        const sample = {
          labels: chosen.map((at) => label[at]!),
          judged: chosen.map((at) => judged[at]!),
          unlabelled: rest.map((at) => judged[at]!),
        };
        const got = ppiMean(sample);
        if (round < 20) expectPlainPpi(sample, got);
        if (got.interval[0] <= truth && truth <= got.interval[1]) held += 1;
        width += got.interval[1] - got.interval[0];
        alone += got.labelsOnly.interval[1] - got.labelsOnly.interval[0];
      }
      expect(held).toBeGreaterThanOrEqual(930);
      expect(held).toBeLessThanOrEqual(970);
      expect(width).toBeLessThan(0.95 * alone);
    },
  );

  test('people rank the models: llama first, the likeliest strengths by plain steps uphill', () => {
    const comparisons = pairs.map(({ models: [a, b], majority }): Comparison => {
      return { a, b, preference: majority === '1' ? 'a' : majority === '2' ? 'b' : 'tie' };
    });
    const got = rankModels(comparisons, { repetitions: 200 });
    expect(got.groups).toHaveLength(1);
    expect(got.warnings).toEqual([]);
    expect(got.models[0]).toMatchObject({ model: 'llama-7b', rank: 1, rankInterval: [1, 1] });
    const plain = plainStrengths(comparisons);
    for (const { model, strength } of got.models) expect(strength).toBeCloseTo(plain.get(model)!, 6);
  });
});

function readPairs(): Pair[] {
  const read = <Row>(name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Row[];
  const asked = read<{ idx: number; cmp_key: string } & Record<(typeof people)[number], number>>('testset-v1.json');
  const gpt = read<{ idx: number; gpt_result: string }>('gpt-3.5-turbo-testset-v1.json');
  const pandalm = read<{ idx: number; pandalm_result: number }>('pandalm-7b-testset-v1.json');
  return asked.map((row, at) => {
    expect([gpt[at]!.idx, pandalm[at]!.idx]).toEqual([row.idx, row.idx]);
    const said = people.map((one) => String(row[one]));
    const reply = gpt[at]!.gpt_result;
    return {
      idx: row.idx,
      models: row.cmp_key.split('_') as [string, string],
      said,
      majority: labels.find((each) => said.filter((one) => one === each).length >= 2)!,
      verdict: {
        'gpt-3.5-turbo': reply === 'Tie' ? '0' : labels.includes(reply) ? reply : null,
        'pandalm-7b': String(pandalm[at]!.pandalm_result),
      },
    };
  });
}

/** The formulas of the paper with plain loops. */
function expectPlainPpi(
  { labels: y, judged: f, unlabelled: u }: { labels: number[]; judged: number[]; unlabelled: number[] },
  got: ReturnType<typeof ppiMean>,
): void {
  const mean = (list: number[]) => {
    let sum = 0;
    for (const each of list) sum += each;
    return sum / list.length;
  };
  const squares = (list: number[]) => {
    let sum = 0;
    for (const each of list) sum += (each - mean(list)) ** 2;
    return sum;
  };
  let together = 0;
  for (let at = 0; at < y.length; at++) together += (y[at]! - mean(y)) * (f[at]! - mean(f));
  const spread = squares([...f, ...u]) / (f.length + u.length - 1);
  const lambda = Math.min(1, Math.max(0, together / y.length / ((1 + y.length / u.length) * spread)));
  const rest = y.map((each, at) => each - lambda * f[at]!);
  const value = lambda * mean(u) + mean(rest);
  const error = Math.sqrt((lambda ** 2 * squares(u)) / u.length ** 2 + squares(rest) / rest.length ** 2);
  expect(got.lambda).toBeCloseTo(lambda, 10);
  expect(got.value).toBeCloseTo(value, 10);
  expect(got.interval[0]).toBeCloseTo(value - 1.959963984540054 * error, 10);
  expect(got.interval[1]).toBeCloseTo(value + 1.959963984540054 * error, 10);
}

/** Follows the slope of the likelihood: wins seen less wins expected. */
function plainStrengths(comparisons: Comparison[]): Map<string, number> {
  const strengths = new Map(
    comparisons.flatMap(
      ({ a, b }) =>
        [
          [a, 0],
          [b, 0],
        ] as [string, number][],
    ),
  );
  for (let step = 0; step < 300; step++) {
    const slope = new Map<string, number>();
    const add = (model: string, more: number) => slope.set(model, (slope.get(model) ?? 0) + more);
    for (const { a, b, preference } of comparisons) {
      const expected = 1 / (1 + Math.exp(strengths.get(b)! - strengths.get(a)!));
      const seen = preference === 'a' ? 1 : preference === 'b' ? 0 : 0.5;
      add(a, seen - expected);
      add(b, expected - seen);
    }
    for (const [model, more] of slope) strengths.set(model, strengths.get(model)! + more / 120);
  }
  const mean = [...strengths.values()].reduce((sum, each) => sum + each, 0) / strengths.size;
  return new Map([...strengths].map(([model, strength]) => [model, strength - mean]));
}
