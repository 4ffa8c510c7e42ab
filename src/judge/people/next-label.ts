/** Chooses the next answer for a person to label, and shows it without anything a judge said and without its model's name. */

import type { PoolClient } from 'pg';
import type { LabelQuery, LabelTask } from '../../contracts/trust.ts';
import { idText } from '../../datasets/version-items.ts';
import type { Database } from '../../db/database.ts';
import { AssayError } from '../../errors.ts';
import { countingJudge, type JudgeRunRow, selectJudgeRun } from '../passes/judge-run-row.ts';
import { progressOf } from './label.ts';
import { answersOfPair, auditOrder, type LabelledPair, labellerOf, pairOfRuns } from './labelled-pair.ts';

interface TaskRow {
  item_id: string;
  ordinal: number;
  name: string;
  category: string | null;
  input: Record<string, unknown>;
  truth: string | null;
  content: string | null;
  other_content: string | null;
  first: 'a' | 'b';
}

interface Asked {
  labeller: string;
  auditSize: number;
  /** Ids of items that are passed over. */
  skip: string[];
}

/**
 * `audit`: the first answer of the random order that this person has not labelled, among the first `audit_size`. `picked`:
 * of the other answers the one whose label tells most about the judge: where judges of a panel are apart, where a
 * comparison followed the order, where the judge was unsure or near its threshold, in this order.
 * @throws AssayError not_found, invalid_parameter, conflict
 */
export async function nextLabel(db: Database, userId: string, query: LabelQuery): Promise<LabelTask> {
  return db.asUser(userId, async (q) => {
    const pair = await pairOfRuns(q, query);
    const labeller = await labellerOf(q, userId, query.labeller);
    const asked = { labeller, auditSize: query.audit_size, skip: query.skip.map(idText) };
    const row =
      query.sample === 'audit'
        ? await nextOfAudit(q, pair, asked)
        : await nextPicked(q, pair, { ...asked, judgeRun: await pickingRun(q, pair, query.judge_run_id) });
    return { task: row === null ? null : taskOf(row), progress: await progressOf(q, pair, asked) };
  });
}

/** Shown first is a or b by the item, as if a coin were thrown once for each. */
const columns = `i.item_id, i.ordinal, i.name, i.category, i.input, i.truth, a.content, o.content as other_content,
  case when $2::text is not null and get_byte(decode(md5('first ' || $1 || ' ' || i.ordinal), 'hex'), 0) % 2 = 1
    then 'b' else 'a' end as first`;

/** Answers that a person has labelled or that are passed over: $3 is the person, $4 the version, $5 the items passed over. */
const done = `
  select j.ordinal from judgments j join judge_runs r using (judge_run_id)
  where r.run_id = $1 and r.other_run_id is not distinct from $2::text and r.mode = 'human' and r.source = 'assay'
    and j.judge = $3 and j.part = 'verdict'
  union all select s.ordinal from items s where s.version_id = $4 and s.item_id = any ($5::text[])`;

/** The chosen answer, of which there is one or none, as it is shown. */
const shown = `select ${columns} from chosen c join items i on i.version_id = $4 and i.ordinal = c.ordinal
  join answers a on a.run_id = $1 and a.ordinal = c.ordinal left join answers o on o.run_id = $2 and o.ordinal = c.ordinal`;

async function nextOfAudit(q: PoolClient, pair: LabelledPair, asked: Asked): Promise<TaskRow | null> {
  const { rows } = await q.query<TaskRow>(
    `with audit as materialized (select a.ordinal, ${auditOrder} as place from ${answersOfPair} order by 2 limit $6),
       chosen as (select ordinal from audit where ordinal not in (${done}) order by place limit 1)
     ${shown}`,
    [pair.run_id, pair.other_run_id, asked.labeller, pair.version_id, asked.skip, asked.auditSize],
  );
  return rows[0] ?? null;
}

/**
 * By how much a label would tell. Where the judge gave no verdict, one tells nothing of it. One pass over the judgments:
 * a join of what the members and the panel said took 20 s for 20,000 answers whose statistics were not yet gathered.
 */
async function nextPicked(
  q: PoolClient,
  pair: LabelledPair,
  { judgeRun, ...asked }: Asked & { judgeRun: JudgeRunRow },
): Promise<TaskRow | null> {
  const member = 'v.judge = any ($8::text[]) and v.error is null';
  const counting = 'v.judge = $9 and v.error is null';
  const { rows } = await q.query<TaskRow>(
    `with audit as materialized (select a.ordinal from ${answersOfPair} order by ${auditOrder} limit $6),
       said as materialized (
         select v.ordinal,
           count(distinct coalesce(v.preference, coalesce(v.passed, v.score >= $10)::text)) filter (where ${member}) > 1 as split,
           coalesce(max(v.score) filter (where ${member}) - min(v.score) filter (where ${member}), 0) as apart,
           coalesce(bool_or(v.preference = 'undecided') filter (where ${counting}), false) as flipped,
           min(v.confidence) filter (where ${counting}) as confidence,
           min(abs(v.score - $10)) filter (where ${counting}) as away
         from judgments v where v.judge_run_id = $7 and v.part = 'verdict' and (v.judge = any ($8::text[]) or v.judge = $9)
         group by v.ordinal having bool_or(${counting})),
       chosen as (
         select s.ordinal from said s
         where s.ordinal not in (select ordinal from audit) and s.ordinal not in (${done})
           and s.ordinal in (select a.ordinal from ${answersOfPair})
         order by s.split desc, s.apart desc, s.flipped desc, s.confidence nulls last, s.away nulls last,
           md5($1 || ' ' || s.ordinal) limit 1)
     ${shown}`,
    [
      pair.run_id,
      pair.other_run_id,
      asked.labeller,
      pair.version_id,
      asked.skip,
      asked.auditSize,
      judgeRun.judge_run_id,
      judgeRun.judges,
      countingJudge(judgeRun),
      judgeRun.threshold,
    ],
  );
  return rows[0] ?? null;
}

/** @throws AssayError invalid_parameter for none, and for one over other answers; not_found */
async function pickingRun(q: PoolClient, pair: LabelledPair, id: string | undefined): Promise<JudgeRunRow> {
  const refuse = (problem: string, value: string) =>
    new AssayError('invalid_parameter', { param: 'judge_run_id', problem, value }, { param: 'judge_run_id' });
  if (id === undefined)
    throw refuse('names the judge run that answers are picked by; sample picked needs it', 'nothing');
  const run = await selectJudgeRun(q, id);
  if (run.run_id === pair.run_id && run.other_run_id === pair.other_run_id) return run;
  throw refuse(`judges other answers than those of ${[pair.run_id, pair.other_run_id ?? []].flat().join(' and ')}`, id);
}

function taskOf({ item_id, truth, input, ...row }: TaskRow): LabelTask['task'] {
  return { ...row, candidate_id: item_id, expected: truth, input: withoutModel(input) };
}

/** A line of a batch names the model that it is for. */
function withoutModel(input: Record<string, unknown>): Record<string, unknown> {
  const { body } = input;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return input;
  const { model: _, ...rest } = body as Record<string, unknown>;
  return { ...input, body: rest };
}
