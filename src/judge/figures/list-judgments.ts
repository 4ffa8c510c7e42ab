/** Lists judgments by keyset pages, and all of them as the lines of a judge run's files. */

import type { PoolClient } from 'pg';
import type { JudgeSays, Judgment, JudgmentQuery } from '../../contracts/judgments.ts';
import { AssayError } from '../../errors.ts';
import { countingJudge, type JudgeRunRow } from '../passes/judge-run-row.ts';
import { labelsOf } from '../trust/panel-labels.ts';

type PanelRow = Omit<NonNullable<Judgment['panel']>[number], 'pass'> & { passed: boolean | null };

interface Row extends Omit<Judgment, 'pass' | 'human' | 'panel' | 'created_at'> {
  passed: boolean | null;
  panel: PanelRow[] | null;
  created_at: Date;
}

/** The verdicts that the verdict j was made of. */
const members = `judgments m where j.judge = 'panel' and m.judge_run_id = j.judge_run_id and m.ordinal = j.ordinal and m.part = 'verdict'
  and m.judge <> 'panel' and m.judge_type = j.judge_type`;

const columns = `j.judge_run_id, i.item_id as candidate_id, j.ordinal, i.name, i.category, j.run_id as benchmark_id, r.model_id,
  j.judge_type, j.judge, j.part, j.score, j.passed, j.preference, j.criteria, j.reasoning, j.confidence, j.error, j.error_detail,
  j.rubric_version, j.position, j.of, j.prompt_tokens, j.completion_tokens, a.content,
  o.content as other_content, i.truth as expected, j.created_at,
  (select jsonb_agg(jsonb_build_object('judge', m.judge, 'score', m.score, 'passed', m.passed, 'preference', m.preference,
     'reasoning', m.reasoning, 'error', m.error) order by m.judge) from ${members}) as panel`;
const tables = `judgments j join items i on i.version_id = $2 and i.ordinal = j.ordinal join runs r on r.run_id = j.run_id
  left join answers a on a.run_id = j.run_id and a.ordinal = j.ordinal
  left join answers o on o.run_id = $12 and o.ordinal = j.ordinal`;

/** What `show` leaves, at the threshold $4. */
const shown: Record<JudgmentQuery['show'], string> = {
  all: 'true',
  passed: 'coalesce(j.passed, j.score >= $4)',
  failed: 'not coalesce(j.passed, j.score >= $4)',
  errors: 'j.error is not null',
  disputed: `(select count(distinct coalesce(m.preference, coalesce(m.passed, m.score >= $4)::text)) from ${members}) > 1`,
};

/** What `says` leaves, at the threshold $4; as trust/panel-verdicts.ts has it. */
const saying: Record<JudgeSays, string> = {
  pass: 'coalesce(j.passed, j.score >= $4) and j.preference is null',
  fail: 'not coalesce(j.passed, j.score >= $4) and j.preference is null',
  a: `j.preference = 'a'`,
  b: `j.preference = 'b'`,
  tie: `j.preference in ('tie', 'undecided')`,
  undecided: `j.preference = 'undecided'`,
  unusable: 'coalesce(j.passed, j.score >= $4) is null and j.preference is null',
};

/** One page in the order of the items; `next` is the `after` of the following one. Checks and orders list every judge's. */
export async function listJudgments(
  q: PoolClient,
  run: JudgeRunRow,
  query: JudgmentQuery,
): Promise<{ data: Judgment[]; next: string | null }> {
  const threshold = query.threshold ?? run.threshold;
  const labels = await labelsAsked(q, run, query);
  const judge = query.judge ?? countingJudge(run);
  const { rows } = await q.query<Row>(
    `select ${columns} from ${tables}
     where j.judge_run_id = $1 and j.part = $3 and ${shown[query.show]}
       and ${query.says === undefined ? 'true' : saying[query.says]} and $4::real is not null
       and ($3 <> 'verdict' and not $11::boolean or j.judge = $5) and ($6::text is null or i.category = $6)
       and (j.ordinal, j.judge) > ($7, $8)
       and ($10::int[] is null or j.ordinal = any ($10::int[]))
     order by j.ordinal, j.judge limit $9`,
    [
      run.judge_run_id,
      run.version_id,
      query.part,
      threshold,
      judge,
      query.category ?? null,
      ...placeOf(query.after),
      query.limit + 1,
      query.human === undefined ? null : [...labels].flatMap(([at, label]) => (label === query.human ? at : [])),
      query.judge !== undefined,
      run.other_run_id,
    ],
  );
  const page = rows.slice(0, query.limit);
  return {
    data: page.map((row) => ({ ...toJudgment(row, threshold), human: labels.get(row.ordinal) ?? null })),
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

/** What most people say by ordinal, where that was asked for; a person's own verdicts are held against those of the others. */
async function labelsAsked(q: PoolClient, run: JudgeRunRow, query: JudgmentQuery): Promise<Map<number, string>> {
  if (query.labels === undefined && query.human === undefined) return new Map();
  const judge = query.judge ?? countingJudge(run);
  const without = run.mode === 'human' ? { judgeRunId: run.judge_run_id, judge } : undefined;
  return (await labelsOf(q, run, { labels: query.labels ?? 'all', ...(without && { without }) })).majority;
}

function toJudgment({ passed, panel, created_at, ...row }: Row, threshold: number): Omit<Judgment, 'human'> {
  const passing = (own: boolean | null, score: number | null) => own ?? (score === null ? null : score >= threshold);
  return {
    ...row,
    pass: passing(passed, row.score),
    panel: panel?.map(({ passed: own, ...one }) => ({ ...one, pass: passing(own, one.score) })) ?? null,
    created_at: Math.floor(created_at.getTime() / 1000),
  };
}
