/** A judge's own verdicts as labels like those that people give, and as numbers. */

import type { PoolClient } from 'pg';
import type { Preference } from '../../contracts/judging.ts';
import { countingJudge, type JudgeRunRow } from '../passes/judge-run-row.ts';

/** What a judge said of one answer. */
export interface JudgeVerdict {
  ordinal: number;
  score: number | null;
  passed: boolean | null;
  preference: Preference | null;
  category: string | null;
  /** Whether there was an answer (of both runs) to judge. */
  there: boolean;
}

/** Everyone whose verdicts a judge run holds, the one that counts first. */
export async function judgesIn(q: PoolClient, run: JudgeRunRow): Promise<string[]> {
  const { rows } = await q.query<{ judge: string }>(
    `select distinct judge from judgments where judge_run_id = $1 and part = 'verdict' order by judge`,
    [run.judge_run_id],
  );
  return [...new Set([countingJudge(run), ...rows.map(({ judge }) => judge)])];
}

/** A judge's verdicts by ordinal. */
export async function verdictsOf(q: PoolClient, run: JudgeRunRow, judge: string): Promise<JudgeVerdict[]> {
  const { rows } = await q.query<JudgeVerdict>(
    `select j.ordinal, j.score, j.passed, j.preference, i.category,
       coalesce(a.ok and a.content is not null and ($4::text is null or (o.ok and o.content is not null)), false) as there
     from judgments j join items i on i.version_id = $3 and i.ordinal = j.ordinal
       left join answers a on a.run_id = j.run_id and a.ordinal = j.ordinal
       left join answers o on o.run_id = $4 and o.ordinal = j.ordinal
     where j.judge_run_id = $1 and j.part = 'verdict' and j.judge = $2 order by j.ordinal`,
    [run.judge_run_id, judge, run.version_id, run.other_run_id],
  );
  return rows;
}

type Says = Pick<JudgeVerdict, 'score' | 'passed' | 'preference'>;

/**
 * pass or fail by the threshold, or a, b or tie; null: nothing usable. A verdict that changed with the order says that
 * neither answer is better as far as this judge can tell, which for people is a tie: it counts as one, as in Zheng et al.
 * (2023), arXiv 2306.05685, section 3.4.
 */
export function labelBy({ score, passed, preference }: Says, threshold: number): string | null {
  if (preference !== null) return preference === 'undecided' ? 'tie' : preference;
  const pass = passed ?? (score === null ? null : score >= threshold);
  return pass === null ? null : pass ? 'pass' : 'fail';
}

/** A label as a number of which the mean is a rate: passed 1, a preferred 1, a tie half. */
export const numberOf = (label: string): number => (label === 'pass' || label === 'a' ? 1 : label === 'tie' ? 0.5 : 0);
