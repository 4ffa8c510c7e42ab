/** Which chunk of a batch each worker takes: its own part one after another, while users and deadlines keep their turns. */

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chunkId, openWalk, placeIn, type Walk } from '../../src/scheduler/affinity.ts';
import { type HeldJob, queueName } from '../../src/scheduler/queue.ts';
import { chunksOf, lines, query, startBatch } from '../batches/seed.ts';
import { seededRandom } from '../harness/random.ts';
import { jobsOf, openWorkplace, type Workplace } from './workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace('affinity');
});
afterAll(() => place.end());

/** A batch of a new user, one row a chunk, in `queue` or in one of its own. */
async function batchOf(chunks: number, options: { queue?: string; metadata?: Record<string, string> } = {}) {
  const userId = `user-${Math.random().toString(36).slice(2)}`;
  await query(place, `insert into users (user_id, display_name) values ($1, 'x')`, [userId]);
  const { metadata } = options;
  const { id } = await startBatch(place, lines(chunks), { userId, chunkRows: 1, ...(metadata ? { metadata } : {}) });
  const queue = options.queue ?? queueName(userId, 'm');
  await query(place, 'update chunks set queue = $1 where batch_id = $2', [queue, id]);
  await place.queue.fill(id);
  const ids = (await chunksOf(place, id)).map((chunk) => chunk.chunk_id);
  return { id, queue, ordinalOf: (job: HeldJob) => ids.indexOf(job.id) };
}

async function done(queue: string, job: HeldJob): Promise<void> {
  await query(place, `update chunks set state = 'done' where chunk_id = $1`, [job.id]);
  await place.queue.done(queue, [job]);
}

/** Workers that hold two chunks each, of which the older ends whenever `next` names its worker. Gives what each took. */
async function walked(batch: { queue: string; ordinalOf(job: HeldJob): number }, walks: (Walk | undefined)[]) {
  const random = seededRandom(7);
  const taken = walks.map(() => [] as number[]);
  const held = walks.map(() => [] as HeldJob[]);
  const left = new Set(walks.keys());
  while (left.size > 0) {
    const who = [...left][Math.floor(random() * left.size)]!;
    if (held[who]!.length === 2) await done(batch.queue, held[who]!.shift()!);
    const [job] = await place.queue.take(batch.queue, 1, walks[who]);
    if (job === undefined) left.delete(who);
    else {
      held[who]!.push(job);
      taken[who]!.push(batch.ordinalOf(job));
    }
  }
  return taken;
}

test('the id of a chunk is made of its place, alike in the database and here', async () => {
  const hex = createHash('sha256').update('batch_x:12').digest('hex').slice(0, 32);
  expect(chunkId('batch_x', 12).replaceAll('-', '')).toBe(hex);
  const batch = await batchOf(3);
  const chunks = await chunksOf(place, batch.id);
  expect(chunks.map((chunk) => chunk.chunk_id)).toEqual([0, 1, 2].map((ordinal) => chunkId(batch.id, ordinal)));
});

test('one worker takes a batch in its order, however many at once, and looks for no place', async () => {
  const batch = await batchOf(20);
  const walk = openWalk();
  const order: number[] = [];
  for (const count of [1, 5, 3, 16, 1]) {
    order.push(...(await place.queue.take(batch.queue, count, walk)).map(batch.ordinalOf));
  }
  expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test('each further worker begins in the middle of the longest free part and goes on from there', async () => {
  const batch = await batchOf(64);
  const [a, b, c] = [openWalk(), openWalk(), openWalk()];
  const take = async (walk: Walk, count = 1) => (await place.queue.take(batch.queue, count, walk)).map(batch.ordinalOf);
  expect(await take(a, 2)).toEqual([0, 1]);
  expect(await take(b)).toEqual([33]);
  expect(await take(a, 3)).toEqual([2, 3, 4]);
  expect(await take(b, 2)).toEqual([34, 35]);
  expect(await take(c)).toEqual([19]);
  expect(await take(a, 14)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
  // Its way is taken: the longest free part is the one before b.
  expect(await take(a)).toEqual([50]);
});

test.each([
  { seen: 'all free, one comes', open: [1, 1, 1, 1, 1, 1], held: [9], place: 13 },
  { seen: 'all free, nobody comes', open: [1, 1, 1, 1], held: [], place: 10 },
  { seen: 'two parts', open: [1, 1, 0, 1, 1, 1], held: [], place: 13 },
  { seen: 'two parts, one comes to the longer', open: [1, 1, 1, 1, 1, 1], held: [12], place: 14 },
  { seen: 'one left', open: [0, 0, 1], held: [11], place: 12 },
  { seen: 'none free', open: [1, 0, 1], held: [10, 12], place: null },
  { seen: 'none open', open: [], held: [], place: null },
])('where one begins: $seen', ({ open, held, place: expected }) => {
  const places = open.map((one, at) => ({ ordinal: 10 + at, open: one === 1 }));
  expect(placeIn(places, held)).toBe(expected);
});

test('of a batch of many chunks some places are looked at, which lie in its free part', async () => {
  const batch = await batchOf(700);
  const [a, b] = [openWalk(), openWalk()];
  await place.queue.take(batch.queue, 1, a);
  const [first] = await place.queue.take(batch.queue, 1, b);
  expect(batch.ordinalOf(first!)).toBeGreaterThan(340);
  expect(batch.ordinalOf(first!)).toBeLessThan(360);
  expect((await place.queue.take(batch.queue, 3, b)).map(batch.ordinalOf)).toEqual(
    [1, 2, 3].map((more) => batch.ordinalOf(first!) + more),
  );
});

test('a part that nobody comes near is begun at its beginning', async () => {
  const batch = await batchOf(10);
  const [first] = await place.queue.take(batch.queue, 1, openWalk());
  await done(batch.queue, first!);
  expect((await place.queue.take(batch.queue, 2, openWalk())).map(batch.ordinalOf)).toEqual([1, 2]);
});

test('4 workers over 20 groups of 6 chunks: each group is begun by hardly more than one, in plain order by all', async () => {
  const groups = 20;
  const begun = (taken: number[][]) =>
    taken
      .map((ordinals) => ordinals.map((ordinal) => Math.floor(ordinal / 6)))
      .reduce((sum, own) => sum + own.filter((group, at) => group !== own[at - 1]).length, 0);
  const near = await walked(await batchOf(groups * 6), [openWalk(), openWalk(), openWalk(), openWalk()]);
  const plain = await walked(await batchOf(groups * 6), [undefined, undefined, undefined, undefined]);
  for (const taken of [near, plain]) expect(taken.flat().toSorted((a, b) => a - b)).toEqual([...Array(120).keys()]);
  expect(begun(plain)).toBeGreaterThan(groups * 2.5);
  expect(begun(near)).toBeLessThan(groups * 1.7);
  console.log(`groups begun by 4 workers over ${groups}: ${begun(near)} near, ${begun(plain)} plain`);
});

test('users keep their turns: the batch that is due gives the chunk, wherever the worker is in it', async () => {
  const queue = queueName('', 'affinity-turns');
  const long = await batchOf(30, { queue });
  const walks = [openWalk(), openWalk(), openWalk()];
  for (const walk of walks) await place.queue.take(queue, 2, walk);
  const short = await batchOf(6, { queue });
  const high = await batchOf(2, { queue, metadata: { assay_priority: '1' } });
  const order: string[] = [];
  for (let at = 0; at < 14; at++) {
    const [job] = await place.queue.take(queue, 1, walks[at % 3]);
    order.push([long, short, high].map((batch, name) => (batch.ordinalOf(job!) < 0 ? '' : 'lsh'[name])).join(''));
    await done(queue, job!);
  }
  expect(order.slice(0, 2)).toEqual(['h', 'h']);
  // The chunks that are held count as turns that were taken.
  const shorts = order.slice(2, 8).filter((name) => name === 's').length;
  expect(shorts).toBeGreaterThanOrEqual(3);
  expect(order.filter((name) => name === 's')).toHaveLength(6);
});

test('many workers at once take each chunk once; given back it keeps its turn, and late words are not heard', async () => {
  const batch = await batchOf(120);
  const taken = (
    await Promise.all(Array.from({ length: 12 }, () => place.queue.take(batch.queue, 10, openWalk())))
  ).flat();
  const ordinals = taken.map(batch.ordinalOf);
  expect(new Set(ordinals).size).toBe(ordinals.length);
  expect(ordinals.length).toBeGreaterThan(100);
  const walk = openWalk();
  await place.queue.giveBack(batch.queue, [taken[0]!.id]);
  let again: HeldJob | undefined;
  for (let jobs = await place.queue.take(batch.queue, 1, walk); jobs.length > 0; ) {
    if (jobs[0]!.id === taken[0]!.id) again = jobs[0];
    jobs = await place.queue.take(batch.queue, 1, walk);
  }
  expect(again!.retryCount).toBeGreaterThan(taken[0]!.retryCount);
  await place.queue.done(batch.queue, [taken[0]!]);
  expect(await jobsOf(place, batch.id)).toEqual({ active: 120 });
});

test('a chunk that a worker lost is taken next, by any other, who then goes on in its own part', async () => {
  const batch = await batchOf(40);
  const [a, b] = [openWalk(), openWalk()];
  const [lost] = await place.queue.take(batch.queue, 3, a);
  const [first] = await place.queue.take(batch.queue, 1, b);
  expect(batch.ordinalOf(first!)).toBe(21);
  await place.queue.giveBack(batch.queue, [lost!.id]);
  expect((await place.queue.take(batch.queue, 3, b)).map(batch.ordinalOf)).toEqual([0, 22, 23]);
});

test('a chunk whose id says nothing of its place is taken in plain order', async () => {
  const batch = await batchOf(6);
  await place.owner.query('delete from pgboss.job where name = $1', [batch.queue]);
  await query(place, 'update chunks set chunk_id = gen_random_uuid() where batch_id = $1', [batch.id]);
  await place.queue.fill(batch.id);
  const ids = (await chunksOf(place, batch.id)).map((chunk) => chunk.chunk_id);
  const [a, b] = [openWalk(), openWalk()];
  const order: string[] = [];
  for (const walk of [a, b, a, b, b, a]) order.push((await place.queue.take(batch.queue, 1, walk))[0]!.id);
  expect(order.map((id) => ids.indexOf(id))).toEqual([0, 1, 2, 3, 4, 5]);
});
