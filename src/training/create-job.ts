/** Makes a training job: its settings settled, its sources looked at, its first token made. */

import type { CreatedTrainingJob, NewTrainingJob } from '../contracts/training.ts';
import { cleanValue } from './clean-text.ts';
import { newJobId, selectJob } from './job-row.ts';
import { makeToken } from './job-tokens.ts';
import { settlePredictions } from './prediction-settings.ts';
import { checkSource } from './training-data.ts';
import type { TrainingDeps } from './training-deps.ts';

/**
 * The job with its token, which is shown this once.
 * @throws AssayError prediction_limit, predictions_disabled, not_found (a source), conflict, invalid_parameter; nothing is written then
 */
export async function createJob(
  deps: TrainingDeps,
  userId: string,
  asked: NewTrainingJob,
): Promise<CreatedTrainingJob> {
  const { config, ...job } = cleanValue(asked);
  const predictions = settlePredictions(deps, config.predictions ?? {}, 'config.predictions');
  for (const param of ['data', 'samples'] as const) {
    const source = job[param];
    if (source !== undefined) await checkSource(deps, userId, { source, param });
  }
  return deps.db.asUser(userId, async (q) => {
    const id = newJobId();
    await q.query(
      `insert into training_jobs (job_id, user_id, name, base_model, method, config, data, samples, parameters_billions, total_epochs)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        id,
        userId,
        job.name,
        job.base_model,
        job.method,
        JSON.stringify({ ...config, predictions }),
        job.data ?? null,
        job.samples ?? null,
        job.parameters_billions ?? null,
        job.epochs ?? null,
      ],
    );
    const { token } = await makeToken(q, { userId, jobId: id });
    return { ...(await selectJob(q, id)), token };
  });
}
