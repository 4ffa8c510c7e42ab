/** What a worker tells of each batch: rows in flight and the present speed. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openActivity } from '../../src/scheduler/activity.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const row = { promptTokens: 10, completionTokens: 2 };

test('rows in flight, and rows and tokens a second', () => {
  const activity = openActivity();
  for (let second = 0; second < 5; second++) {
    for (let i = 0; i < 4; i++) {
      activity.started('b');
      activity.ended('b');
      activity.landed('b', row);
    }
    if (second < 4) vi.advanceTimersByTime(1000);
  }
  activity.started('b');
  activity.landed('c', { promptTokens: null, completionTokens: null });
  const { b, c } = activity.snapshot();
  expect(b).toEqual({ in_flight: 1, rows_per_s: 4, prompt_tokens_per_s: 40, completion_tokens_per_s: 8 });
  expect(c).toEqual({ in_flight: 0, rows_per_s: 1, prompt_tokens_per_s: 0, completion_tokens_per_s: 0 });
});

test('what is long past does not count', () => {
  const activity = openActivity();
  for (let i = 0; i < 1000; i++) activity.landed('b', row);
  vi.advanceTimersByTime(3_600_000);
  expect(activity.snapshot().b).toMatchObject({ rows_per_s: 0 });
});

test('a batch that is forgotten stays forgotten, though rows of it end afterwards', () => {
  const activity = openActivity();
  activity.started('b');
  activity.forget('b');
  activity.ended('b');
  expect(activity.snapshot()).toEqual({});
});
