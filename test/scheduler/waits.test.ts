/** Why a batch makes no progress, in words, and since when. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { queueName } from '../../src/scheduler/queue.ts';
import { openWaits, type WaitSources } from '../../src/scheduler/waits.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const batch = { batchId: 'b', userId: 'u', model: 'm', status: 'in_progress' };
const report = (more = {}) => ({ batches: {}, models: {}, modelIds: {}, storage: null, ...more });
function waits(more: Partial<WaitSources> = {}) {
  return openWaits({
    report: () => report(),
    alive: () => true,
    nobody: 'the worker is being started',
    intakeProblem: () => null,
    engines: () => [],
    ...more,
  });
}

test('nothing waits', () => {
  expect(waits().of(batch)).toBeNull();
  expect(waits().of({ ...batch, model: null })).toBeNull();
  expect(waits().of({ ...batch, status: 'validating' })).toBeNull();
});

test.each<[string, Partial<WaitSources>, object, RegExp]>([
  ['the intake', { intakeProblem: () => 'No room left on the disk' }, { status: 'validating' }, /No room left/],
  ['a worker that is not up', { alive: () => false }, {}, /worker is being started/],
  ['a worker without a report', { report: () => null }, {}, /worker is being started/],
  ['results that cannot be committed', { report: () => report({ storage: 'disk full' }) }, {}, /disk full/],
  [
    'an engine that is down',
    { report: () => report({ models: { [queueName('', 'm')]: 'down', n: 'x' } }) },
    {},
    /^down$/,
  ],
  ['the engine of an own model', { report: () => report({ models: { [queueName('u', 'm')]: 'mine' } }) }, {}, /^mine$/],
  [
    'a download',
    { engines: () => [{ id: 'm', state: 'downloading', progress: { bytes: 25e6, total: 100e6 } }] },
    {},
    /25 % of 100 MB/,
  ],
  [
    'a download of unknown length',
    { engines: () => [{ id: 'm', state: 'downloading', progress: { bytes: 5, total: null } }] },
    {},
    /m is being downloaded$/,
  ],
])('%s', (...[, sources, more, reason]) => {
  expect(waits(sources).of({ ...batch, ...more })!.reason).toMatch(reason);
});

test('the time is that of the first look at the same reason, though numbers in it move', () => {
  let bytes = 10e6;
  let state = 'downloading';
  const watched = waits({ engines: () => [{ id: 'm', state, progress: { bytes, total: 100e6 } }] });
  expect(watched.of(batch)).toMatchObject({ since: 1_000_000 });
  vi.advanceTimersByTime(5000);
  bytes = 50e6;
  expect(watched.of(batch)).toEqual({ since: 1_000_000, reason: 'model m is being downloaded (50 % of 100 MB)' });
  state = 'ready';
  expect(watched.of(batch)).toBeNull();
  vi.advanceTimersByTime(5000);
  state = 'downloading';
  expect(watched.of(batch)).toMatchObject({ since: 1_000_010 });
});
