/** What is learned of a model on a card, from recorded readings as the card fills: on a real database, kept for the next run. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../../src/db/database.ts';
import { type CardWatch, namesOf, openCardWatch } from '../../../src/engines/gpu/card-watch.ts';
import { type CeilingModel, openCeilings } from '../../../src/engines/gpu/ceiling.ts';
import { parseNvidiaLine } from '../../../src/engines/gpu/nvidia.ts';
import type { Card } from '../../../src/engines/gpu/pressure.ts';
import { type FreshDatabase, freshDatabase, silentLog } from '../../harness/database.ts';
import { nvidia } from './recorded.ts';

let fresh: FreshDatabase;
let database: Database;
beforeAll(async () => {
  fresh = await freshDatabase('card_watch');
  database = openDatabase({ url: fresh.url, max: 2 });
});
afterAll(async () => {
  await database?.close();
  await fresh?.drop();
});

/** The recorded card, with `used` MiB in use where stated. */
function card(name: keyof typeof nvidia, used?: number): Card {
  const fields = nvidia[name].split(', ');
  if (used !== undefined) fields[4] = String(used);
  const reading = parseNvidiaLine(fields.join(', '))!;
  const { index, usedBytes: memory_used_bytes, totalBytes: memory_total_bytes } = reading;
  return { index, name: reading.name, memory_used_bytes, memory_total_bytes };
}

const recorded = 'GeForce RTX 4080 SUPER, driver 595.71.05';
const named = 'NVIDIA GeForce RTX 4080 SUPER';
const model = (id: string): CeilingModel => ({ userId: 'u1', id, scope: 'user' });
const ceilings = () => openCeilings({ database, share: 0.9 });

/** A watch of a run that now begins, over a card whose use the test sets. */
function watching(id: string) {
  const state = { used: 1474 as number | undefined };
  const watch = openCardWatch({
    ceilings: ceilings(),
    model: model(id),
    gpus: () => (state.used === undefined ? [] : [card(recorded, state.used)]),
    warningShare: 0.875,
    log: silentLog,
  });
  return { state, watch };
}

const learned = async (id: string) => (await ceilings().list('u1'))({ id, scope: 'user' })[0] ?? null;
const ceilingOf = (watch: CardWatch) => expect.poll(() => watch.ceiling());

test('tokens that fit are noted while the card has room, and the most in flight when it fills up; 90 % is let in', async () => {
  const { state, watch } = watching('fills');
  watch.holds(0);
  for (const [tokens, used] of [
    [4000, 6000],
    [9000, 11_000],
    [7000, 9000],
  ] as const) {
    state.used = used;
    watch.holds(tokens);
  }
  await expect.poll(async () => (await learned('fills'))?.safe_tokens).toBe(9000);
  expect(watch.ceiling()).toBeNull();
  state.used = 15_000;
  watch.holds(12_000);
  await ceilingOf(watch).toBe(8100);
  // It stays full while rows end: that fewer are in flight then says nothing.
  for (const tokens of [8000, 3000, 0]) watch.holds(tokens);
  state.used = 9000;
  watch.holds(5000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await learned('fills')).toMatchObject({ card: named, safe_tokens: 9000, full_tokens: 12_000 });

  const next = watching('fills');
  next.watch.holds(0);
  await ceilingOf(next.watch).toBe(8100);
});

test('an engine that runs out of memory has its ceiling at once', async () => {
  const { state, watch } = watching('dies');
  state.used = 14_000;
  watch.holds(6000);
  watch.outOfMemory(5000);
  await ceilingOf(watch).toBe(5400);
});

test('a card that something else had filled before teaches nothing, and neither does one that tells nothing, or none', async () => {
  const { state, watch } = watching('foreign');
  state.used = 15_500;
  for (const tokens of [1000, 5000]) watch.holds(tokens);
  state.used = undefined;
  watch.holds(5000);
  watch.outOfMemory(5000);
  expect([watch.name(), watch.ceiling()]).toEqual(['', null]);
  const silent = openCardWatch({
    ceilings: ceilings(),
    model: model('foreign'),
    gpus: () => [card('GB10 with unified memory, driver 580.159.03')],
    warningShare: 0.875,
    log: silentLog,
  });
  silent.holds(5000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await learned('foreign')).toBeNull();
  expect(silent.name()).toBe('NVIDIA GB10');
});

test('the cards beside an engine have one name', () => {
  const h100 = card('H100 under load, driver 590.48.01');
  expect(namesOf([])).toBe('');
  expect(namesOf([h100])).toBe('NVIDIA H100 80GB HBM3');
  expect(namesOf([h100, { ...h100, index: 1 }, card(recorded)])).toBe(`2 x NVIDIA H100 80GB HBM3 + ${named}`);
});
