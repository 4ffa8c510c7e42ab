/** The rows of the grid as results land: filled in place, never moved, fetched again when something was missed. */

import { expect, test, vi } from 'vitest';
import type { Cell, GridItem, GridPage } from '../../src/contracts/workbench.ts';
import type { LiveNews, LiveResult } from '../../web/src/api/live-inbox.ts';
import { createGridStore } from '../../web/src/grid/grid-store.ts';

const cell = (decision: string | null) => ({ decision, annotation: null, status: 'ok' }) as unknown as Cell;
const item = (ordinal: number): GridItem => ({
  candidate_id: `c${ordinal}`,
  ordinal,
  name: `Item ${ordinal}`,
  category: null,
  differs: ordinal % 250 === 7,
  diff_fields: [],
  results: { a: cell('Yes') },
});

/** A store over a server that answers from `all`. */
function opened(all: GridItem[], { plain = true, chosen = false, models = ['a'] } = {}) {
  const server = { all, models, asked: 0, down: false };
  const store = createGridStore({
    datasetId: 'ds',
    plain,
    chosen,
    async fetchPage({ after, skip, limit }): Promise<GridPage> {
      server.asked += 1;
      if (server.down) throw Object.assign(new Error('away'), { status: 0 });
      const first = Number(after ?? 0) + skip;
      const items = server.all.slice(first, first + limit);
      const end = first + items.length;
      const next = end < server.all.length ? String(end) : null;
      return { total: 1000, filtered: server.all.length, next, skipped: skip, models: server.models, items };
    },
  });
  store.open();
  return { store, server };
}

const items = (count: number) => Array.from({ length: count }, (_, i) => item(i));
const landed = (ordinal: number, change: Partial<LiveResult> = {}): LiveResult => ({
  dataset_id: 'ds',
  version_id: 'v',
  candidate_id: `c${ordinal}`,
  ordinal,
  model_id: 'a',
  cell: cell('No'),
  differs: true,
  diff_fields: ['x'],
  committed_at: 0,
  ...change,
});
const news = (part: Partial<LiveNews>): LiveNews => ({
  results: [],
  annotations: [],
  runs: new Set(),
  datasets: false,
  returned: false,
  behind: false,
  ...part,
});
const decisionAt = (store: ReturnType<typeof opened>['store'], index: number) => store.row(index)?.results.a?.decision;

test('rows are fetched as they are looked at, and counted', async () => {
  const { store } = opened(items(950));
  await vi.waitFor(() => expect(store.snapshot()).toMatchObject({ total: 1000, rows: 950, models: ['a'] }));
  store.see(600, 620);
  await vi.waitFor(() => expect(store.row(610)?.name).toBe('Item 610'));
  store.close();
});

test('a result fills its cell in place, and says what differs', async () => {
  const { store } = opened(items(10));
  await vi.waitFor(() => expect(store.row(3)).toBeDefined());
  const other = store.row(4);
  const told = vi.fn();
  store.subscribe(told);
  store.hear(news({ results: [landed(3), landed(5), landed(3, { dataset_id: 'other', cell: cell('Maybe') })] }));
  expect(store.row(3)).toMatchObject({ differs: true, diff_fields: ['x'] });
  expect([decisionAt(store, 3), decisionAt(store, 5)]).toEqual(['No', 'No']);
  expect(store.row(4)).toBe(other);
  expect(told).toHaveBeenCalledTimes(1);
  expect(store.snapshot().missed).toBe(0);
  store.close();
});

test('in a filtered view nothing moves; what came is counted until the rows are chosen anew', async () => {
  const { store, server } = opened(items(10), { plain: false });
  await vi.waitFor(() => expect(store.row(3)).toBeDefined());
  server.all = [item(99), ...items(10).slice(1)];
  store.hear(news({ results: [landed(3), landed(99)], behind: true }));
  expect(store.snapshot().missed).toBe(2);
  await vi.waitFor(() => expect(store.row(10)?.candidate_id).toBe('c99'));
  expect(store.row(0)?.candidate_id).toBe('c0');
  store.renew();
  await vi.waitFor(() => expect(store.row(0)?.candidate_id).toBe('c99'));
  expect(store.snapshot()).toMatchObject({ missed: 0, rows: 10 });
  store.close();
});

test('a model that is new becomes a column by itself', async () => {
  const { store, server } = opened(items(10));
  await vi.waitFor(() => expect(store.row(3)).toBeDefined());
  server.models = ['a', 'b'];
  store.hear(news({ results: [landed(3, { model_id: 'b' })] }));
  await vi.waitFor(() => expect(store.snapshot().models).toEqual(['a', 'b']), { timeout: 5000 });
  store.close();
});

test('when runs of its dataset are others, the columns follow; what that does to a filter is counted', async () => {
  for (const plain of [true, false]) {
    const { store, server } = opened(items(10), { plain, models: ['a', 'b'] });
    await vi.waitFor(() => expect(store.row(3)).toBeDefined());
    const asked = server.asked;
    server.models = ['a'];
    store.hear(news({ runs: new Set(['another']), datasets: true }));
    store.hear(news({ runs: new Set(['ds', 'another']) }));
    await vi.waitFor(() => expect(store.snapshot().models).toEqual(['a']), { timeout: 5000 });
    expect(server.asked).toBe(asked + 1);
    expect(store.snapshot().missed).toBe(plain ? 0 : 1);
    store.renew();
    await vi.waitFor(() => expect(server.asked).toBe(asked + 2));
    expect(store.snapshot().missed).toBe(0);
    store.close();
  }
});

test('what was removed while the connection was away is found out when it is back', async () => {
  const { store, server } = opened(items(10), { models: ['a', 'b'] });
  await vi.waitFor(() => expect(store.row(3)).toBeDefined());
  server.models = ['a'];
  store.hear(news({ returned: true }));
  await vi.waitFor(() => expect(store.snapshot().models).toEqual(['a']));
  store.close();
});

test('an annotation is shown at once, and can be taken back', async () => {
  const { store } = opened(items(10));
  await vi.waitFor(() => expect(store.row(3)).toBeDefined());
  const takeBack = store.annotate({ candidateId: 'c3', modelId: 'a', kind: 'golden' });
  expect(store.row(3)?.results.a?.annotation).toBe('golden');
  takeBack();
  expect(store.row(3)?.results.a?.annotation).toBeNull();
  store.hear(news({ annotations: [{ dataset_id: 'ds', candidate_id: 'c3', model_id: 'a', kind: 'wrong' }] }));
  expect(store.row(3)?.results.a?.annotation).toBe('wrong');
  store.close();
});

test('the next difference is found beyond what is in memory, and the one before', async () => {
  const { store } = opened(items(2000));
  await vi.waitFor(() => expect(store.row(3)).toBeDefined());
  expect(await store.find(0, 1, ({ differs }) => differs)).toBe(7);
  expect(await store.find(7, 1, ({ differs }) => differs)).toBe(257);
  expect(await store.find(1400, -1, ({ differs }) => differs)).toBe(1257);
  expect(await store.find(0, -1, ({ differs }) => differs)).toBeNull();
  expect(await store.find(0, 1, ({ name }) => name === 'nobody')).toBeNull();
  store.close();
});

test('while the server is away the rows stay, and the next ones come once it is back', async () => {
  const { store, server } = opened(items(950));
  await vi.waitFor(() => expect(store.row(3)).toBeDefined());
  server.down = true;
  store.see(600, 620);
  await vi.waitFor(() => expect(store.snapshot().error?.message).toBe('away'));
  expect(store.row(3)).toBeDefined();
  server.down = false;
  await vi.waitFor(() => expect(store.row(610)).toBeDefined(), { timeout: 5000 });
  expect(store.snapshot().error).toBeNull();
  store.close();
});

test('what the server refuses is not asked again by itself', async () => {
  const asked = vi.fn(async () => {
    throw Object.assign(new Error('no such model'), { status: 400 });
  });
  const store = createGridStore({ datasetId: 'ds', plain: true, chosen: true, fetchPage: asked });
  store.open();
  await vi.waitFor(() => expect(store.snapshot().error?.message).toBe('no such model'));
  store.see(0, 10);
  store.open();
  expect(asked).toHaveBeenCalledTimes(1);
  store.close();
});
