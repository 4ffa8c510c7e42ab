/** What else moves the verdicts of a stored judge: each bias that its mode allows to be looked for. */

import type { PoolClient } from 'pg';
import type { Preference } from '../../contracts/judging.ts';
import type { TrustPanel } from '../../contracts/trust.ts';
import type { JudgeRunRow } from '../passes/judge-run-row.ts';
import { type BiasFinding, familyBias, lengthBias, modelFamily, orderBias, positionBias } from './bias.ts';
import type { TrustAsked } from './panel-asked.ts';
import { labelsOf } from './panel-labels.ts';
import { type JudgeVerdict, labelBy, numberOf } from './panel-verdicts.ts';

type Bias = TrustPanel['biases'][number];

/** Rows that a bias is looked for in, about; of more answers every second, third and so on is taken. */
const mostRows = 20_000;
/** Numbers shuffled in all for one bias: p of 20,000 rows comes from 200 shuffles, that of 4,000 rows from 1,000. */
const mostDraws = 4_000_000;
/** Judge runs that are looked through for other families. */
const mostRuns = 20;

/** Of so many answers each how-many-eth is looked at. */
const stepOf = (verdicts: JudgeVerdict[]): number => Math.max(1, Math.ceil(verdicts.length / mostRows));
const shuffles = (rows: unknown[]) => ({
  repetitions: Math.max(200, Math.min(1000, Math.floor(mostDraws / Math.max(1, rows.length)))),
});

const found = (kind: Bias['kind'], { n, effect, p, found: is, sentence }: BiasFinding): Bias => ({
  kind,
  n,
  effect,
  p,
  found: is,
  sentence,
});

/** A panel's places and orders are those of its members. */
export async function biasesOf(q: PoolClient, asked: TrustAsked, verdicts: JudgeVerdict[]): Promise<Bias[]> {
  const { run } = asked;
  const biases: Bias[] = [];
  if (run.mode === 'batch') {
    const places = await placesOf(q, asked, stepOf(verdicts));
    biases.push(found('position', positionBias(places, shuffles(places))));
  }
  if (run.mode === 'pairwise' && run.source === 'assay')
    biases.push(found('order', orderBias(await ordersOf(q, asked))));
  const lengths = await lengthsOf(q, asked, verdicts);
  if (lengths.length > 0) biases.push(found('length', lengthBias(lengths, shuffles(lengths))));
  const families = await familiesOf(q, asked);
  if (families.length > 0) biases.push(found('family', familyBias(families, shuffles(families))));
  return biases;
}

/** Whole calls, since a place means something beside the other places of its call. */
async function placesOf(q: PoolClient, { run, judge }: TrustAsked, step: number) {
  const { rows } = await q.query<{ position: number; score: number; call: string }>(
    `select position, score, call::text as call from judgments
     where judge_run_id = $1 and part = 'verdict' and ($2 = 'panel' or judge = $2) and position is not null and call is not null
       and score is not null and of > 1 and call % $3 = 0
     order by ordinal, judge`,
    [run.judge_run_id, judge, step],
  );
  return rows;
}

async function ordersOf(q: PoolClient, { run, judge }: TrustAsked) {
  const { rows } = await q.query<{ ab: Preference; ba: Preference }>(
    `select x.preference as ab, y.preference as ba from judgments x join judgments y
       on y.judge_run_id = x.judge_run_id and y.ordinal = x.ordinal and y.judge = x.judge and y.part = 'ba'
     where x.judge_run_id = $1 and x.part = 'ab' and ($2 = 'panel' or x.judge = $2) and x.preference is not null
       and y.preference is not null`,
    [run.judge_run_id, judge],
  );
  return rows;
}

/** Verdicts with a score, beside the length of their answer. */
async function lengthsOf(q: PoolClient, { run, labels }: TrustAsked, verdicts: JudgeVerdict[]) {
  const step = stepOf(verdicts);
  const scored =
    run.other_run_id === null
      ? verdicts.filter(({ score, there, ordinal }) => score !== null && there && ordinal % step === 0)
      : [];
  if (scored.length === 0) return [];
  const { rows } = await q.query<{ ordinal: number; characters: number }>(
    `select ordinal, length(content) as characters from answers where run_id = $1 and content is not null and ordinal % $2 = 0`,
    [run.run_id, step],
  );
  const lengths = new Map(rows.map(({ ordinal, characters }) => [ordinal, characters]));
  return scored.map(({ ordinal, score }) => ({
    characters: lengths.get(ordinal)!,
    score: score!,
    label: labels.majority.get(ordinal) ?? null,
  }));
}

interface FamilyRow {
  own: boolean;
  score: number;
  label: string | null;
}

/** A run of this judge over the dataset version, with the models it judged. */
type OtherRun = JudgeRunRow & { model: string; other_model: string | null };

/**
 * The judge's verdicts on all models over the same version of the dataset, by its newest run over each; none where all of
 * them are of its own family, or none is. Of a comparison between a model of its own family and another one, one of the two
 * answers is looked at, by the place of its item, so that each comparison counts once: it scores 10 when preferred, a tie 5.
 * Of large runs the same items are taken of each.
 */
async function familiesOf(q: PoolClient, { run, judge, labels }: TrustAsked): Promise<FamilyRow[]> {
  if (!['single', 'batch', 'pairwise'].includes(run.mode) || judge === 'panel' || judge === 'rules') return [];
  const family = modelFamily(judge);
  const all = (await runsOfJudge(q, run, judge)).map((other) => ({ other, ...ownOf(other, family) }));
  const looked = run.other_run_id === null ? all : all.filter(({ a, b }) => a !== b);
  if (run.other_run_id === null && new Set(looked.map(({ a }) => a)).size < 2) return [];
  const rows: FamilyRow[] = [];
  for (const { other, a, b } of looked) {
    const known = other.judge_run_id === run.judge_run_id ? labels : await labelsOf(q, other, { labels: 'all' });
    const { rows: said } = await q.query<JudgeVerdict>(
      `select ordinal, score, passed, preference from judgments where judge_run_id = $1 and judge = $2 and part = 'verdict'
         and error is null order by md5(ordinal::text) limit $3`,
      [other.judge_run_id, judge, Math.ceil(mostRows / looked.length)],
    );
    for (const verdict of said) {
      const label = known.majority.get(verdict.ordinal) ?? null;
      if (verdict.preference !== null) rows.push(sideOf(verdict, { a, b, label }));
      else if (verdict.score !== null) rows.push({ own: a, score: verdict.score, label });
    }
  }
  return rows;
}

const ownOf = ({ model, other_model }: OtherRun, family: string) => ({
  a: modelFamily(model) === family,
  b: other_model !== null && modelFamily(other_model) === family,
});

/** One of the two answers, drawn by the item; labels and scores are those of this answer. */
function sideOf(verdict: JudgeVerdict, { a, b, label }: { a: boolean; b: boolean; label: string | null }): FamilyRow {
  // The sum of an ordinal's digits in base 2 is odd for half of them, without a period.
  const first = verdict.ordinal.toString(2).replaceAll('0', '').length % 2 === 0;
  const won = numberOf(labelBy(verdict, 0)!);
  const said = label === null || label === 'tie' ? label : (label === 'a') === first ? 'preferred' : 'not preferred';
  return first ? { own: a, score: 10 * won, label: said } : { own: b, score: 10 * (1 - won), label: said };
}

async function runsOfJudge(q: PoolClient, run: JudgeRunRow, judge: string): Promise<OtherRun[]> {
  const { rows } = await q.query<OtherRun>(
    `select * from (
       select distinct on (r.run_id, r.other_run_id) r.*, a.model_id as model, b.model_id as other_model
       from judge_runs r join runs a on a.run_id = r.run_id left join runs b on b.run_id = r.other_run_id
       where r.version_id = $1 and $2 = any (r.judges) and (r.other_run_id is null) = $3
         and r.mode in ('single', 'batch', 'pairwise')
       order by r.run_id, r.other_run_id, (r.judge_run_id = $4) desc, r.created_at desc) newest
     order by (judge_run_id = $4) desc, created_at desc limit $5`,
    [run.version_id, judge, run.other_run_id === null, run.judge_run_id, mostRuns],
  );
  return rows;
}
