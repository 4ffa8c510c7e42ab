/** A new analysis and targeted data as their forms hold them: what is wrong with them, what is sent, where a refusal belongs. */

import { expect, test } from 'vitest';
import { newAnalysis } from '../../../src/contracts/analyses.ts';
import { newRubric } from '../../../src/contracts/judging.ts';
import { gridFilter } from '../../../src/contracts/workbench.ts';
import { clusterFilter, readAnalysisView, writeAnalysisView } from '../../../web/src/analyses/analysis-view.ts';
import {
  type AnalysisForm,
  analysisFaults,
  analysisOf,
  byWords,
  emptyAnalysis,
  isSound,
  withRefusal,
} from '../../../web/src/analyses/new-analysis.ts';
import { rubricOfPattern } from '../../../web/src/analyses/pattern-rule.ts';
import { emptyTargeted, targetedFormOf, targetedOf } from '../../../web/src/analyses/targeted-form.ts';
import { rubricFaults, rubricOf } from '../../../web/src/judging/rubric-form.ts';
import { conditions, filterBody, readView, unfiltered, writeView } from '../../../web/src/workbench/view.ts';

const form = (part: Partial<AnalysisForm> = {}): AnalysisForm => ({
  ...emptyAnalysis,
  dataset: 'ds_1',
  models: ['m'],
  ...part,
});
const parse = (part: Partial<AnalysisForm>) => newAnalysis.parse(analysisOf(form(part), null));

test('a form without faults is an analysis that the contract takes', () => {
  expect(isSound(analysisFaults(form(), null))).toBe(true);
  const plain = parse({});
  expect([plain.test_set, plain.generate, plain.judge.mode]).toEqual([undefined, undefined, 'rules']);
  expect(['model' in plain.cluster, 'min_size' in plain.cluster, plain.label.model]).toEqual([false, false, null]);
  expect(
    parse({
      sampled: true,
      n: 50,
      vectors: byWords,
      minSize: 4,
      naming: 'big',
      generates: true,
      targeted: { ...emptyTargeted, model: 'big', rows: 20, usd: 2 },
      judging: { ...emptyAnalysis.judging, mode: 'batch', judges: ['j'] },
    }),
  ).toMatchObject({
    test_set: { n: 50, allocation: 'proportional' },
    outputs: { params: { temperature: 0, max_tokens: 256 } },
    judge: { mode: 'batch', judge_models: ['j'] },
    cluster: { model: null, min_size: 4 },
    label: { model: 'big' },
    generate: { model: 'big', rows: 20, budget: { usd: 2 } },
  });
});

test('from judge runs nothing of models, test set and judge is sent', () => {
  const parsed = parse({ begin: 'judged', judgeRuns: ['jr_1'], sampled: true, n: '' });
  expect(parsed).toMatchObject({ judge_run_ids: ['jr_1'] });
  expect([parsed.dataset_id, parsed.model_ids, parsed.test_set]).toEqual([undefined, undefined, undefined]);
});

test.each<[string, Partial<AnalysisForm>, string]>([
  ['no dataset', { dataset: null }, 'own.dataset'],
  ['no model', { models: [] }, 'own.models'],
  ['ten models', { models: Array.from({ length: 10 }, (_, i) => `m${i}`) }, 'own.models'],
  ['no judge run', { begin: 'judged' }, 'own.judgeRuns'],
  ['half a row', { sampled: true, n: 0.5 }, 'own.n'],
  ['a pattern of one', { minSize: 1 }, 'own.minSize'],
  ['no judge', { judging: { ...emptyAnalysis.judging, mode: 'single' } }, 'judging.judges'],
  ['nobody writes', { generates: true }, 'targeted.model'],
  ['no rows', { generates: true, targeted: { ...emptyTargeted, model: 'm', rows: 0 } }, 'targeted.rows'],
])('%s is a fault at its field', (_, part, at) => {
  const faults = analysisFaults(form(part), null);
  expect(Object.entries(faults).flatMap(([of, each]) => Object.keys(each).map((name) => `${of}.${name}`))).toEqual([
    at,
  ]);
});

test('a refusal of the server is shown at the field that it is about', () => {
  const none = analysisFaults(form(), null);
  const at = (param: string | null) => withRefusal(none, { code: 'invalid_parameter', param, message: 'no' });
  expect(at('cluster.model')?.own).toEqual({ vectors: 'no' });
  expect(at('model_ids.0')?.own).toEqual({ models: 'no' });
  expect(at('judge.judge_models.0')?.judging).toEqual({ judges: 'no' });
  expect(at('generate.budget.usd')?.targeted).toEqual({ usd: 'no' });
  expect([at(null), at('label.central')]).toEqual([null, null]);
});

test('targeted data is asked for as before, for the patterns that are chosen', () => {
  const again = targetedFormOf({ model: 'big', rows: 7, judge: 'j', budget: { calls: 9 }, balance: 'proportional' });
  expect(targetedOf(again, [3])).toEqual({
    model: 'big',
    judge: 'j',
    rows: 7,
    balance: 'proportional',
    clusters: [3],
    budget: { calls: 9 },
  });
  for (const odd of [undefined, null, 'x']) expect(targetedFormOf(odd)).toEqual(emptyTargeted);
});

test('a pattern becomes a rubric that can be kept as it is, whatever its title', () => {
  for (const title of ['Drops the carry', '¡Ñandú! «100 %»', '123', '\u0000\uD800', 'x'.repeat(5000)]) {
    const rubric = rubricOfPattern({ title, description: 'd'.repeat(9000) });
    expect(rubricFaults(rubric)).toEqual({});
    newRubric.parse(rubricOf(rubric));
  }
  expect(rubricOfPattern({ title: 'Drops the carry', description: '' }).criteria[0]!.name).toBe('drops_the_carry');
});

test('addresses and views are the same, and what they cannot mean is left out', () => {
  const params = new URLSearchParams('cluster=-1&category=math&model=m&after=jr_1');
  expect(writeAnalysisView(readAnalysisView(params)).toString()).toBe(params.toString());
  expect(writeAnalysisView(readAnalysisView(new URLSearchParams('cluster=x&category='))).toString()).toBe('');
  const view = readView(new URLSearchParams(`dataset=ds_1&cluster=${clusterFilter('an_1', 3)}`));
  expect([view.cluster, conditions(view), unfiltered(view).cluster]).toEqual(['an_1:3', 1, null]);
  expect(filterBody(view)).toMatchObject({ cluster: 'an_1:3' });
  expect(writeView(view).get('cluster')).toBe('an_1:3');
  expect(gridFilter.safeParse(filterBody(view)).success).toBe(true);
  expect(readView(new URLSearchParams('cluster=an_1')).cluster).toBeNull();
});
