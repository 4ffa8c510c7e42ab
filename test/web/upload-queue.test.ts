/** Uploads go one after the other, with bytes, pace and end, and can be stopped, taken away and tried again. */

import { expect, test } from 'vitest';
import { uploadMeter } from '../../web/src/datasets/upload-meter.ts';
import { type Upload, type UploadedDataset, uploadQueue } from '../../web/src/datasets/upload-queue.ts';

const file = (name: string, size = 1000) => new File([new Uint8Array(size)], name);
const answered = (id: string, duplicateOf: string | null = null) =>
  ({ id, name: id, duplicate_of: duplicateOf }) as UploadedDataset;

interface Sent {
  upload: Upload;
  onProgress: (share: number) => void;
  signal: AbortSignal;
  resolve: (answer: UploadedDataset) => void;
  reject: (error: unknown) => void;
}

function started() {
  const sent: Sent[] = [];
  let time = 0;
  const queue = uploadQueue({
    now: () => time,
    send: (upload, on) =>
      new Promise((resolve, reject) => {
        on.signal.addEventListener('abort', () => reject(new Error('stopped')));
        sent.push({ upload, ...on, resolve, reject });
      }),
  });
  return { queue, sent, at: (ms: number) => (time = ms) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('files are sent one after the other, and the list says how far each is', async () => {
  const { queue, sent, at } = started();
  queue.add([file('a'), file('b')]);
  expect(queue.list().map(({ stage }) => stage)).toEqual(['sending', 'waiting']);
  at(1000);
  sent[0]!.onProgress(0.5);
  expect(queue.list()[0]).toMatchObject({ sent: 500, bytesPerSecond: 500, secondsLeft: 1 });
  sent[0]!.onProgress(1);
  expect(queue.list()[0]!.stage).toBe('reading');
  sent[0]!.resolve(answered('ds_a'));
  await settled();
  expect(queue.list().map(({ stage }) => stage)).toEqual(['done', 'sending']);
  expect(queue.list()[0]!.result?.id).toBe('ds_a');
});

test('what fails keeps its error, lets the next go on, and can be sent again', async () => {
  const { queue, sent } = started();
  queue.add([file('bad'), file('good')], 'ds_1');
  sent[0]!.reject(new Error('line 3, column 7: no'));
  await settled();
  expect(queue.list()[0]).toMatchObject({ stage: 'failed', error: new Error('line 3, column 7: no') });
  expect(sent[1]!.upload).toMatchObject({ versionOf: 'ds_1' });
  sent[1]!.resolve(answered('ds_1'));
  await settled();
  queue.retry(queue.list()[0]!.key);
  expect(sent[2]!.upload.file.name).toBe('bad');
  expect(queue.list()[0]).toMatchObject({ stage: 'sending', error: null });
});

test('taking away the one that runs stops it and starts the next', async () => {
  const { queue, sent } = started();
  queue.add([file('a'), file('b')]);
  queue.remove(queue.list()[0]!.key);
  await settled();
  expect(sent[0]!.signal.aborted).toBe(true);
  expect(queue.list().map(({ file, stage }) => [file.name, stage])).toEqual([['b', 'sending']]);
});

test('the pace is that of the last five seconds, and unknown at first', () => {
  const pace = uploadMeter(100_000);
  expect(pace(0, 0)).toEqual({ bytesPerSecond: null, secondsLeft: null });
  expect(pace(100, 100)).toEqual({ bytesPerSecond: null, secondsLeft: null });
  expect(pace(1000, 1000)).toEqual({ bytesPerSecond: 1000, secondsLeft: 99 });
  for (let second = 2; second <= 10; second += 1) pace(1000 + (second - 1) * 5000, second * 1000);
  expect(pace(51_000, 11_000).bytesPerSecond).toBe(5000);
  expect(pace(51_000, 12_000).secondsLeft).toBeCloseTo(49_000 / 4000);
});
