/** Tells how each sample went over the evaluations of a job: learned, forgotten, flapping, always right or always wrong. */

import type { PoolClient } from 'pg';
import { type MovementPage, type MovementQuery, movements, type SampleMovement } from '../contracts/predictions.ts';
import { evaluationOrder } from './evaluations.ts';
import { selectJob } from './job-row.ts';

type Movement = SampleMovement['movement'];

/** Samples whose scores are held at once. */
const samplesAtOnce = 500;

/** Changes between right and wrong from which a sample is said to flap, one less. */
const steadyTurns = 2;

/** A page of samples by index, and how many samples there are of each movement. @throws AssayError not_found */
export async function sampleMovements(q: PoolClient, id: string, query: MovementQuery): Promise<MovementPage> {
  const { config } = await selectJob(q, id);
  const counts = Object.fromEntries(movements.map((name) => [name, 0])) as MovementPage['counts'];
  const page: Moved[] = [];
  let wanted = 0;
  for (let from = 0; from < config.predictions.sample_count; from += samplesAtOnce) {
    for (const { scores, ...sample } of await scoresOf(q, { id, score: query.score, from })) {
      const movement = movementOf(scores, query.mark);
      counts[movement] += 1;
      if (query.movement !== undefined && movement !== query.movement) continue;
      if (wanted >= query.offset && page.length < query.limit) page.push({ ...sample, scores, movement });
      wanted += 1;
    }
  }
  return { samples: await withTexts(q, id, page), total_count: wanted, counts };
}

/**
 * From the scores of a sample in the order of its evaluations, null where there is none. Of a sample that changed twice
 * the end counts: right, wrong and right again is learned.
 *
 *     movementOf([0, null, 1, 1], 1) // 'learned'
 */
export function movementOf(scores: (number | null)[], mark: number): Movement {
  const right = scores.flatMap((score) => (score === null ? [] : score >= mark));
  if (right.length < 2) return 'unknown';
  const turns = right.slice(1).filter((now, before) => now !== right[before]).length;
  if (turns > steadyTurns) return 'flapping';
  const last = right.at(-1)!;
  if (turns === 0) return last ? 'right' : 'wrong';
  return last ? 'learned' : 'forgotten';
}

type Scored = Pick<SampleMovement, 'sample_index' | 'scores' | 'errors'>;
type Moved = Scored & { movement: Movement };

/** One reading of the rows, put in order here: the database would write them to disk to sort them. */
async function scoresOf(q: PoolClient, of: { id: string; score: string; from: number }): Promise<Scored[]> {
  const { rows } = await q.query<Scored & { places: number[]; evaluations: number }>(
    `with e as (select step, hook, (row_number() over (order by ${evaluationOrder}))::int - 1 as place
       from training_evaluations where job_id = $1)
     select p.sample_index, array_agg(e.place) as places, array_agg((p.scores ->> $2)::double precision) as scores,
       count(p.error)::int as errors, (select count(*) from e)::int as evaluations
     from training_predictions p join e using (step, hook)
     where p.job_id = $1 and p.sample_index >= $3 and p.sample_index < $4 group by p.sample_index order by p.sample_index`,
    [of.id, of.score, of.from, of.from + samplesAtOnce],
  );
  return rows.map(({ sample_index, errors, places, scores, evaluations }) => {
    const ordered: (number | null)[] = Array(evaluations).fill(null);
    for (const [at, place] of places.entries()) ordered[place] = scores[at]!;
    return { sample_index, errors, scores: ordered };
  });
}

/** With the texts of the newest prediction of each. */
async function withTexts(q: PoolClient, id: string, page: Moved[]): Promise<SampleMovement[]> {
  if (page.length === 0) return [];
  const { rows } = await q.query<Pick<SampleMovement, 'sample_id' | 'prompt' | 'ground_truth'>>(
    `select newest.* from unnest($2::integer[]) with ordinality as w (sample_index, at)
     cross join lateral (
       select sample_id, prompt, ground_truth from training_predictions p
       where job_id = $1 and p.sample_index = w.sample_index order by step desc, id desc limit 1) newest
     order by at`,
    [id, page.map(({ sample_index: index }) => index)],
  );
  return page.map((sample, at) => ({ ...sample, ...rows[at]! }));
}
