/** Brings the states of items up to date with their answers, after anything that they follow from has changed. */

import type { PoolClient } from 'pg';
import type { VersionOf } from '../runs/deps.ts';
import { comparisonOf, type HowCompared } from './comparison.ts';
import { type ItemState, itemState, type Said, type StateAnswer, shortAnswer } from './item-state.ts';
import { markAnswers } from './marks.ts';
import { takeTurn } from './turn.ts';

const selectAnswers = `
  select a.ordinal, a.model_id as "modelId", a.ok, a.parse, a.decision, a.fields, a.correct, a.scores,
    char_length(a.content) as length, case when char_length(a.content) <= ${shortAnswer} then a.content end as short,
    a.latency_ms as "latencyMs"
  from answers a join runs r on r.run_id = a.run_id and r.superseded_by is null
  where a.version_id = $1 and a.ordinal = any ($2::int[]) order by a.ordinal, r.created_at, a.run_id`;

const selectSaid = `
  select i.ordinal, count(*) filter (where n.kind = 'golden')::int as golden, count(*) filter (where n.kind = 'fix')::int as fixed,
    count(*) filter (where n.kind = 'wrong')::int as wrong
  from annotations n join items i on i.version_id = $1 and i.item_id = n.item_id
  where n.dataset_id = $2 and n.item_id in (select item_id from items where version_id = $1 and ordinal = any ($3::int[]))
    and n.kind is not null
  group by i.ordinal`;

const columns = `decisions jsonb, correct jsonb, classes jsonb, groups jsonb, failed smallint, failing text[], answers smallint, differs boolean, diff_fields text[],
  agreed text, disagreement real, longest integer, slowest integer, lowest_score real, golden smallint, fixed smallint,
  wrong smallint, needs_review boolean, doubtful boolean`;
const names = columns.split(',').map((column) => column.trim().split(' ')[0]!);

const writeStates = `
  insert into item_states (version_id, ordinal, user_id, ${names.join(', ')})
  select $1, s.ordinal, $2, ${names.map((name) => `s.${name}`).join(', ')}
  from jsonb_to_recordset($3::jsonb) as s (ordinal integer, ${columns})
  on conflict (version_id, ordinal) do update set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`;

/** Recomputes the states of the items of `version` at `ordinals`. Takes the turn. */
export async function refreshItems(q: PoolClient, version: VersionOf, ordinals: number[]): Promise<void> {
  if (ordinals.length === 0) return;
  await takeTurn(q);
  await recompute(q, { ...version, ordinals }, await comparisonOf(q, version.datasetId));
}

/** The same for who has the turn and knows how answers are compared; nothing that may have to wait comes after it. */
export async function recompute(
  q: PoolClient,
  { ordinals, ...version }: VersionOf & { ordinals: number[] },
  how: HowCompared,
): Promise<void> {
  const rules = { ...how, decided: how.decisionPath !== null || how.rules.length > 0 };
  const answers = await byOrdinal(
    q.query<StateAnswer & { ordinal: number }>(selectAnswers, [version.versionId, ordinals]),
  );
  const said = await byOrdinal(
    q.query<Said & { ordinal: number }>(selectSaid, [version.versionId, version.datasetId, ordinals]),
  );
  const states: (ItemState & { ordinal: number })[] = [];
  const empty: number[] = [];
  for (const ordinal of new Set(ordinals)) {
    const of = answers.get(ordinal) ?? [];
    const words = said.get(ordinal)?.[0];
    if (of.length === 0 && words === undefined) empty.push(ordinal);
    else states.push({ ordinal, ...itemState(of, rules, words ?? { golden: 0, fixed: 0, wrong: 0 }) });
  }
  if (states.length > 0) await q.query(writeStates, [version.versionId, version.userId, JSON.stringify(states)]);
  if (empty.length > 0) {
    await q.query('delete from item_states where version_id = $1 and ordinal = any ($2::int[])', [
      version.versionId,
      empty,
    ]);
  }
  await markAnswers(q, version.datasetId);
}

async function byOrdinal<T extends { ordinal: number }>(result: Promise<{ rows: T[] }>): Promise<Map<number, T[]>> {
  const groups = new Map<number, T[]>();
  for (const row of (await result).rows) {
    const group = groups.get(row.ordinal);
    if (group === undefined) groups.set(row.ordinal, [row]);
    else group.push(row);
  }
  return groups;
}
