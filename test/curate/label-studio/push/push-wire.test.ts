/** Tests that a push goes through on the wire: to the fake Label Studio that answers over HTTP, which is stopped in mid-push. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLabelStudioClient } from '../../../../src/curate/label-studio/wire/open-client.ts';
import { type FakeLabelStudio, startFakeLabelStudio } from '../../../harness/fake-label-studio.ts';
import { addRun, type Bench, openBench } from '../../seed.ts';
import { decision, mapping, pushBench, until } from './push-bench.ts';

let bench: Bench;
let fake: FakeLabelStudio;
beforeAll(async () => {
  [bench, fake] = await Promise.all([openBench('push_wire'), startFakeLabelStudio()]);
});
afterAll(async () => {
  await fake.close();
  await bench.end();
});

const config = `<View><Text name="prompt" value="$${mapping.input_field}"/>${mapping.slots
  .map(
    (slot) => `<Text name="answer_${slot}" value="$answer_${slot}"/>
      <Choices name="verdict_${slot}" toName="answer_${slot}"><Choice value="golden"/><Choice value="fix"/><Choice value="wrong"/></Choices>
      <TextArea name="fix_${slot}" toName="answer_${slot}"/>`,
  )
  .join('')}</View>`;

test('500 items, an answer lost, Label Studio stopped and started again; then a changed answer, blind', async () => {
  const client = openLabelStudioClient({ baseUrl: fake.url, token: fake.personalToken, timeoutMs: 10_000, tries: 1 });
  const remoteId = await client.createProject({ title: 'Pushed', labelConfig: config, modelVersion: 'assay' });
  const of = await pushBench(bench, { client }, { count: 500, batchTasks: 20, blind: true, remoteId });
  const pushes = of.open();
  const items = () => [...fake.store.tasks.values()].map(({ data }) => data.assay_item);
  fake.failNext(1, 'drop', /\/import$/);
  await of.start(pushes);
  await until(
    async () => items().length,
    (there) => there >= 100,
  );
  await fake.refuse();
  await until(of.state, ({ problem }) => problem !== null);
  await fake.listen();
  expect(await of.ended()).toMatchObject({ state: 'completed', total: 500, done: 500, problem: null });
  expect(items().sort()).toEqual([...of.seeded.ids].sort());
  // No word of the models' names leaves the house.
  expect(JSON.stringify([...fake.store.tasks.values(), ...fake.store.predictions.values()])).not.toMatch(/m-one|m-two/);

  const { datasetId, versionId } = of.seeded;
  const answers = of.seeded.ids.map((_, ordinal) => ({
    ordinal,
    content: decision(ordinal === 1 ? 'perhaps' : ordinal % 3 === 0 ? 'no' : 'yes'),
  }));
  await addRun(bench, { userId: 'local', datasetId, versionId, model: 'm-two' }, answers);
  expect(await of.push(pushes)).toMatchObject({ state: 'completed', done: 500, updated: 1, unchanged: 499, kept: 0 });
  const changed = [...fake.store.tasks.values()].find(({ data }) => data.assay_item === 'item-1')!;
  expect(Object.values(changed.data)).toContain(decision('perhaps'));
  expect([...fake.store.predictions.values()].filter(({ task }) => task === changed.id)).toHaveLength(1);
  await pushes.stop();
});
