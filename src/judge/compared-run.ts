/** Settles the run that another one is compared with. */

import type { PoolClient } from 'pg';
import { AssayError } from '../errors.ts';
import { type RunRow, selectRun } from '../runs/run-row.ts';

/** The id of a run over the same items. @throws AssayError not_found, invalid_parameter (the run itself), conflict (other items) */
export async function comparedRun(
  q: PoolClient,
  run: Pick<RunRow, 'run_id' | 'version_id'>,
  otherId: string,
): Promise<string> {
  const other = await selectRun(q, otherId);
  if (other.run_id === run.run_id) {
    const param = 'other_benchmark_id';
    throw new AssayError('invalid_parameter', { param, problem: 'is the run itself', value: other.run_id }, { param });
  }
  if (other.version_id !== run.version_id) {
    throw new AssayError('conflict', {
      what: `Benchmarks ${run.run_id} and ${other.run_id} are over different versions or datasets`,
      remedy: 'Compare runs over the same version of a dataset.',
    });
  }
  return other.run_id;
}
