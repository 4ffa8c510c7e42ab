/** Writes judgments, and keeps the counts of their judge run true in the same transaction. */

import type { PoolClient } from 'pg';
import { plainText } from '../../compare/plain-data.ts';
import type { JudgeType, Preference } from '../../contracts/judging.ts';
import { countingJudge, type JudgeRunRow } from './judge-run-row.ts';

export type Part = 'verdict' | 'check' | 'ab' | 'ba';

/** A verdict on its way into the store. `score` is of 10. */
export interface NewJudgment {
  ordinal: number;
  judge: string;
  part: Part;
  type: JudgeType;
  score: number | null;
  passed: boolean | null;
  preference: Preference | null;
  criteria: Record<string, number>;
  reasoning: string | null;
  confidence: number | null;
  error: string | null;
  errorDetail: string | null;
  call: number | null;
  position: number | null;
  of: number | null;
  promptTokens: number | null;
  completionTokens: number | null;
  /** Whether rules spared the answer its call. */
  spared?: boolean;
}

/** A judgment with nothing in it, to be filled. */
export const blankJudgment = (ordinal: number, judge: string, type: JudgeType): NewJudgment => ({
  ordinal,
  judge,
  part: 'verdict',
  type,
  score: null,
  passed: null,
  preference: null,
  criteria: {},
  reasoning: null,
  confidence: null,
  error: null,
  errorDetail: null,
  call: null,
  position: null,
  of: null,
  promptTokens: null,
  completionTokens: null,
});

const text = (value: string | null): string | null => (value === null ? null : plainText(value));

/** Judgments of one statement. */
const rowsAtOnce = 500;

/**
 * Writes those that are not there yet; the counts of the run follow the verdicts that count. Gives how many were new. Who
 * calls holds the row of the judge run, so that two servers never count one verdict twice.
 */
export async function keepJudgments(q: PoolClient, run: JudgeRunRow, judgments: NewJudgment[]): Promise<number> {
  const counting = countingJudge(run);
  let written = 0;
  for (let from = 0; from < judgments.length; from += rowsAtOnce) {
    const part = judgments.slice(from, from + rowsAtOnce);
    const { rows } = await q.query<{ ordinal: number; judge: string; part: Part; error: string | null }>(
      `insert into judgments (judge_run_id, ordinal, judge, part, user_id, run_id, judge_type, score, passed, preference, criteria,
         reasoning, confidence, error, error_detail, rubric_version, call, position, of, prompt_tokens, completion_tokens)
       select $1, n.ordinal, n.judge, n.part, $2, $3, n.judge_type, n.score, n.passed, n.preference, n.criteria, n.reasoning,
         n.confidence, n.error, n.error_detail, $4, n.call, n.position, n.of, n.prompt_tokens, n.completion_tokens
       from unnest($5::int[], $6::text[], $7::text[], $8::text[], $9::real[], $10::boolean[], $11::text[], $12::jsonb[], $13::text[],
         $14::real[], $15::text[], $16::text[], $17::int[], $18::smallint[], $19::smallint[], $20::real[], $21::real[])
         as n (ordinal, judge, part, judge_type, score, passed, preference, criteria, reasoning, confidence, error, error_detail,
           call, position, of, prompt_tokens, completion_tokens)
       on conflict do nothing returning ordinal, judge, part, error`,
      [run.judge_run_id, run.user_id, run.run_id, run.rubric_version, ...columnsOf(part)],
    );
    written += rows.length;
    const said = rows.filter((row) => row.part === 'verdict' && row.judge === counting);
    const spared = new Set(part.filter((one) => one.spared).map((one) => one.ordinal));
    await q.query(
      `update judge_runs set judged = judged + $2, failed = failed + $3, spared = spared + $4 where judge_run_id = $1`,
      [
        run.judge_run_id,
        said.filter((row) => row.error === null).length,
        said.filter((row) => row.error !== null).length,
        said.filter((row) => spared.has(row.ordinal)).length,
      ],
    );
  }
  return written;
}

const columnsOf = (part: NewJudgment[]): unknown[] => [
  part.map((one) => one.ordinal),
  part.map((one) => one.judge),
  part.map((one) => one.part),
  part.map((one) => one.type),
  part.map((one) => one.score),
  part.map((one) => one.passed),
  part.map((one) => one.preference),
  part.map((one) => JSON.stringify(one.criteria)),
  part.map((one) => text(one.reasoning)),
  part.map((one) => one.confidence),
  part.map((one) => one.error),
  part.map((one) => text(one.errorDetail)),
  part.map((one) => one.call),
  part.map((one) => one.position),
  part.map((one) => one.of),
  part.map((one) => one.promptTokens),
  part.map((one) => one.completionTokens),
];
