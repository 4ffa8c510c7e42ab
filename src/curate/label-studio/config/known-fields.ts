/** Finds the fields of a dataset's answers that take few values: for these annotators are offered choices. */

import type { PoolClient } from 'pg';
import { comparisonOf } from '../../../compare/comparison.ts';
import { flatten } from '../../../compare/field-paths.ts';
import { currentRuns } from '../../../compare/grid-models.ts';
import { DECISION } from '../../../compare/guess-normalisers.ts';
import { textKey } from '../../../compare/text-key.ts';
import { splitPath } from '../../../datasets/field-path.ts';
import type { KnownField } from './generate-config.ts';
import { isWritable } from './xml-text.ts';

/** Answers, and items with an expected answer, that are looked at. */
const sampled = 5000;
/** Fields that are offered: a block with more of them is not looked at any more, and the text area takes the rest. */
const mostFields = 8;
/** Longer values, in characters, are texts and no choices. */
const longest = 60;

/** Spellings of one value count as one. */
interface Tally {
  seen: number;
  /** Places of the items whose answers have it. */
  items: Set<number>;
  /** By text key, how often each spelling stands there. */
  spellings: Map<string, Map<string, number>>;
  /** Whether a value is no choice: a long text. */
  open: boolean;
}

/**
 * The decision first (with the values that are expected of it), then other fields, the most frequent first; none has
 * fewer than 2 or more than `most` values. Fields inside lists are left out: their places differ from answer to answer.
 * @throws AssayError invalid_parameter for a model without a current run over the version
 */
export async function knownFields(
  q: PoolClient,
  of: { versionId: string; models: string[]; most: number },
): Promise<KnownField[]> {
  const runs = (await currentRuns(q, of.versionId, of.models)).map((run) => run.runId);
  const { decisionPath } = await comparisonOfVersion(q, of.versionId);
  const path = decisionPath ?? DECISION;
  const decision = emptyTally();
  const tallies = new Map<string, Tally>();
  for (const answer of await sampleAnswers(q, runs)) {
    if (answer.decision !== null) count(decision, answer.decision);
    for (const [name, { kind, value }] of flatten(answer.fields ?? {})) {
      if (kind === 'null' || name.toLowerCase() === path.toLowerCase() || isInList(name)) continue;
      const tally = tallies.get(name) ?? emptyTally();
      tallies.set(name, tally);
      tally.items.add(answer.ordinal);
      if (kind === 'list' || kind === 'object') tally.open = true;
      else count(tally, String(value));
    }
  }
  await addTruths(q, { ...of, decision });
  const others = [...tallies]
    .filter(([, tally]) => repeats(tally))
    .sort(([a, one], [b, other]) => other.seen - one.seen || (a < b ? -1 : 1));
  return [[path, decision] as const, ...others]
    .map(([field, tally]) => ({ field, values: valuesOf(tally) }))
    .filter(({ field, values }) => values.length >= 2 && values.length <= of.most && isWritable(field))
    .slice(0, mostFields);
}

async function comparisonOfVersion(q: PoolClient, versionId: string): Promise<{ decisionPath: string | null }> {
  const { rows } = await q.query<{ dataset_id: string }>(
    'select dataset_id from dataset_versions where version_id = $1',
    [versionId],
  );
  return comparisonOf(q, rows[0]?.dataset_id ?? '');
}

// Ordered by a hash, so that a file that repeats with some period is seen whole, and the same answers are seen again. One
// scan without a join, 1 to 2 s of 200,000 answers: finding keys first and joining the answers to them takes 1 s too, but
// 100 s right after an import, while the planner has no figures of the table.
const answerSample = `
  select ordinal, fields, decision from answers where run_id = any($1) and ok
  order by md5(ordinal::text), run_id limit $2`;

async function sampleAnswers(
  q: PoolClient,
  runs: string[],
): Promise<{ ordinal: number; fields: Record<string, unknown> | null; decision: string | null }[]> {
  return (await q.query(answerSample, [runs, sampled])).rows;
}

/** What is expected counts where all of it is choices, and leaves the decision with no more values than there may be. */
async function addTruths(q: PoolClient, of: { versionId: string; most: number; decision: Tally }): Promise<void> {
  if (of.decision.spellings.size === 0) return;
  const { rows } = await q.query<{ truth: string }>(
    `select truth from items where version_id = $1 and truth is not null order by md5(ordinal::text) limit $2`,
    [of.versionId, sampled],
  );
  const truths = emptyTally();
  for (const { truth } of rows) count(truths, truth);
  const all = new Set([...truths.spellings.keys(), ...of.decision.spellings.keys()]);
  if (truths.open || all.size > of.most) return;
  for (const [key, spellings] of truths.spellings) {
    if (!of.decision.spellings.has(key)) of.decision.spellings.set(key, spellings);
  }
}

const emptyTally = (): Tally => ({ seen: 0, items: new Set(), spellings: new Map(), open: false });

const isInList = (path: string): boolean => splitPath(path).some((name) => /^\d+$/.test(name));

function count(tally: Tally, value: string): void {
  const text = value.trim();
  const key = textKey(text);
  if (key === '') return;
  tally.seen += 1;
  if (text.length > longest || !isWritable(text)) tally.open = true;
  if (tally.open) return;
  const spellings = tally.spellings.get(key) ?? new Map<string, number>();
  tally.spellings.set(key, spellings.set(text, (spellings.get(text) ?? 0) + 1));
}

/** A field of which nearly every item has a value of its own is no choice, however few items there are yet. */
const repeats = ({ items, spellings }: Tally): boolean => items.size < 4 || spellings.size * 2 <= items.size;

/** Numbers by size, words by the alphabet; each as it is written most. Empty for a field of texts. */
function valuesOf({ open, spellings }: Tally): string[] {
  if (open) return [];
  const order = new Intl.Collator('en', { numeric: true });
  return [...spellings.values()]
    .map((counts) => [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]![0])
    .sort((a, b) => Number(a) - Number(b) || order.compare(a, b) || (a < b ? -1 : 1));
}
