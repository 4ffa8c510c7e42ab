/** Keeps and takes back what a person says of one answer, or of two, and tells how far the labelling is. */

import type { PoolClient } from 'pg';
import { plainText } from '../../compare/plain-data.ts';
import type { LabelPlace, LabelTask, NewLabel, Sample } from '../../contracts/trust.ts';
import { idText } from '../../datasets/version-items.ts';
import type { Database } from '../../db/database.ts';
import { AssayError } from '../../errors.ts';
import { answersOfPair, auditOrder, type LabelledPair, labellerOf, pairOfRuns } from './labelled-pair.ts';
import { labellingRun, openLabelling, settle } from './people-run.ts';

export type LabelProgress = LabelTask['progress'];

const refused = (param: string, problem: string, value: unknown) =>
  new AssayError('invalid_parameter', { param, problem, value }, { param });

/**
 * One label a person and answer: said again, the newer stands, but what was labelled in the audit sample stays in it, since
 * it was drawn there. @throws AssayError not_found, invalid_parameter, conflict
 */
export async function keepLabel(db: Database, userId: string, label: NewLabel): Promise<LabelProgress> {
  checkVerdict(label);
  return db.asUser(userId, async (q) => {
    const pair = await pairOfRuns(q, label);
    const person = await labellerOf(q, userId, label.labeller);
    const ordinal = await labelledOrdinal(q, pair, label.candidate_id);
    const run = await openLabelling(q, pair);
    const { verdict } = label;
    await q.query(
      `insert into judgments as j (judge_run_id, ordinal, judge, part, user_id, run_id, judge_type, passed, preference, error,
         reasoning, sample)
       values ($1, $2, $3, 'verdict', $4, $5, 'human', $6, $7, $8, $9, $10)
       on conflict (judge_run_id, ordinal, judge, part) do update set passed = excluded.passed, preference = excluded.preference,
         error = excluded.error, reasoning = excluded.reasoning, created_at = now(),
         sample = case when j.sample = 'audit' then 'audit' else excluded.sample end`,
      [
        run.judge_run_id,
        ordinal,
        person,
        userId,
        pair.run_id,
        verdict === 'pass' || verdict === 'fail' ? verdict === 'pass' : null,
        verdict === 'a' || verdict === 'b' || verdict === 'tie' ? verdict : null,
        verdict === 'unsure' ? 'unsure' : null,
        label.note === undefined ? null : plainText(label.note),
        label.sample satisfies Sample,
      ],
    );
    await settle(q, run, [ordinal]);
    return progressOf(q, pair, { labeller: person, auditSize: label.audit_size });
  });
}

/** @throws AssayError not_found for the run, the item, or a label that is not there */
export async function takeBackLabel(db: Database, userId: string, place: LabelPlace): Promise<LabelProgress> {
  return db.asUser(userId, async (q) => {
    const pair = await pairOfRuns(q, place);
    const labeller = await labellerOf(q, userId, place.labeller);
    const ordinal = await labelledOrdinal(q, pair, place.candidate_id);
    const run = await labellingRun(q, pair);
    const { rowCount } = await q.query(
      `delete from judgments where judge_run_id = $1 and ordinal = $2 and judge = $3 and part = 'verdict'`,
      [run?.judge_run_id ?? '', ordinal, labeller],
    );
    if (run === null || rowCount === 0) {
      const list = `/api/evaluation/labels/next?benchmark_id=${pair.run_id}&sample=audit`;
      throw new AssayError('not_found', { kind: 'label', id: `${place.candidate_id} / ${labeller}`, list });
    }
    await settle(q, run, [ordinal]);
    return progressOf(q, pair, { labeller, auditSize: place.audit_size });
  });
}

/** A comparison needs two runs, a pass or fail one. */
function checkVerdict({ verdict, other_benchmark_id: other }: NewLabel): void {
  if (verdict === 'unsure') return;
  const compares = verdict !== 'pass' && verdict !== 'fail';
  if (compares && other === undefined)
    throw refused('other_benchmark_id', `names the run that stands as b; verdict ${verdict} needs it`, 'nothing');
  if (!compares && other !== undefined)
    throw refused('verdict', 'must be a, b, tie or unsure, since two answers are compared', verdict);
}

/** @throws AssayError not_found (no such item), invalid_parameter (nothing was answered) */
async function labelledOrdinal(q: PoolClient, pair: LabelledPair, candidateId: string): Promise<number> {
  const { rows } = await q.query<{ ordinal: number; answered: boolean }>(
    `select i.ordinal, exists (select from ${answersOfPair} and a.ordinal = i.ordinal) as answered
     from items i where i.version_id = $3 and i.item_id = $4`,
    [pair.run_id, pair.other_run_id, pair.version_id, idText(candidateId)],
  );
  const found = rows[0];
  if (found === undefined) {
    const list = `/admin/datasets/${pair.dataset_id}/items`;
    throw new AssayError('not_found', { kind: 'item', id: candidateId, list }, { param: 'candidate_id' });
  }
  if (found.answered) return found.ordinal;
  const runs = pair.other_run_id === null ? pair.run_id : `${pair.run_id} and ${pair.other_run_id}`;
  throw refused('candidate_id', `has no answer to label in ${runs}`, candidateId);
}

/** How many answers of the audit sample, and beside it, a person has labelled. */
export async function progressOf(
  q: PoolClient,
  pair: LabelledPair,
  { labeller, auditSize }: { labeller: string; auditSize: number },
): Promise<LabelProgress> {
  const { rows } = await q.query<{ size: number; labelled: number; all: number }>(
    `with audit as (select a.ordinal from ${answersOfPair} order by ${auditOrder} limit $3),
       own as (select j.ordinal from judgments j join judge_runs r using (judge_run_id)
         where r.run_id = $1 and r.other_run_id is not distinct from $2 and r.mode = 'human' and r.source = 'assay'
           and j.judge = $4 and j.part = 'verdict')
     select (select count(*) from audit)::int as size, (select count(*) from own)::int as all,
       (select count(*) from own join audit using (ordinal))::int as labelled`,
    [pair.run_id, pair.other_run_id, auditSize, labeller],
  );
  const { size, labelled, all } = rows[0]!;
  return { audit: { labelled, size }, picked: { labelled: all - labelled } };
}
