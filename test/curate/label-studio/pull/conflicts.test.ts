/** Tests what becomes of answers of which both sides have said something: nobody's word is lost without a person's choice. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAnswers } from '../../../../src/curate/label-studio/pull/open-answers.ts';
import { type FakeLabelStudio, startFakeLabelStudio } from '../../../harness/fake-label-studio.ts';
import { type Bench, failure, openBench } from '../../seed.ts';
import { decision, pullBench } from './pull-bench.ts';

let bench: Bench;
let fake: FakeLabelStudio;
beforeAll(async () => {
  bench = await openBench('label_conflicts');
  fake = await startFakeLabelStudio();
});
afterAll(async () => {
  await fake.close();
  await bench.end();
});

test('changed on both sides: nothing is written, the newest is proposed, and a person chooses', async () => {
  const of = await pullBench({ bench, fake });
  const ids: Record<string, number> = {};
  for (const item of ['i-1', 'i-2', 'i-3']) ids[item] = await of.annotate('ann@x.org', item, { 'm-one': 'golden' });
  await of.pull();
  await of.say('wrong', 'i-1', { model_id: 'm-one' });
  await of.change(ids['i-1']!, 'i-1', { 'm-one': { fix: decision('maybe') } });
  await sleep(1100);
  await of.change(ids['i-2']!, 'i-2', { 'm-one': { fix: decision('maybe') } });
  await of.say('wrong', 'i-2', { model_id: 'm-one' });
  // The same on both sides is no conflict, and a change here alone is none.
  await of.say('wrong', 'i-3', { model_id: 'm-one' });
  expect(await of.pull()).toMatchObject({ updated: 2, applied: 0, conflicts: 2 });
  await of.change(ids['i-3']!, 'i-3', { 'm-one': 'wrong' });
  expect(await of.pull()).toMatchObject({ updated: 1, applied: 1, conflicts: 0 });
  expect(await of.here('i-3', 'm-one')).toMatchObject({ kind: 'wrong', annotator: 'The local user' });

  const open = await of.open();
  expect(open).toMatchObject([
    {
      candidate_id: 'i-1',
      state: 'conflict',
      theirs: { kind: 'fix', content: decision('maybe'), annotators: ['ann@x.org'] },
      ours: { kind: 'wrong', annotators: ['The local user'] },
      proposed: 'theirs',
    },
    { candidate_id: 'i-2', state: 'conflict', proposed: 'ours' },
  ]);
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: 'wrong' });
  await of.resolve('i-1', 'm-one', { keep: 'theirs' });
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: 'fix', annotator: 'ann@x.org' });
  await of.resolve('i-2', 'm-one', { keep: 'ours' });
  expect(await of.here('i-2', 'm-one')).toMatchObject({ kind: 'wrong', annotator: 'The local user' });
  expect([await of.open(), (await of.pull()).conflicts]).toEqual([[], 0]);
  // After the choice, what is said there next is taken again.
  await of.change(ids['i-2']!, 'i-2', { 'm-one': 'golden' });
  expect(await of.pull()).toMatchObject({ applied: 1, conflicts: 0 });
  expect(await of.here('i-2', 'm-one')).toMatchObject({ kind: 'golden', annotator: 'ann@x.org' });
});

test('deleted there and changed here is a conflict with nothing; either side can be kept', async () => {
  const of = await pullBench({ bench, fake });
  const ids = [];
  for (const item of ['i-1', 'i-2', 'i-3']) ids.push(await of.annotate('ann@x.org', item, { 'm-one': 'golden' }));
  await of.pull();
  await of.say('wrong', 'i-1', { model_id: 'm-one' });
  await of.say('wrong', 'i-2', { model_id: 'm-one' });
  await of.clear('golden', 'i-3', 'm-one');
  for (const id of ids) await fake.deleteAnnotation(id);
  expect(await of.pull()).toMatchObject({ deleted: 3, conflicts: 2 });
  expect(await of.open()).toMatchObject([
    { candidate_id: 'i-1', theirs: { kind: null, annotators: ['ann@x.org'] }, ours: { kind: 'wrong' }, each: [] },
    { candidate_id: 'i-2' },
  ]);
  await of.resolve('i-1', 'm-one', { keep: 'ours' });
  await of.resolve('i-2', 'm-one', { keep: 'theirs' });
  expect((await of.here('i-1', 'm-one'))!.kind).toBe('wrong');
  expect((await of.here('i-2', 'm-one'))!.kind).toBeNull();
  expect(await of.open()).toEqual([]);
});

test('taken back here and changed there is a conflict; changed here alone never is', async () => {
  const of = await pullBench({ bench, fake });
  const id = await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden', 'm-two': 'wrong' });
  await of.pull();
  await of.clear('golden', 'i-1', 'm-one');
  await of.say('golden', 'i-1', { model_id: 'm-two' });
  await of.change(id, 'i-1', { 'm-one': 'wrong', 'm-two': 'wrong' });
  expect(await of.pull()).toMatchObject({ conflicts: 1, applied: 0 });
  expect((await of.open())[0]).toMatchObject({ model_id: 'm-one', theirs: { kind: 'wrong' }, ours: { kind: null } });
  expect(await of.here('i-1', 'm-two')).toMatchObject({ kind: 'golden', annotator: 'The local user' });
});

test('what was said here before the task was sent has been seen there; what was said after it has not', async () => {
  const of = await pullBench({ bench, fake });
  await of.say('golden', 'i-1', { model_id: 'm-one' });
  await of.say('golden', 'i-2', { model_id: 'm-one' });
  await bench.db.asSystem((q) =>
    q.query(
      `update label_studio_tasks set sent_at = now() + interval '1 s' where project_id = $1 and item_id = 'i-1'`,
      [of.projectId],
    ),
  );
  await of.annotate('ann@x.org', 'i-1', { 'm-one': 'wrong' });
  await of.annotate('ann@x.org', 'i-2', { 'm-one': 'wrong' });
  expect(await of.pull()).toMatchObject({ applied: 1, conflicts: 1 });
  expect((await of.here('i-1', 'm-one'))!.kind).toBe('wrong');
  expect((await of.here('i-2', 'm-one'))!.kind).toBe('golden');
});

test('a word of here that annotators share stays here when they take theirs back', async () => {
  const of = await pullBench({ bench, fake });
  await of.say('golden', 'i-1', { model_id: 'm-one' });
  const id = await of.annotate('ann@x.org', 'i-1', { 'm-one': 'golden' });
  expect(await of.pull()).toMatchObject({ applied: 1, conflicts: 0 });
  await fake.deleteAnnotation(id);
  expect(await of.pull()).toMatchObject({ deleted: 1, conflicts: 0 });
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: 'golden', annotator: 'The local user' });
});

test('what waits comes in pages, is whose it is, and a choice names a word that there is', async () => {
  const of = await pullBench({ bench, fake }, { rule: 'review' });
  for (const item of ['i-1', 'i-2', 'i-3'])
    await of.annotate('ann@x.org', item, { 'm-one': 'golden', 'm-two': 'wrong' });
  expect(await of.pull()).toMatchObject({ in_review: 6 });
  const seen: string[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await bench.db.asUser('local', (q) => openAnswers(q, of.projectId, { after, limit: 4 }));
    seen.push(...page.data.map((one) => `${one.candidate_id} ${one.model_id}`));
    after = page.next ?? undefined;
    more = page.next !== null;
  }
  expect(seen).toEqual(['i-1', 'i-2', 'i-3'].flatMap((item) => [`${item} m-one`, `${item} m-two`]));
  const others = await bench.db.asUser('other', (q) => openAnswers(q, of.projectId, { limit: 4 }));
  expect(others.data).toEqual([]);
  expect(
    await failure(bench.db.asUser('local', (q) => openAnswers(q, of.projectId, { after: 'x', limit: 4 }))),
  ).toMatchObject({
    code: 'invalid_parameter',
  });
  expect(await failure(of.resolve('i-1', 'm-one', { keep: 'theirs' }))).toMatchObject({ code: 'invalid_parameter' });
  expect(await failure(of.resolve('i-1', 'm-one', { keep: 'annotator', annotator: 'eve@x.org' }))).toMatchObject({
    code: 'invalid_parameter',
    message: expect.stringContaining('ann@x.org'),
  });
  await of.resolve('i-1', 'm-one', { keep: 'annotator', annotator: 'ann@x.org' });
  expect(await of.here('i-1', 'm-one')).toMatchObject({ kind: 'golden', annotator: 'ann@x.org' });
});
