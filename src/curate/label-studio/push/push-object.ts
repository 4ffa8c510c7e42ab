/** Shows a push as the API tells it. */

import type { PushObject } from '../../../contracts/label-studio.ts';
import type { PushRecord } from '../rows.ts';

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Rate and time left only while it runs and does not wait. */
export function pushObject(record: PushRecord): PushObject {
  const rate =
    record.state === 'running' && record.per_second !== null && record.per_second > 0 ? record.per_second : null;
  return {
    state: record.state,
    select: record.select,
    limit: record.limit,
    total: record.total,
    done: record.done,
    updated: record.updated,
    unchanged: record.unchanged,
    kept: record.kept,
    per_second: rate === null ? null : Math.round(rate * 10) / 10,
    seconds_left: rate === null ? null : Math.ceil((record.total - record.done) / rate),
    problem: record.problem,
    started_at: seconds(record.started_at),
    ended_at: record.ended_at === null ? null : seconds(record.ended_at),
  };
}
