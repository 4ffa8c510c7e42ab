/** People's labels of the answers of a run or pair: from the labelling queue, annotations and imports, with their majority and the audit sample. */

import type { PoolClient } from 'pg';
import { answersOfPair, auditOrder } from '../people/labelled-pair.ts';

/** Whose answers: a run, or the two that are compared. */
export interface LabelledRuns {
  run_id: string;
  other_run_id: string | null;
}

/** What one person says of one answer; null: unsure. */
interface Said {
  ordinal: number;
  person: string;
  label: string | null;
  audit: boolean;
  /** `queue`, `annotations` or the id of an imported judge run. */
  source: string;
  /** When, in ms. */
  at: number;
}

export interface LabelSource {
  labels: string;
  name: string;
  /** Answers with a label there. */
  n: number;
}

/** The labels of `chosen` sources. */
export interface Labels {
  sources: LabelSource[];
  people: string[];
  /** By answer: what each person says, null for unsure. */
  said: Map<number, Map<string, string | null>>;
  /** By answer: what more than half of those say who came to a verdict. */
  majority: Map<number, string>;
  /** Answers of which somebody said something, and that have no majority. */
  withoutMajority: number;
  /** Answers of the random sample, those without a majority among them. */
  audit: Set<number>;
}

export interface LabelChoice {
  /** all, queue, annotations or jr_... */
  labels: string;
  /** A person whose verdicts are the ones looked into, or with the judge `panel` all people of a judge run. */
  without?: { judgeRunId: string; judge: string };
}

/**
 * One person has one label an answer: where two sources hold one, the newer stands. Annotations count where they were said
 * of this very answer: golden passes, fix and wrong fail.
 *
 * The audit sample is what figures on all answers rest on, so it has to be random. The queue shows answers in an order that
 * no answer, judge or label has a part in (see labelled-pair.ts). Of that order those answers are in the sample that stand
 * before its first answer without a label, up to the last one that the audit queue gave out: picked answers among them count,
 * since they would have come up anyway, and picked answers behind them do not, since only what was picked has a label there.
 * Where people stop is theirs to choose, by number and not by what they saw. Imported labels are in the sample when their
 * line says audit.
 */
export async function labelsOf(q: PoolClient, runs: LabelledRuns, choice: LabelChoice): Promise<Labels> {
  const all = await readLabels(q, runs, choice);
  const chosen = choice.labels === 'all' ? all.rows : all.rows.filter(({ source }) => source === choice.labels);
  const said = new Map<number, Map<string, string | null>>();
  for (const { ordinal, person, label } of chosen) {
    const known = said.get(ordinal);
    if (known === undefined) said.set(ordinal, new Map([[person, label]]));
    else known.set(person, label);
  }
  const majority = new Map<number, string>();
  for (const [ordinal, each] of said) {
    const most = majorityOf([...each.values()]);
    if (most !== null) majority.set(ordinal, most);
  }
  return {
    sources: all.sources,
    people: [...new Set(chosen.map(({ person }) => person))].sort(),
    said,
    majority,
    withoutMajority: said.size - majority.size,
    audit: await auditSample(q, runs, { chosen, said }),
  };
}

/** What more than half of the labels say; null without one. */
function majorityOf(labels: (string | null)[]): string | null {
  const given = labels.filter((label) => label !== null);
  for (const one of new Set(given)) if (given.filter((label) => label === one).length * 2 > given.length) return one;
  return null;
}

/** Labels of every source, the older before the newer. */
async function readLabels(
  q: PoolClient,
  { run_id, other_run_id }: LabelledRuns,
  { without }: LabelChoice,
): Promise<{ rows: Said[]; sources: LabelSource[] }> {
  const { rows: judged } = await q.query<Said>(
    `select j.ordinal, j.judge as person, extract(epoch from j.created_at)::float8 * 1000 as at, coalesce(j.sample = 'audit', false) as audit,
       case when r.source = 'assay' then 'queue' else r.judge_run_id end as source,
       case when j.error is null then coalesce(j.preference,
         case coalesce(j.passed, j.score >= r.threshold) when true then 'pass' when false then 'fail' end) end as label
     from judgments j join judge_runs r using (judge_run_id)
     where r.run_id = $1 and r.other_run_id is not distinct from $2 and r.mode = 'human' and j.part = 'verdict'
       and j.judge <> 'panel' and not (r.judge_run_id = coalesce($3, '') and coalesce($4, '') in ('panel', j.judge))`,
    [run_id, other_run_id, without?.judgeRunId ?? null, without?.judge ?? null],
  );
  const annotated = other_run_id === null ? await readAnnotations(q, run_id) : [];
  const rows = [...annotated, ...judged].sort((a, b) => a.at - b.at);
  const answers = new Map<string, { people: Set<string>; ordinals: Set<number> }>();
  for (const { source, person, ordinal } of rows) {
    const of = answers.get(source) ?? { people: new Set(), ordinals: new Set() };
    answers.set(source, of);
    of.people.add(person);
    of.ordinals.add(ordinal);
  }
  const sources = [...answers].map(([labels, { people, ordinals }]) => ({
    labels,
    name: labels.startsWith('jr_') ? `imported: ${[...people].sort().join(', ')}` : labels,
    n: ordinals.size,
  }));
  return { rows, sources: sources.sort((a, b) => placeOf(a.labels) - placeOf(b.labels)) };
}

const placeOf = (source: string): number => (source === 'queue' ? 0 : source === 'annotations' ? 1 : 2);

/** Annotations of an answer as it is in this run; they are in no sample. */
async function readAnnotations(q: PoolClient, runId: string): Promise<Said[]> {
  const { rows } = await q.query<Said>(
    `select i.ordinal, n.annotator as person, case when n.kind = 'golden' then 'pass' else 'fail' end as label,
       false as audit, 'annotations' as source, extract(epoch from n.created_at)::float8 * 1000 as at
     from runs r join annotations n on n.dataset_id = r.dataset_id and n.model_id = r.model_id and n.kind is not null
       join items i on i.version_id = r.version_id and i.item_id = n.item_id
       join answers a on a.run_id = r.run_id and a.ordinal = i.ordinal
     where r.run_id = $1 and n.answer_hash = sha256(convert_to(a.content, 'UTF8'))`,
    [runId],
  );
  return rows;
}

async function auditSample(
  q: PoolClient,
  { run_id, other_run_id }: LabelledRuns,
  { chosen, said }: { chosen: Said[]; said: Labels['said'] },
): Promise<Set<number>> {
  const imported = chosen.filter(({ audit, source }) => audit && source !== 'queue').map(({ ordinal }) => ordinal);
  const queued = new Set(
    chosen.filter(({ audit, source }) => audit && source === 'queue').map(({ ordinal }) => ordinal),
  );
  const sample = new Set(imported);
  if (queued.size === 0) return sample;
  const { rows } = await q.query<{ ordinal: number }>(
    `select a.ordinal from ${answersOfPair} order by ${auditOrder} limit $3`,
    [run_id, other_run_id, said.size],
  );
  const end = rows.findIndex(({ ordinal }) => !said.has(ordinal));
  const labelled = rows.slice(0, end === -1 ? rows.length : end).map(({ ordinal }) => ordinal);
  const last = labelled.findLastIndex((ordinal) => queued.has(ordinal));
  for (const ordinal of labelled.slice(0, last + 1)) sample.add(ordinal);
  return sample;
}
