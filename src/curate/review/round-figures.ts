/** Computes what labels say of each current run: its golden share in the audit sample, and a judge's share mended by it. */

import type { PoolClient } from 'pg';
import { currentRuns } from '../../compare/grid-models.ts';
import type { ReviewRound } from '../../contracts/label-studio.ts';
import { newestVersion } from '../../datasets/version-items.ts';
import { correctedRate } from '../../judge/trust/panel-corrected.ts';
import { type Labels, labelsOf } from '../../judge/trust/panel-labels.ts';
import { verdictsOf } from '../../judge/trust/panel-verdicts.ts';
import { shareOf } from '../../judge/trust/wilson.ts';
import { type JudgingRun, newestJudgeRuns } from './newest-judge-runs.ts';

export type Figure = ReviewRound['figures'][number];

/**
 * Of the current runs over the newest version, oldest first. An answer is golden when most people pass it; one without a
 * majority is left out, as are the items that the run's own prompt shows as examples.
 * @throws AssayError not_found
 */
export async function roundFigures(
  q: PoolClient,
  { userId, datasetId }: { userId: string; datasetId: string },
): Promise<Figure[]> {
  const { versionId } = await newestVersion(q, userId, datasetId);
  const runs = await currentRuns(q, versionId, []);
  const judges = await newestJudgeRuns(
    q,
    runs.map(({ runId }) => runId),
  );
  const figures: Figure[] = [];
  for (const { runId, modelId, exampleItems } of runs) {
    const examples = await ordinalsOf(q, versionId, exampleItems);
    const labels = await auditLabels(q, runId, examples);
    const drawn = [...labels.audit].flatMap((ordinal) => labels.majority.get(ordinal) ?? []);
    const golden = drawn.filter((label) => label === 'pass').length;
    const { value, interval } = shareOf(golden, drawn.length);
    const judged = judges.find(({ row }) => row.run_id === runId);
    figures.push({
      model_id: modelId,
      run_id: runId,
      golden,
      n: drawn.length,
      share: value,
      low: interval?.[0] ?? null,
      high: interval?.[1] ?? null,
      ...(await correctedBy(q, judged, { labels, examples })),
    });
  }
  return figures;
}

type Corrected = Pick<Figure, 'judge_run_id' | 'corrected' | 'corrected_low' | 'corrected_high'>;

/** As the trust panel of that judge run has it, of the same sample. */
async function correctedBy(
  q: PoolClient,
  judged: JudgingRun | undefined,
  { labels, examples }: { labels: Labels; examples: Set<number> },
): Promise<Corrected> {
  if (judged === undefined) return { judge_run_id: null, corrected: null, corrected_low: null, corrected_high: null };
  const { row, counting } = judged;
  const verdicts = await verdictsOf(q, row, counting);
  const { corrected } = correctedRate(
    verdicts.filter(({ ordinal }) => !examples.has(ordinal)),
    labels,
    row.threshold,
  );
  return {
    judge_run_id: row.judge_run_id,
    corrected: corrected?.rate ?? null,
    corrected_low: corrected?.ci[0] ?? null,
    corrected_high: corrected?.ci[1] ?? null,
  };
}

/** People's labels of a run; its audit sample are the answers of which somebody's verdict says that they were drawn at random. */
async function auditLabels(q: PoolClient, runId: string, examples: Set<number>): Promise<Labels> {
  const labels = await labelsOf(q, { run_id: runId, other_run_id: null }, { labels: 'all' });
  const { rows } = await q.query<{ ordinal: number }>(
    `select distinct j.ordinal from judge_runs h join judgments j using (judge_run_id)
     where h.run_id = $1 and h.other_run_id is null and h.mode = 'human' and j.part = 'verdict' and j.judge <> 'panel'
       and j.sample = 'audit'`,
    [runId],
  );
  return { ...labels, audit: new Set(rows.map(({ ordinal }) => ordinal).filter((ordinal) => !examples.has(ordinal))) };
}

async function ordinalsOf(q: PoolClient, versionId: string, itemIds: string[]): Promise<Set<number>> {
  if (itemIds.length === 0) return new Set();
  const { rows } = await q.query<{ ordinal: number }>(
    'select ordinal from items where version_id = $1 and item_id = any ($2::text[])',
    [versionId, itemIds],
  );
  return new Set(rows.map(({ ordinal }) => ordinal));
}
