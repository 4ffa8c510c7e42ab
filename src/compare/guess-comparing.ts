/** Guesses how answers are compared, when enough of them have landed: the decision, rules for texts, normalisers. */

import { isDeepStrictEqual } from 'node:util';
import type { PoolClient } from 'pg';
import type { Comparing } from '../contracts/datasets.ts';
import type { VersionOf } from '../runs/deps.ts';
import type { Guess, HowCompared } from './comparison.ts';
import { guessDecision, guessRules } from './decision.ts';
import { guessNormalisers } from './guess-normalisers.ts';
import { readAnswers } from './read-answer.ts';

/** Numbers of answers at which it is guessed (anew). */
const steps = [20, 200, 2000];
const last = steps.at(-1)!;
/** Texts and fields at most that are looked at and kept. */
const sampleTexts = 300;
const keptNormalisers = 200;

/**
 * Keeps the guess under `guessed` in datasets.comparing; what a person set comes before it. Gives the ordinals of all
 * answered items when it is another guess than before, so that their answers are to be read anew; else null.
 */
export async function guessComparing(q: PoolClient, version: VersionOf, how: HowCompared): Promise<number[] | null> {
  const before = how.guessed?.answers ?? 0;
  if (before >= last) return null;
  const { rows } = await q.query<{ answers: number }>(
    `select count(*)::int as answers from (select from answers where version_id = $1 and ok limit ${last}) as looked_at`,
    [version.versionId],
  );
  const { answers } = rows[0]!;
  if (!steps.some((step) => step > before && step <= answers)) return null;
  const guess = await guessFrom(q, version.versionId);
  await q.query(
    `update datasets set comparing = comparing || jsonb_build_object('guessed', $2::jsonb) where dataset_id = $1`,
    [version.datasetId, JSON.stringify({ ...guess, answers } satisfies Guess)],
  );
  if (isDeepStrictEqual(guess, withoutCount(how.guessed))) return null;
  const answered = await q.query<{ ordinal: number }>('select distinct ordinal from answers where version_id = $1', [
    version.versionId,
  ]);
  return answered.rows.map((row) => row.ordinal);
}

async function guessFrom(q: PoolClient, versionId: string): Promise<Comparing> {
  const { rows } = await q.query<{ fields: Record<string, unknown> }>(
    `select fields from answers where version_id = $1 and fields is not null order by ordinal limit ${last}`,
    [versionId],
  );
  const texts = await q.query<{ content: string }>(
    `select content from answers where version_id = $1 and ok and fields is null and content is not null
     order by ordinal limit ${sampleTexts}`,
    [versionId],
  );
  const fields = rows.map((row) => row.fields);
  const contents = texts.rows.map((row) => row.content);
  const path = guessDecision(fields);
  const rules = guessRules(contents);
  const decisions = readAnswers(contents, { decisionPath: path, rules }).flatMap(({ decision }) => decision ?? []);
  const normalisers = Object.entries(guessNormalisers(fields, path, decisions)).slice(0, keptNormalisers);
  return { decision_path: path, rules, normalisers: Object.fromEntries(normalisers) };
}

function withoutCount(guess: Guess | null): Comparing | null {
  if (guess === null) return null;
  return { decision_path: guess.decision_path, rules: guess.rules, normalisers: guess.normalisers };
}
