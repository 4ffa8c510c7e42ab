/** Counts what a push has done, and how fast of late. */

import type { PushRecord } from '../rows.ts';
import type { PushMemory } from './push-work.ts';

/** ms that the rate is of, at most. */
const rateMs = 60_000;

/** `tasks` more are done. */
export function markProgress(record: PushRecord, memory: PushMemory, tasks: number): void {
  if (tasks === 0) return;
  record.done += tasks;
  const now = Date.now();
  if (memory.marks.length === 0) memory.marks.push({ at: memory.since, done: record.done - tasks });
  memory.marks.push({ at: now, done: record.done });
  while (memory.marks.length > 2 && now - memory.marks[1]!.at > rateMs) memory.marks.shift();
  const first = memory.marks[0]!;
  record.per_second = now > first.at ? ((record.done - first.done) * 1000) / (now - first.at) : null;
}
