/** Draws a stratified sample: one walk counts, the next keeps candidates of each stratum, until each has its rows. */

import type { SampleOptions, SampleStats } from '../../contracts/sampling.ts';
import { AssayError } from '../../errors.ts';
import { type Drawn, draw } from './draw.ts';
import { type Candidate, openPool } from './pool.ts';
import { type SampleControl, type SampleSource, watchedRows } from './sample-source.ts';
import { statsOf } from './sample-stats.ts';
import { aimsOf, quotasOf, type Strata, strataOf } from './strata.ts';
import { type Survey, surveyRows } from './survey.ts';

export interface Sample {
  /** Numbers of the rows drawn, from 1, in ascending order. */
  numbers: Uint32Array;
  /** The category of each of them, from its field, by rules or by a model. */
  categories: string[];
  stats: SampleStats;
}

/** Candidates beyond the rows wanted, for those that are near-duplicates: a share of them, and some for small strata. */
const RESERVE = 0.25;
const RESERVE_ROWS = 16;

/**
 * Memory grows with the rows drawn, and by four bytes a row of the source. The same rows, options and seed give the same
 * sample, in whatever order the rows stand (those without an id must differ in text).
 * @throws AssayError invalid_parameter (weights, minimum, category_path, source_path); what the source throws; the signal's reason.
 */
export async function sampleRows(
  source: SampleSource,
  options: SampleOptions,
  control: SampleControl = {},
): Promise<Sample> {
  const started = performance.now();
  const survey = await surveyRows(source, options, control);
  checkFields(source, survey, options);
  const strata = strataOf(survey, options);
  const aims = aimsOf(strata.all, options);
  const { drawn, most } = await drawAll({ source, survey, strata, options, control }, aims);
  const categoryOf = new Map(
    drawn.rows.flatMap((rows, at) => rows.map(({ number }) => [number, strata.all[at]!.category] as const)),
  );
  const numbers = Uint32Array.from(categoryOf.keys()).sort();
  const sha256 = await source.sha256();
  const seconds = Math.round(performance.now() - started) / 1000;
  const stats = statsOf({ name: source.name, sha256, survey, strata: strata.all, aims, drawn, most, options, seconds });
  return { numbers, categories: Array.from(numbers, (number) => categoryOf.get(number)!), stats };
}

interface Drawing {
  source: SampleSource;
  survey: Survey;
  strata: Strata;
  options: SampleOptions;
  control: SampleControl;
}

/**
 * Where near-duplicates use a pool up, it is filled anew with twice the reserve; where they use the whole stratum up, the
 * others are given what it lacks. `most` is what each stratum can give.
 */
async function drawAll(drawing: Drawing, aims: ReturnType<typeof aimsOf>): Promise<{ drawn: Drawn; most: number[] }> {
  const { options } = drawing;
  const strata = drawing.strata.all;
  const most = strata.map(({ rows }) => rows);
  let reserve = options.near_duplicates === null ? 0 : RESERVE;
  let pools: Filled[] = [];
  for (;;) {
    const quotas = quotasOf(strata, aims, { options, most });
    const sizes = quotas.map((quota) => (reserve === 0 ? quota : Math.ceil(quota * (1 + reserve)) + RESERVE_ROWS));
    const enough = (at: number) => pools[at] && (pools[at].whole || pools[at].candidates.length >= quotas[at]!);
    if (!strata.every((_, at) => enough(at))) pools = await fillPools(drawing, sizes);
    const usedUp = (at: number) => most[at]! < strata[at]!.rows && quotas[at] === most[at];
    const drawn = draw(
      pools.map(({ candidates }) => candidates),
      quotas,
      { threshold: options.near_duplicates, seed: options.seed, usedUp },
    );
    const short = strata.flatMap((_, at) => (drawn.rows[at]!.length < quotas[at]! ? [at] : []));
    if (short.length === 0) return { drawn, most };
    for (const at of short.filter((at) => pools[at]!.whole)) most[at] = drawn.rows[at]!.length;
    if (short.some((at) => !pools[at]!.whole)) {
      reserve *= 2;
      pools = [];
    }
  }
}

interface Filled {
  candidates: Candidate[];
  /** Whether all different rows of the stratum are among them. */
  whole: boolean;
}

async function fillPools({ source, survey, strata, options, control }: Drawing, sizes: number[]): Promise<Filled[]> {
  const { seed, near_duplicates: threshold } = options;
  const how = { seed, distinct: threshold !== null, shingles: threshold !== null && threshold < 1 };
  const pools = sizes.map((size) => openPool(size, how));
  const share = (rows: number) => (1 + rows / survey.rows) / 3;
  let rows = 0;
  for await (const row of watchedRows(source, control, { note: 'drawing rows', total: survey.rows, share })) {
    const pool = pools[strata.of(row.number, row.text.length)];
    if ((rows += 1) > survey.rows || pool === undefined) throw changed(source);
    pool.see(row);
  }
  if (rows < survey.rows) throw changed(source);
  return pools.map((pool) => ({ candidates: pool.candidates(), whole: !pool.overflowed }));
}

function checkFields({ fields }: SampleSource, survey: Survey, options: SampleOptions): void {
  const missing = {
    category_path: survey.classified.field === 0,
    source_path: survey.cells.every(({ source }) => source === null),
  };
  for (const param of ['category_path', 'source_path'] as const) {
    if (options[param] === undefined || !missing[param]) continue;
    const problem = `must name a field that rows have a value in; fields there are: ${fields.slice(0, 50).join(', ')}`;
    throw new AssayError('invalid_parameter', { param, problem, value: options[param] }, { param });
  }
}

const changed = (source: SampleSource): AssayError =>
  new AssayError('input_unreadable', { file: source.name, problem: 'it changed while it was read; sample it again' });
