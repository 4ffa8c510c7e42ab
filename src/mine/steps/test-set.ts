/** The step "test_set": draws a stratified sample of the dataset and keeps it as a dataset of its own. */

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleDataset } from '../../datasets/sampling/sample-dataset.ts';
import { writeSample } from '../../datasets/sampling/write-sample.ts';
import { newestVersion } from '../../datasets/version-items.ts';
import type { Begun, Outcome, Step } from './step.ts';

export const testSetStep: Step = {
  name: 'test_set',
  wanted: ({ source, settings }) => source === 'assay' && settings.judge_run_ids === undefined,
  async inputs({ deps, analysis }) {
    const { user_id: userId, dataset_id: datasetId, settings } = analysis;
    const { versionId } = await deps.db.asUser(userId, (q) => newestVersion(q, userId, datasetId!));
    return [versionId, settings.test_set ?? null];
  },
  async run(begun) {
    const { analysis } = begun;
    if (analysis.settings.test_set === undefined) return wholeDataset(begun);
    const there = begun.earlier?.test_dataset_id ?? null;
    if (there !== null) {
      await begun.set({ test_dataset_id: there });
      const { count } = await begun.deps.datasets.get(analysis.user_id, there);
      return { counts: { rows: count }, outcome: await outcomeThere(begun), reused: true };
    }
    return draw(begun);
  },
};

/** Without a sample the dataset itself is the test set. */
async function wholeDataset(begun: Begun): Promise<Outcome> {
  const { deps, analysis } = begun;
  const { count } = await deps.datasets.get(analysis.user_id, analysis.dataset_id!);
  await begun.set({ test_dataset_id: analysis.dataset_id });
  return { counts: { rows: count }, note: 'the whole dataset', reused: true };
}

/** The figures of the sample that an earlier analysis drew. */
async function outcomeThere({ deps, analysis, earlier }: Begun): Promise<unknown> {
  const { rows } = await deps.db.asUser(analysis.user_id, (q) =>
    q.query<{ outcome: unknown }>(`select outcome from analysis_steps where analysis_id = $1 and step = 'test_set'`, [
      earlier!.analysis_id,
    ]),
  );
  return rows[0]?.outcome;
}

async function draw(begun: Begun): Promise<Outcome> {
  const { deps, analysis, hands } = begun;
  const { user_id: userId } = analysis;
  const sampled = await sampleDataset(deps, userId, {
    datasetId: analysis.dataset_id!,
    options: analysis.settings.test_set!,
    ...hands,
  });
  await mkdir(deps.temporary, { recursive: true });
  const path = join(deps.temporary, `sample-${randomUUID()}.jsonl`);
  try {
    await writeSample(deps.db, userId, { ...sampled, path });
    const source = await deps.datasets.get(userId, analysis.dataset_id!);
    const dataset = await deps.datasets.import(userId, {
      path,
      filename: 'test_dataset.jsonl',
      name: `${source.name}, test set of ${sampled.ordinals.length}`,
      bytes: (await stat(path)).size,
      sha256: await sha256Of(path),
    });
    await begun.set({ test_dataset_id: dataset.id });
    const { stats } = sampled;
    return {
      counts: { rows: stats.drawn, of: stats.source.rows },
      note: stats.notes.join('; ') || null,
      outcome: stats,
    };
  } finally {
    await rm(path, { force: true });
  }
}

async function sha256Of(path: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest();
}
