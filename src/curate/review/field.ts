/** Settles what items are ranked among: the models that count, the conditions that leave items out, and the judges. */

import type { PoolClient } from 'pg';
import { filterSql } from '../../compare/grid-filter.ts';
import { currentRuns } from '../../compare/grid-models.ts';
import { type GridFilter, gridFilter } from '../../contracts/workbench.ts';
import { type JudgingRun, newestJudgeRuns } from './newest-judge-runs.ts';
import type { RankOf } from './rank-of.ts';

/** The settled question. */
export interface Field {
  of: RankOf;
  /** Models with a current run, and whether they are all there are. */
  models: string[];
  all: boolean;
  judges: JudgingRun[];
}

/** What PostgreSQL is asked: `chosen` is a query of ordinal, disagreement, draw and picked; `values` are its parameters. */
export interface ChosenSql {
  chosen: string;
  values: unknown[];
}

/** null when no model has answered. @throws AssayError invalid_parameter */
export async function openField(q: PoolClient, of: RankOf): Promise<Field | null> {
  const runs = await currentRuns(q, of.versionId, []);
  const wanted = runs.filter(({ modelId }) => of.models.length === 0 || of.models.includes(modelId));
  if (wanted.length === 0) return null;
  const judges = await newestJudgeRuns(
    q,
    wanted.map(({ runId }) => runId),
  );
  return { of, models: wanted.map(({ modelId }) => modelId), all: wanted.length === runs.length, judges };
}

/**
 * The items that the filter leaves. `draw` is the place of an item in the random order, of 60 bits; `picked` says whether
 * `select` takes it.
 */
export function chosenSql({ of, models, all }: Field): ChosenSql {
  const values: unknown[] = [of.versionId, of.seed];
  const filter = filterOf(of, all ? [] : models);
  const conditions = [all ? 's.answers > 0' : `s.decisions ?| $${values.push(models)}::text[]`];
  conditions.push(filterSql(filter, values));
  if (of.without !== undefined) conditions.push('s.golden = 0 and s.fixed = 0 and s.wrong = 0');
  const picked =
    of.select === 'everything' || of.select === 'audit'
      ? 'true'
      : filterSql({ ...filterOf({ ...of, filter: {} }, all ? [] : models), filter: [of.select] }, values);
  const chosen = `select i.ordinal, ${disagreementSql({ models, all }, values)} as disagreement,
      ('x' || left(md5($2::text || ' ' || i.item_id), 15))::bit(60)::bigint as draw, (${picked}) as picked
    from items i join item_states s on s.version_id = i.version_id and s.ordinal = i.ordinal
    where i.version_id = $1 and ${conditions.join(' and ')}`;
  return { chosen, values };
}

/** The draw below which an item belongs to the share that is kept for the audit. */
export const reservedBelow = (share: number): string => String(BigInt(Math.round(share * 2 ** 40)) << 20n);

/** The filter as the grid reads it; one that names no models is over those that are ranked for. */
function filterOf({ datasetId, filter }: RankOf, models: string[]): GridFilter {
  const read = gridFilter.parse({ ...filter, dataset_id: datasetId });
  return read.models.length > 0 ? read : { ...read, models };
}

/**
 * Entropy of the decisions by the most that these models can have. item_states holds it over all current models, in bits; of
 * some of them it is made here, and where all agree all of some agree.
 */
function disagreementSql({ models, all }: Pick<Field, 'models' | 'all'>, values: unknown[]): string {
  const most = `$${values.push(Math.log2(Math.max(2, models.length)))}::float8`;
  if (all) return `least(1, s.disagreement / ${most})`;
  const each = models.map((model) => {
    const key = `$${values.push(model)}::text`;
    return `coalesce(s.decisions ->> ${key}, s.classes -> '' ->> ${key})`;
  });
  return `case when s.disagreement = 0 then 0 else least(1, (
      select coalesce(-sum(p.share * ln(p.share) / ln(2)), 0) / ${most} from (
        select count(*)::float8 / sum(count(*)) over () as share from unnest(array[${each.join(', ')}]) as d (value)
        where d.value is not null group by d.value) p)) end`;
}
