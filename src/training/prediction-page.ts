/** Reads a page of a job's predictions in a time that depends on the page, not on how many there are. */

import type { PoolClient } from 'pg';
import type { Prediction, PredictionPage, PredictionQuery } from '../contracts/predictions.ts';
import { idText } from '../datasets/version-items.ts';
import { noJob, seconds } from './job-row.ts';
import { roundEpoch } from './store-predictions.ts';

type Asked = PredictionQuery & { limit: number };
type PredictionRow = Omit<Prediction, 'id' | 'step' | 'created_at'> & { id: string; step: string; created_at: Date };

const columns = `p.id, p.job_id, p.epoch, p.step, p.hook, p.sample_index, p.sample_id, p.prompt, p.ground_truth, p.prediction,
  p.error, p.scores, p.truth_nll, p.dtype_rung, p.created_at`;

/**
 * By epoch, step, then sample. Without `sample` the sums of the evaluations say which of them the page is in, so that only
 * these are read: counting 100,000 rows and passing over them by OFFSET takes a hundred times as long
 * (bench/training-pages.ts). @throws AssayError not_found
 */
export async function predictionPage(q: PoolClient, id: string, asked: Asked): Promise<PredictionPage> {
  const query = asked.epoch === undefined ? asked : { ...asked, epoch: roundEpoch(asked.epoch) };
  const { total, epochs, steps } = await findSteps(q, id, query);
  const page =
    query.sample === undefined
      ? { total, rows: steps === null ? [] : await readSteps(q, { id, steps }, query) }
      : await ofSample(q, id, query);
  return {
    predictions: page.rows.map((row) => ({
      ...row,
      id: Number(row.id),
      step: Number(row.step),
      created_at: seconds(row.created_at),
    })),
    total_count: page.total,
    epoch_count: epochs,
  };
}

/** Numbers that a schema has checked stand in the statement as they are, so that the planner sees them. */
function chosen({ epoch, step }: Asked): string {
  const conditions = [
    ...(epoch === undefined ? [] : [`epoch = ${epoch}::double precision`]),
    ...(step === undefined ? [] : [`step = ${step}`]),
  ];
  return conditions.join(' and ') || 'true';
}

/** How many rows of an evaluation the filter for errors leaves. */
const rowsOf = ({ errors }: Asked): string =>
  errors === undefined ? 'samples' : errors === 'true' ? 'errors' : 'samples - errors';
const errorFilter = ({ errors }: Asked): string =>
  errors === undefined ? 'true' : `p.error is ${errors === 'true' ? 'not null' : 'null'}`;

/** The steps whose rows the page has some of, and how many of the chosen rows come before the first of them. */
interface Steps {
  epochs: number[];
  steps: string[];
  before: number;
}

async function findSteps(
  q: PoolClient,
  id: string,
  query: Asked,
): Promise<{ total: number; epochs: number; steps: Steps | null }> {
  const inPage = 'here > 0 and before < $2 and before + here > $3';
  const { rows } = await q.query(
    `with e as (
       select epoch, step, sum(${rowsOf(query)}) as here, sum(sum(${rowsOf(query)})) over (order by epoch, step) - sum(${rowsOf(query)}) as before
       from training_evaluations where job_id = $1 and ${chosen(query)} group by epoch, step)
     select exists (select from training_jobs where job_id = $1) as found, coalesce(sum(here), 0)::int as total,
       (select count(distinct epoch)::int from training_evaluations where job_id = $1) as epochs,
       array_agg(epoch order by epoch, step) filter (where ${inPage}) as page_epochs,
       array_agg(step order by epoch, step) filter (where ${inPage}) as page_steps,
       min(before) filter (where ${inPage}) as before
     from e`,
    [idText(id), query.offset + query.limit, query.offset],
  );
  const { found, total, epochs, page_epochs, page_steps, before } = rows[0]!;
  if (!found) throw noJob(id);
  const steps = page_epochs === null ? null : { epochs: page_epochs, steps: page_steps, before: Number(before) };
  return { total, epochs, steps };
}

async function readSteps(
  q: PoolClient,
  { id, steps }: { id: string; steps: Steps },
  query: Asked,
): Promise<PredictionRow[]> {
  const { rows } = await q.query<PredictionRow>(
    `select ${columns} from unnest($2::double precision[], $3::bigint[]) with ordinality as e (epoch, step, place)
     join training_predictions p on p.epoch = e.epoch and p.step = e.step
     where p.job_id = $1 and ${errorFilter(query)} order by e.place, p.sample_index, p.id limit $4 offset $5`,
    [id, steps.epochs, steps.steps, query.limit, query.offset - steps.before],
  );
  return rows;
}

/** Places that PostgreSQL counts in an array. */
const lastPlace = 2 ** 31 - 1;

/** Of one sample there is at most one row an evaluation: its ids are gathered and counted in one reading, without the texts. */
async function ofSample(q: PoolClient, id: string, query: Asked): Promise<{ total: number; rows: PredictionRow[] }> {
  const from = Math.min(query.offset, lastPlace - query.limit);
  const { rows: found } = await q.query<{ total: number; ids: string[] | null }>(
    `select count(*)::int as total, (array_agg(id order by epoch, step, id))[$3::integer + 1 : $3::integer + $4::integer] as ids
     from training_predictions p
     where job_id = $1 and sample_index = $2::bigint and ${chosen(query)} and ${errorFilter(query)}`,
    [id, query.sample, from, query.limit],
  );
  const { total, ids } = found[0]!;
  if (ids === null || ids.length === 0) return { total, rows: [] };
  const { rows } = await q.query<PredictionRow>(
    `select ${columns} from training_predictions p where id = any ($1::bigint[]) order by epoch, step, id`,
    [ids],
  );
  return { total, rows };
}
