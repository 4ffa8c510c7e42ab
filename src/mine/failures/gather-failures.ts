/** Reads the failures out of judge runs: answers whose verdict says that they do not pass, with what they were asked. */

import type { PoolClient } from 'pg';
import type { Judgment } from '../../contracts/judgments.ts';
import type { Failure } from '../../contracts/mining.ts';
import { itemsOf } from '../../datasets/version-items.ts';
import type { Database } from '../../db/database.ts';
import { listJudgments } from '../../judge/figures/list-judgments.ts';
import { countingJudge, type JudgeRunRow, selectJudgeRun } from '../../judge/passes/judge-run-row.ts';
import { promptMessages, promptText } from '../../runs/prompt-of.ts';

const pageRows = 500;

/** A failure without its place. */
export type FoundFailure = Omit<Failure, 'ordinal'>;

/** Pages of the failures of a judge run, in the order of the items. An answer without a usable verdict is none. @throws AssayError not_found */
export async function* failuresOf(db: Database, userId: string, judgeRunId: string): AsyncGenerator<FoundFailure[]> {
  for (let after: string | undefined; ; ) {
    const page = await db.asUser(userId, async (q) => {
      const run = await selectJudgeRun(q, judgeRunId);
      const { data, next } = await listJudgments(q, run, {
        judge_run_id: judgeRunId,
        show: 'failed',
        part: 'verdict',
        limit: pageRows,
        ...(after === undefined ? {} : { after }),
      });
      return { next, found: await withPrompts(q, run, data) };
    });
    if (page.found.length > 0) yield page.found;
    if (page.next === null) return;
    after = page.next;
  }
}

async function withPrompts(q: PoolClient, run: JudgeRunRow, judgments: Judgment[]): Promise<FoundFailure[]> {
  const { rows } = await q.query<{ template: string | null }>(
    `select settings->>'template' as template from runs where run_id = $1`,
    [run.run_id],
  );
  const template = rows[0]?.template ?? null;
  const prompts = new Map<number, string>();
  const ordinals = judgments.map(({ ordinal }) => ordinal);
  for await (const items of itemsOf(q, run.version_id, ordinals))
    for (const { ordinal, itemId, input } of items)
      prompts.set(ordinal, promptText(promptMessages({ itemId, input, template })));
  return judgments.map((one) => ({
    candidate_id: one.candidate_id,
    name: one.name,
    category: one.category,
    benchmark_id: one.benchmark_id,
    model_id: one.model_id,
    prompt: prompts.get(one.ordinal) ?? '',
    answer: one.content,
    expected: one.expected,
    score: one.score,
    judge: one.judge,
    reason: one.reasoning,
    criteria: failedCriteria(run, one.criteria),
  }));
}

/** Criteria below their own mark; rules and metrics that have none, below the run's threshold. */
function failedCriteria(run: JudgeRunRow, scores: Record<string, number>): string[] {
  const marks = new Map(run.settings.criteria.map(({ name, pass }) => [name, pass]));
  return Object.entries(scores).flatMap(([name, score]) => (score < (marks.get(name) ?? run.threshold) ? name : []));
}

/** What changes when the verdicts of judge runs do: how many there are, and a hash of them. */
export async function verdictsHash(q: PoolClient, judgeRunIds: string[]): Promise<unknown> {
  const hashes: unknown[] = [];
  for (const id of judgeRunIds) {
    const run = await selectJudgeRun(q, id);
    const { rows } = await q.query<{ n: number; hash: string | null }>(
      `select count(*)::int as n, md5(string_agg(md5(concat_ws('|', ordinal, score, passed, reasoning, criteria)), '' order by ordinal)) as hash
       from judgments where judge_run_id = $1 and judge = $2 and part = 'verdict'`,
      [id, countingJudge(run)],
    );
    hashes.push([id, run.threshold, rows[0]!.n, rows[0]!.hash]);
  }
  return hashes;
}
