/** Reads stored answers anew, after what a decision is or what is right has changed. */

import type { PoolClient } from 'pg';
import type { VersionOf } from '../runs/deps.ts';
import { comparisonOf, type HowCompared } from './comparison.ts';
import { readLanded } from './read-landed.ts';

const selectAnswers = `
  select a.run_id, a.ordinal, a.ok, a.content, i.truth
  from answers a join items i on i.version_id = a.version_id and i.ordinal = a.ordinal
  where a.version_id = $1 and a.ordinal = any ($2::int[])`;

const writeRead = `
  update answers a set parse = n.parse, fields = n.fields, decision = n.decision, correct = n.correct
  from unnest($1::text[], $2::int[], $3::text[], $4::jsonb[], $5::text[], $6::boolean[])
    as n (run_id, ordinal, parse, fields, decision, correct)
  where a.run_id = n.run_id and a.ordinal = n.ordinal
    and (a.parse, a.fields, a.decision, a.correct) is distinct from (n.parse, n.fields, n.decision, n.correct)`;

/** Answers of all runs of the version to the items at `ordinals`; their states are to be refreshed after it. */
export async function rereadAnswers(q: PoolClient, version: VersionOf, ordinals: number[]): Promise<void> {
  const how: HowCompared = await comparisonOf(q, version.datasetId);
  const { rows } = await q.query<{
    run_id: string;
    ordinal: number;
    ok: boolean;
    content: string | null;
    truth: string | null;
  }>(selectAnswers, [version.versionId, ordinals]);
  if (rows.length === 0) return;
  const read = readLanded(rows, how);
  await q.query(writeRead, [
    rows.map((row) => row.run_id),
    rows.map((row) => row.ordinal),
    read.map((each) => each.parse),
    read.map((each) => each.fields),
    read.map((each) => each.decision),
    read.map((each) => each.correct),
  ]);
}
