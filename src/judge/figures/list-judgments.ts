/** Lists judgments by keyset pages, and all of them as the lines of a judge run's files. */

import type { PoolClient } from 'pg';
import type { Judgment, JudgmentQuery } from '../../contracts/judgments.ts';
import { AssayError } from '../../errors.ts';
import { countingJudge, type JudgeRunRow } from '../passes/judge-run-row.ts';

interface Row extends Omit<Judgment, 'pass' | 'created_at'> {
  passed: boolean | null;
  created_at: Date;
}

const columns = `j.judge_run_id, i.item_id as candidate_id, j.ordinal, i.name, i.category, j.run_id as benchmark_id, r.model_id,
  j.judge_type, j.judge, j.part, j.score, j.passed, j.preference, j.criteria, j.reasoning, j.confidence, j.error, j.error_detail,
  j.rubric_version, j.position, j.of, j.prompt_tokens, j.completion_tokens, a.content, i.truth as expected, j.created_at`;
const tables = `judgments j join items i on i.version_id = $2 and i.ordinal = j.ordinal join runs r on r.run_id = j.run_id
  left join answers a on a.run_id = j.run_id and a.ordinal = j.ordinal`;

/** What `show` leaves, at the threshold $4. */
const shown: Record<JudgmentQuery['show'], string> = {
  all: 'true',
  passed: 'coalesce(j.passed, j.score >= $4)',
  failed: 'not coalesce(j.passed, j.score >= $4)',
  errors: 'j.error is not null',
};

/** One page in the order of the items; `next` is the `after` of the following one. Checks and orders list every judge's. */
export async function listJudgments(
  q: PoolClient,
  run: JudgeRunRow,
  query: JudgmentQuery,
): Promise<{ data: Judgment[]; next: string | null }> {
  const threshold = query.threshold ?? run.threshold;
  const { rows } = await q.query<Row>(
    `select ${columns} from ${tables}
     where j.judge_run_id = $1 and j.part = $3 and ${shown[query.show]} and $4::real is not null
       and ($3 <> 'verdict' or j.judge = $5) and ($6::text is null or i.category = $6) and (j.ordinal, j.judge) > ($7, $8)
     order by j.ordinal, j.judge limit $9`,
    [
      run.judge_run_id,
      run.version_id,
      query.part,
      threshold,
      countingJudge(run),
      query.category ?? null,
      ...placeOf(query.after),
      query.limit + 1,
    ],
  );
  const page = rows.slice(0, query.limit);
  return {
    data: page.map((row) => toJudgment(row, threshold)),
    next: rows.length > query.limit ? `${page.at(-1)!.ordinal} ${page.at(-1)!.judge}` : null,
  };
}

/** @throws AssayError invalid_parameter for an `after` that no page gave */
function placeOf(after: string | undefined): [ordinal: number, judge: string] {
  if (after === undefined) return [-1, ''];
  const found = /^(\d{1,9}) (.*)$/s.exec(after);
  if (found !== null) return [Number(found[1]), found[2]!];
  const values = { param: 'after', problem: 'must be the next of an earlier page', value: after };
  throw new AssayError('invalid_parameter', values, { param: 'after' });
}

function toJudgment({ passed, created_at, ...row }: Row, threshold: number): Judgment {
  const pass = passed ?? (row.score === null ? null : row.score >= threshold);
  return { ...row, pass, created_at: Math.floor(created_at.getTime() / 1000) };
}
