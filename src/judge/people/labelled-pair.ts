/** The run that people label, or the two runs they compare: settled from what was asked, with the order of its audit sample. */

import type { PoolClient } from 'pg';
import { AssayError } from '../../errors.ts';
import { selectRun } from '../../runs/run-row.ts';
import { comparedRun } from '../compared-run.ts';

/** A run, and with `other_run_id` the one whose answers stand as b. */
export interface LabelledPair {
  run_id: string;
  other_run_id: string | null;
  user_id: string;
  dataset_id: string;
  version_id: string;
}

/** SQL of the answers `a` (and `o` of the other run) that can be labelled: those there are. $1: run, $2: other run or null. */
export const answersOfPair = `answers a left join answers o on o.run_id = $2::text and o.ordinal = a.ordinal
  where a.run_id = $1::text and a.ok and a.content is not null and ($2::text is null or (o.ok and o.content is not null))`;

/**
 * SQL of the key that puts the answers `a` into the order of the audit sample. It depends on the runs and on the item's
 * place alone, never on an answer, a judge or a label, so the first answers of that order are a random sample of all.
 */
export const auditOrder = `md5($1::text || ' ' || coalesce($2::text, '') || ' ' || a.ordinal) collate "C"`;

/** @throws AssayError not_found, invalid_parameter (the other run is the same), conflict (another dataset or version) */
export async function pairOfRuns(
  q: PoolClient,
  asked: { benchmark_id: string; other_benchmark_id?: string | undefined },
): Promise<LabelledPair> {
  const run = await selectRun(q, asked.benchmark_id);
  const { run_id, user_id, dataset_id, version_id } = run;
  if (asked.other_benchmark_id === undefined) return { run_id, other_run_id: null, user_id, dataset_id, version_id };
  const other_run_id = await comparedRun(q, run, asked.other_benchmark_id);
  return { run_id, other_run_id, user_id, dataset_id, version_id };
}

/** Who labels: the name given, else that of the user as annotations have it. @throws AssayError invalid_parameter */
export async function labellerOf(q: PoolClient, userId: string, given: string | undefined): Promise<string> {
  if (given === undefined) {
    const { rows } = await q.query<{ name: string }>(
      `select coalesce((select display_name from users where user_id = $1), $1) as name`,
      [userId],
    );
    return rows[0]!.name;
  }
  return personName('labeller', given);
}

/** `name` as it is kept. @throws AssayError invalid_parameter for one that cannot stand for a person */
export function personName(param: string, name: string): string {
  const refuse = (problem: string) => {
    throw new AssayError('invalid_parameter', { param, problem, value: name.toWellFormed() }, { param });
  };
  const trimmed = name.trim();
  if (trimmed === '') refuse('must hold a letter');
  if (trimmed === 'panel') refuse('is what the majority of several judges is called; take another name');
  if (/\0/.test(trimmed) || !trimmed.isWellFormed()) refuse('must not hold U+0000 or half of a surrogate pair');
  return trimmed;
}
