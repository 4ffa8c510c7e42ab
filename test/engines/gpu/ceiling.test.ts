/** The learned ceiling on a real database: what raises it, what lowers it, whose it is, who may forget it. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tokenCeiling } from '../../../src/contracts/gpu.ts';
import { type Database, openDatabase } from '../../../src/db/database.ts';
import { type CeilingModel, openCeilings } from '../../../src/engines/gpu/ceiling.ts';
import { type FreshDatabase, freshDatabase } from '../../harness/database.ts';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase('ceilings');
  database = openDatabase({ url: fresh.url, max: 2 });
});
afterAll(async () => {
  await database?.close();
  await fresh?.drop();
});

const own = (userId: string, id: string): CeilingModel => ({ userId, id, scope: 'user' });
const shared = (userId: string, id: string): CeilingModel => ({ userId, id, scope: 'shared' });
const card = 'NVIDIA GeForce RTX 4080 SUPER';
const open = () => openCeilings({ database, share: 0.9 });

describe('what is learned', () => {
  test('nothing limits a model until its card was full once; then 90 % of what was seen to fit', async () => {
    const ceilings = open();
    const model = own('u1', 'learns');
    expect(await ceilings.ceilingOf(model, card)).toBeNull();
    for (const tokens of [4000, 9000, 7000]) await ceilings.noteSafe(model, card, tokens);
    expect(await ceilings.ceilingOf(model, card)).toBeNull();
    await ceilings.noteFull(model, card, 12_000);
    expect(await ceilings.ceilingOf(model, card)).toBe(8100);
    // It is kept: another process reads the same.
    expect(await open().ceilingOf(model, card)).toBe(8100);
  });

  test('what fitted once and then filled the card counts no more', async () => {
    const ceilings = open();
    const model = own('u1', 'lowers');
    await ceilings.noteSafe(model, card, 10_000);
    await ceilings.noteFull(model, card, 6000);
    expect(await ceilings.ceilingOf(model, card)).toBe(5400);
    await ceilings.noteFull(model, card, 8000);
    await ceilings.noteSafe(model, card, 9000);
    const [found] = (await ceilings.list('u1'))({ id: 'lowers', scope: 'user' });
    expect(tokenCeiling.parse(found)).toEqual({ card, safe_tokens: 6000, full_tokens: 6000, ceiling_tokens: 5400 });
  });

  test('a card that was full before anything was seen to fit has a ceiling too; each card its own', async () => {
    const ceilings = open();
    const model = own('u1', 'cards');
    await ceilings.noteFull(model, card, 1000);
    await ceilings.noteSafe(model, 'NVIDIA H200', 50_000);
    expect([await ceilings.ceilingOf(model, card), await ceilings.ceilingOf(model, 'NVIDIA H200')]).toEqual([
      900,
      null,
    ]);
    expect(await ceilings.reset(model, card)).toBe(1);
    const left = (await ceilings.list('u1'))({ id: 'cards', scope: 'user' });
    expect(left.map((one) => one.card)).toEqual(['NVIDIA H200']);
  });
});

describe('whose it is', () => {
  test('two users with a model of one name do not see, use or forget what the other learned', async () => {
    const ceilings = open();
    await ceilings.noteFull(own('u1', 'same'), card, 1000);
    expect(await ceilings.ceilingOf(own('u2', 'same'), card)).toBeNull();
    expect((await ceilings.list('u2'))({ id: 'same', scope: 'user' })).toEqual([]);
    expect(await ceilings.reset(own('u2', 'same'))).toBe(0);
    expect(await ceilings.ceilingOf(own('u1', 'same'), card)).toBe(900);
  });

  test('that of a shared model counts for all; only who runs the server may reset it', async () => {
    const ceilings = open();
    await ceilings.noteFull(shared('u1', 'smollm2-135m'), card, 2000);
    expect(await ceilings.ceilingOf(shared('u2', 'smollm2-135m'), card)).toBe(1800);
    expect((await ceilings.list('u2'))({ id: 'smollm2-135m', scope: 'shared' })).toHaveLength(1);
    expect((await ceilings.list('u2'))({ id: 'smollm2-135m', scope: 'user' })).toEqual([]);
    await expect(ceilings.reset(shared('u2', 'smollm2-135m'))).rejects.toMatchObject({ code: 'conflict' });
    expect(await ceilings.reset(shared('local', 'smollm2-135m'))).toBe(1);
    expect(await ceilings.ceilingOf(shared('u1', 'smollm2-135m'), card)).toBeNull();
  });
});
