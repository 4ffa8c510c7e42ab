/** The view of the workbench in the address: read, written, as the server takes it. */

import { expect, test } from 'vitest';
import { gridFilter } from '../../src/contracts/workbench.ts';
import {
  conditions,
  filterBody,
  filterParams,
  readView,
  toggled,
  unfiltered,
  type View,
  writeView,
} from '../../web/src/workbench/view.ts';

const full: View = {
  dataset: 'ds_1',
  middle: 'agreement',
  models: ['b', 'a,with comma?'],
  filter: ['differences', 'needs_review'],
  differsAt: ['trajectory', 'a\\.b.0'],
  agreeOn: ['Strong Yes'],
  category: ['R&D', 'x=y'],
  decided: ['b=Yes=sir', 'a=No'],
  q: 'two words & more',
  scoreMin: -1.5,
  scoreMax: 0,
  cluster: 'an_1:3',
  sort: 'disagreement',
  item: 'cand/1?',
  field: 'trajectory',
};

test('what is written is read back', () => {
  const again = readView(new URLSearchParams(writeView(full).toString()));
  expect(again).toEqual(full);
});

test('an empty address is the whole dataset in file order, and is written as nothing', () => {
  const view = readView(new URLSearchParams());
  expect(view).toMatchObject({ dataset: null, middle: 'answers', sort: 'position', filter: [], q: null });
  expect(writeView(view).toString()).toBe('');
  expect(conditions(view)).toBe(0);
});

test('what an address cannot mean is left out', () => {
  const view = readView(
    new URLSearchParams('filter=nonsense&filter=golden&sort=up&score_min=abc&score_max=&decided=nothing&show=x&q='),
  );
  expect(view).toMatchObject({
    filter: ['golden'],
    sort: 'position',
    scoreMin: null,
    scoreMax: null,
    decided: [],
    middle: 'answers',
    q: null,
  });
});

test('the server takes the filter as it is sent, in a query and in a body', () => {
  const simple = { ...full, models: ['b', 'a'] };
  const query: Record<string, string | string[]> = { dataset_id: 'ds_1' };
  for (const name of new Set(filterParams(simple).keys())) query[name] = filterParams(simple).getAll(name);
  const { q, score_min, score_max, cluster, ...lists } = query;
  const single = { q: q![0], score_min: score_min![0], score_max: score_max![0], cluster: cluster![0] };
  const sent = { ...lists, ...single };
  const parsed = gridFilter.parse(sent);
  expect(parsed).toEqual(gridFilter.parse(filterBody(simple)));
  expect(parsed).toMatchObject({
    differs_at: simple.differsAt,
    decided: simple.decided,
    score_min: -1.5,
    score_max: 0,
  });
});

test('columns and order are no conditions, and stay when the filter is cleared', () => {
  expect(conditions(full)).toBe(2 + 2 + 1 + 2 + 2 + 1 + 1 + 1);
  const clear = unfiltered(full);
  expect(conditions(clear)).toBe(0);
  expect(clear).toMatchObject({ models: full.models, sort: 'disagreement', item: full.item });
});

test('a value is added, then taken away', () => {
  expect(toggled(['a'], 'b')).toEqual(['a', 'b']);
  expect(toggled(['a', 'b'], 'b')).toEqual(['a']);
});
