/** Writes answers of a run as they land: reads what they say, and brings the states of their items up to date. */

import type { PoolClient } from 'pg';
import type { LandingAnswer, VersionOf } from '../runs/deps.ts';
import { comparisonOf, type HowCompared, readsAlike } from './comparison.ts';
import { guessComparing } from './guess-comparing.ts';
import { plainData, plainText } from './plain-data.ts';
import { type ReadColumns, readLanded } from './read-landed.ts';
import { recompute, refreshItems } from './refresh.ts';
import { rereadAnswers } from './reread.ts';
import { storableInteger } from './storable.ts';
import { takeTurn, tellLive } from './turn.ts';

/** A run, with the version of a user's dataset that it is over. */
export interface RunOf extends VersionOf {
  runId: string;
  modelId: string;
}

/** Longest part of an answer that the search finds words in, in characters. */
const searchedLength = 50_000;

const upsertAnswers = `
  insert into answers (run_id, ordinal, user_id, version_id, model_id, seq, ok, error_code, content, parse, fields, decision, correct,
    finish_reason, prompt_tokens, completion_tokens, cached_tokens, latency_ms, first_token_ms, scores, words, landed_at)
  select $1, n.ordinal, $2, $3, $4, nextval('workbench_seq'), n.ok, n.error_code, n.content, n.parse, n.fields, n.decision, n.correct,
    n.finish_reason, n.prompt_tokens, n.completion_tokens, n.cached_tokens, n.latency_ms, n.first_token_ms, n.scores,
    to_tsvector('simple', left(n.content, ${searchedLength})), clock_timestamp()
  from unnest($5::int[], $6::boolean[], $7::text[], $8::text[], $9::text[], $10::jsonb[], $11::text[], $12::boolean[], $13::text[],
    $14::int[], $15::int[], $16::int[], $17::int[], $18::int[], $19::jsonb[])
    as n (ordinal, ok, error_code, content, parse, fields, decision, correct, finish_reason, prompt_tokens, completion_tokens,
      cached_tokens, latency_ms, first_token_ms, scores)
  order by n.ordinal
  on conflict (run_id, ordinal) do update set seq = excluded.seq, ok = excluded.ok, error_code = excluded.error_code,
    content = excluded.content, parse = excluded.parse, fields = excluded.fields, decision = excluded.decision,
    correct = excluded.correct, finish_reason = excluded.finish_reason, prompt_tokens = excluded.prompt_tokens,
    completion_tokens = excluded.completion_tokens, cached_tokens = excluded.cached_tokens, latency_ms = excluded.latency_ms,
    first_token_ms = excluded.first_token_ms, scores = excluded.scores, words = excluded.words, landed_at = excluded.landed_at`;

/**
 * Lands answers of one run in the caller's transaction, replacing earlier ones to the same items; of several answers to
 * one item the last counts. Takes the turn; hand over some hundred rows at a time, so that others need not wait long.
 */
export async function landAnswers(q: PoolClient, run: RunOf, rows: LandingAnswer[]): Promise<void> {
  const answers = [...new Map(rows.map((row) => [row.ordinal, row])).values()];
  if (answers.length === 0) return;
  const ordinals = answers.map((answer) => answer.ordinal);
  const truths = await truthsOf(q, run.versionId, ordinals);
  const landed = answers.map((answer) => ({ ...answer, truth: truths.get(answer.ordinal) ?? null }));
  const read = (how: HowCompared) => readLanded(landed, how);
  // Read before the turn, since that takes longest; anew when the settings changed meanwhile.
  const before = await comparisonOf(q, run.datasetId);
  let columns = read(before);
  await takeTurn(q);
  const how = await comparisonOf(q, run.datasetId);
  if (!readsAlike(before, how)) columns = read(how);
  await q.query(upsertAnswers, answerValues(run, answers, columns));
  const renewed = await guessComparing(q, run, how);
  if (renewed === null) await recompute(q, { ...run, ordinals }, how);
  else {
    await rereadAnswers(q, run, renewed);
    await refreshItems(q, run, [...new Set([...renewed, ...ordinals])]);
  }
  await tellLive(q);
}

async function truthsOf(q: PoolClient, versionId: string, ordinals: number[]): Promise<Map<number, string>> {
  const { rows } = await q.query<{ ordinal: number; truth: string }>(
    'select ordinal, truth from items where version_id = $1 and ordinal = any ($2::int[]) and truth is not null',
    [versionId, ordinals],
  );
  return new Map(rows.map((row) => [row.ordinal, row.truth]));
}

function answerValues(run: RunOf, answers: LandingAnswer[], read: ReadColumns[]): unknown[] {
  const text = (value: string | null) => (value === null ? null : plainText(value));
  return [
    run.runId,
    run.userId,
    run.versionId,
    run.modelId,
    answers.map((a) => a.ordinal),
    answers.map((a) => a.ok),
    answers.map((a) => text(a.errorCode)),
    answers.map((a) => text(a.content)),
    read.map((r) => r.parse),
    read.map((r) => r.fields),
    read.map((r) => r.decision),
    read.map((r) => r.correct),
    answers.map((a) => text(a.finishReason)),
    answers.map((a) => storableInteger(a.promptTokens)),
    answers.map((a) => storableInteger(a.completionTokens)),
    answers.map((a) => storableInteger(a.cachedTokens)),
    answers.map((a) => storableInteger(a.latencyMs)),
    answers.map((a) => storableInteger(a.firstTokenMs)),
    answers.map((a) => (a.scores === null ? null : JSON.stringify(plainData(a.scores)))),
  ];
}
