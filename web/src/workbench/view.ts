/** What the workbench shows, as it stands in the address bar: dataset, columns, filters, order, open item. */

import type { gridFilters, gridSorts } from '../../../src/contracts/workbench.ts';

export type RowFilter = (typeof gridFilters)[number];
export type RowSort = (typeof gridSorts)[number];

export const rowFilters = [
  'differences',
  'golden',
  'fixed',
  'wrong',
  'needs_review',
  'failed',
] as const satisfies RowFilter[];
export const rowSorts = ['position', 'disagreement', 'score', 'length', 'latency'] as const satisfies RowSort[];
export const middles = ['answers', 'agreement', 'curate'] as const;
export type Middle = (typeof middles)[number];

/** Lists are empty, texts null, when nothing is asked. */
export interface View {
  dataset: string | null;
  /** Which part of the middle column is open. */
  middle: Middle;
  /** Columns, in this order; empty: all. */
  models: string[];
  filter: RowFilter[];
  differsAt: string[];
  agreeOn: string[];
  category: string[];
  /** "model=value". */
  decided: string[];
  q: string | null;
  scoreMin: number | null;
  scoreMax: number | null;
  /** Failures of an analysis that were put together, as "an_1:3"; null: no matter. */
  cluster: string | null;
  sort: RowSort;
  /** The item that is open. */
  item: string | null;
  /** Field that the agreement is about; null: the decision. */
  field: string | null;
}

const lists = [
  ['filter', 'filter'],
  ['differsAt', 'differs_at'],
  ['agreeOn', 'agree_on'],
  ['category', 'category'],
  ['decided', 'decided'],
] as const;

/** Reads an address; what it cannot mean is left out. */
export function readView(params: URLSearchParams): View {
  return {
    dataset: params.get('dataset'),
    middle: oneOf(middles, params.get('show')) ?? 'answers',
    models: params.getAll('models').filter((name) => name !== ''),
    filter: params.getAll('filter').filter((name) => oneOf(rowFilters, name) !== null) as RowFilter[],
    differsAt: params.getAll('differs_at'),
    agreeOn: params.getAll('agree_on'),
    category: params.getAll('category'),
    decided: params.getAll('decided').filter((pair) => /^[^=]+=/.test(pair)),
    q: params.get('q') || null,
    scoreMin: numberIn(params.get('score_min')),
    scoreMax: numberIn(params.get('score_max')),
    cluster: clusterIn(params.get('cluster')),
    sort: oneOf(rowSorts, params.get('sort')) ?? 'position',
    item: params.get('item'),
    field: params.get('field'),
  };
}

/** The address of a view; defaults are left out. */
export function writeView(view: View): URLSearchParams {
  const params = new URLSearchParams();
  if (view.dataset !== null) params.set('dataset', view.dataset);
  if (view.middle !== 'answers') params.set('show', view.middle);
  for (const [name, value] of filterParams(view)) params.append(name, value);
  if (view.sort !== 'position') params.set('sort', view.sort);
  if (view.field !== null) params.set('field', view.field);
  if (view.item !== null) params.set('item', view.item);
  return params;
}

/** The filter as the server takes it in a query, without the dataset. */
export function filterParams(view: View): URLSearchParams {
  const params = new URLSearchParams();
  for (const model of view.models) params.append('models', model);
  for (const [from, to] of lists) for (const value of view[from]) params.append(to, value);
  if (view.q !== null) params.set('q', view.q);
  if (view.scoreMin !== null) params.set('score_min', String(view.scoreMin));
  if (view.scoreMax !== null) params.set('score_max', String(view.scoreMax));
  if (view.cluster !== null) params.set('cluster', view.cluster);
  return params;
}

/** The filter as the server takes it in a body. */
export function filterBody(view: View) {
  return {
    dataset_id: view.dataset ?? '',
    models: view.models,
    filter: view.filter,
    differs_at: view.differsAt,
    agree_on: view.agreeOn,
    category: view.category,
    decided: view.decided,
    ...(view.q === null ? {} : { q: view.q }),
    ...(view.scoreMin === null ? {} : { score_min: view.scoreMin }),
    ...(view.scoreMax === null ? {} : { score_max: view.scoreMax }),
    ...(view.cluster === null ? {} : { cluster: view.cluster }),
  };
}

/** The view without anything that narrows its rows; columns and order stay. */
export function unfiltered(view: View): View {
  return {
    ...view,
    filter: [],
    differsAt: [],
    agreeOn: [],
    category: [],
    decided: [],
    q: null,
    scoreMin: null,
    scoreMax: null,
    cluster: null,
  };
}

/** How many conditions narrow the rows. */
export function conditions(view: View): number {
  const scores = view.scoreMin !== null || view.scoreMax !== null;
  const single = [view.q !== null, scores, view.cluster !== null].filter((is) => is).length;
  return lists.reduce((sum, [name]) => sum + view[name].length, single);
}

/** The list with the value, or without it when it was there. */
export function toggled<T>(list: readonly T[], value: T): T[] {
  return list.includes(value) ? list.filter((each) => each !== value) : [...list, value];
}

function oneOf<T extends string>(allowed: readonly T[], value: string | null): T | null {
  return allowed.find((each) => each === value) ?? null;
}

/** "an_1:3"; -1 is what is like nothing. */
function clusterIn(text: string | null): string | null {
  return text !== null && /^[\w-]{1,100}:(-1|\d{1,6})$/.test(text) ? text : null;
}

function numberIn(text: string | null): number | null {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}
