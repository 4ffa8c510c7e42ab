/** Keeps and takes back what people say of many answers at once: a label alone costs a look at all labels of its run. */

import type { PoolClient } from 'pg';
import { plainText } from '../../compare/plain-data.ts';
import type { Sample } from '../../contracts/trust.ts';
import type { Database } from '../../db/database.ts';
import { AssayError } from '../../errors.ts';
import { type LabelledPair, pairOfRuns, personName } from './labelled-pair.ts';
import { labellingRun, openLabelling, settle } from './people-run.ts';

/** What a person says of an answer; `verdict` null: nothing any more. */
export interface LabelChange {
  benchmark_id: string;
  candidate_id: string;
  labeller: string;
  verdict: 'pass' | 'fail' | null;
  sample: Sample;
  note: string | null;
}

/**
 * Of each person and answer the last change stands. One that cannot be (its run is gone, the answer failed, a name that
 * stands for nobody, a label that is not there) is passed over. Gives how many labels were written or taken away.
 */
export async function keepLabels(db: Database, userId: string, changes: LabelChange[]): Promise<number> {
  let kept = 0;
  for (const [run, of] of Map.groupBy(changes, (change) => change.benchmark_id)) {
    kept += await db.asUser(userId, async (q) => keepOfRun(q, await runOf(q, run), of));
  }
  return kept;
}

async function runOf(q: PoolClient, id: string): Promise<LabelledPair | null> {
  try {
    return await pairOfRuns(q, { benchmark_id: id });
  } catch (error) {
    if (error instanceof AssayError && error.code === 'not_found') return null;
    throw error;
  }
}

interface Row {
  item_id: string;
  judge: string;
  passed: boolean | null;
  sample: Sample;
  note: string | null;
}

async function keepOfRun(q: PoolClient, pair: LabelledPair | null, changes: LabelChange[]): Promise<number> {
  if (pair === null) return 0;
  const last = new Map(changes.flatMap(rowOf).map((row) => [JSON.stringify([row.item_id, row.judge]), row]));
  const rows = [...last.values()];
  const said = rows.filter((row) => row.passed !== null);
  const run = said.length > 0 ? await openLabelling(q, pair) : await labellingRun(q, pair);
  if (run === null) return 0;
  const place = [run.judge_run_id, pair.run_id, pair.version_id];
  const written = await q.query<{ ordinal: number }>(write, [...place, pair.user_id, JSON.stringify(said)]);
  const gone = rows.filter((row) => row.passed === null);
  const removed = await q.query<{ ordinal: number }>(remove, [run.judge_run_id, pair.version_id, JSON.stringify(gone)]);
  const ordinals = [...written.rows, ...removed.rows].map((row) => row.ordinal);
  if (ordinals.length > 0) await settle(q, run, [...new Set(ordinals)]);
  return ordinals.length;
}

function rowOf({ candidate_id, labeller, verdict, sample, note }: LabelChange): Row[] {
  try {
    const judge = personName('labeller', labeller);
    const passed = verdict === null ? null : verdict === 'pass';
    return [{ item_id: plainText(candidate_id), judge, passed, sample, note: note === null ? null : plainText(note) }];
  } catch {
    return [];
  }
}

const write = `
  insert into judgments as j (judge_run_id, ordinal, judge, part, user_id, run_id, judge_type, passed, reasoning, sample)
  select $1, i.ordinal, c.judge, 'verdict', $4, $2, 'human', c.passed, c.note, c.sample
  from jsonb_to_recordset($5::jsonb) as c (item_id text, judge text, passed boolean, note text, sample text)
    join items i on i.version_id = $3 and i.item_id = c.item_id
    join answers a on a.run_id = $2 and a.ordinal = i.ordinal and a.ok and a.content is not null
  on conflict (judge_run_id, ordinal, judge, part) do update set passed = excluded.passed, preference = null, error = null,
    reasoning = excluded.reasoning, created_at = now(),
    sample = case when j.sample = 'audit' then 'audit' else excluded.sample end
  returning j.ordinal`;

const remove = `
  delete from judgments j using jsonb_to_recordset($3::jsonb) as c (item_id text, judge text), items i
  where i.version_id = $2 and i.item_id = c.item_id and j.judge_run_id = $1 and j.ordinal = i.ordinal and j.judge = c.judge
    and j.part = 'verdict'
  returning j.ordinal`;
