/** The files of a judge run: judged_results.jsonl, failures.jsonl and summary.json, streamed from the store. */

import { Readable } from 'node:stream';
import type { Database } from '../../db/database.ts';
import { type JudgeRunRow, selectJudgeRun } from '../passes/judge-run-row.ts';
import { listJudgments } from './list-judgments.ts';
import { summaryOf } from './summary.ts';

export const judgeFiles = ['judged_results.jsonl', 'failures.jsonl', 'summary.json'] as const;
export type JudgeFile = (typeof judgeFiles)[number];

const pageRows = 500;

/** Failures are the answers below the threshold, and those without a usable verdict. @throws AssayError not_found */
export async function judgeFile(
  db: Database,
  userId: string,
  of: { id: string; file: JudgeFile; threshold?: number },
): Promise<Readable> {
  const run = await db.asUser(userId, (q) => selectJudgeRun(q, of.id));
  const threshold = of.threshold ?? run.threshold;
  if (of.file === 'summary.json') {
    const summary = await db.asUser(userId, (q) => summaryOf(q, run, threshold));
    return Readable.from([`${JSON.stringify(summary, null, 2)}\n`]);
  }
  return Readable.from(lines(db, run, { threshold, failures: of.file === 'failures.jsonl' }));
}

async function* lines(
  db: Database,
  run: JudgeRunRow,
  of: { threshold: number; failures: boolean },
): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const query = { judge_run_id: run.judge_run_id, threshold: of.threshold, show: 'all', part: 'verdict' } as const;
    const page = await db.asUser(run.user_id, (q) =>
      listJudgments(q, run, { ...query, limit: pageRows, ...(after === undefined ? {} : { after }) }),
    );
    const chosen = of.failures ? page.data.filter((one) => one.pass !== true) : page.data;
    if (chosen.length > 0) yield chosen.map((one) => `${JSON.stringify(one)}\n`).join('');
    if (page.next === null) return;
    after = page.next;
  }
}
