/** Makes the verdict that counts out of several: both orders of a comparison, and the judges of a panel. */

import type { PoolClient } from 'pg';
import type { Preference } from '../../contracts/judging.ts';
import { combineOrders } from '../asking/pairwise-prompt.ts';
import type { JudgeRunRow } from './judge-run-row.ts';
import { blankJudgment, keepJudgments, type NewJudgment, type Part } from './keep-judgments.ts';

interface Said {
  ordinal: number;
  judge: string;
  part: Part;
  score: number | null;
  passed: boolean | null;
  preference: Preference | null;
  criteria: Record<string, number>;
  confidence: number | null;
  error: string | null;
}

/** Writes what the judgments of `ordinals` amount to, as far as all of its parts are there. */
export async function combine(q: PoolClient, run: JudgeRunRow, ordinals: number[]): Promise<void> {
  if (ordinals.length === 0 || (run.mode !== 'pairwise' && run.judges.length < 2)) return;
  const said = await saidOf(q, run, ordinals);
  const ordered = run.mode === 'pairwise' ? said.flatMap((one) => bothOrders(one, said)) : [];
  await keepJudgments(q, run, ordered);
  if (run.judges.length < 2) return;
  const verdicts = Map.groupBy(ordered.length > 0 ? await saidOf(q, run, ordinals) : said, (one) => one.ordinal);
  const panels = [...verdicts].flatMap(([ordinal, all]) => {
    const own = all.filter((one) => one.part === 'verdict' && run.judges.includes(one.judge));
    return own.length === run.judges.length ? [panelVerdict(ordinal, own, run)] : [];
  });
  await keepJudgments(q, run, panels);
}

async function saidOf(q: PoolClient, run: JudgeRunRow, ordinals: number[]): Promise<Said[]> {
  const { rows } = await q.query<Said>(
    `select ordinal, judge, part, score, passed, preference, criteria, confidence, error from judgments
     where judge_run_id = $1 and ordinal = any ($2::int[]) and part <> 'check' order by ordinal, judge, part`,
    [run.judge_run_id, ordinals],
  );
  return rows;
}

function bothOrders(ab: Said, all: Said[]): NewJudgment[] {
  if (ab.part !== 'ab') return [];
  const ba = all.find((one) => one.part === 'ba' && one.ordinal === ab.ordinal && one.judge === ab.judge);
  if (ba === undefined) return [];
  const blank = blankJudgment(ab.ordinal, ab.judge, 'llm');
  const error = ab.error ?? ba.error;
  if (error !== null) return [{ ...blank, error, errorDetail: `one order of the comparison has no verdict` }];
  const preference = combineOrders(ab.preference as 'a' | 'b' | 'tie', ba.preference as 'a' | 'b' | 'tie');
  return [{ ...blank, preference, confidence: meanOf([ab.confidence, ba.confidence]) }];
}

/** Judges that gave no verdict are left out of it; without any there is none. */
function panelVerdict(ordinal: number, said: Said[], run: JudgeRunRow): NewJudgment {
  const blank = blankJudgment(ordinal, 'panel', 'llm');
  const usable = said.filter((one) => one.error === null);
  if (usable.length === 0)
    return { ...blank, error: said[0]!.error, errorDetail: 'no judge of the panel gave a verdict' };
  const confidence = meanOf(usable.map((one) => one.confidence));
  if (run.mode === 'pairwise')
    return { ...blank, preference: mostSaid(usable.map((one) => one.preference!)), confidence };
  const scores = usable.map((one) => one.score!);
  const criteria = Object.fromEntries(
    run.settings.criteria.map(({ name }) => [name, meanOf(usable.map((one) => one.criteria[name] ?? null))!]),
  );
  if (run.settings.panel === 'mean') return { ...blank, score: meanOf(scores), criteria, confidence };
  return { ...blank, score: medianOf(scores), criteria, confidence };
}

/** The preference that more than half of the judges share; without one it is undecided. */
function mostSaid(preferences: Preference[]): Preference {
  for (const one of new Set(preferences)) {
    if (preferences.filter((other) => other === one).length * 2 > preferences.length) return one;
  }
  return 'undecided';
}

function meanOf(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The median passes a threshold exactly when the majority does; of an even number the lower of the middle two. */
function medianOf(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
}
