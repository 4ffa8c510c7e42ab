/** The files of an analysis, streamed from the store, whatever steps have made them so far. */

import { Readable } from 'node:stream';
import { type AnalysisFile, type AnalysisStep, analysisFiles } from '../../contracts/analyses.ts';
import type { TargetedRow, TrainingFormat } from '../../contracts/mining.ts';
import { itemPages, newestVersion } from '../../datasets/version-items.ts';
import type { Database } from '../../db/database.ts';
import { AssayError } from '../../errors.ts';
import type { JudgeFile } from '../../judge/figures/files.ts';
import type { AnalysisDeps } from '../analyses/analysis-deps.ts';
import {
  type AnalysisRow,
  outcomeColumn,
  type StepRow,
  selectAnalysis,
  selectSteps,
} from '../analyses/analysis-row.ts';
import { type ClusterOutcome, foundOf } from '../analyses/read-analyses.ts';
import { failuresAt } from '../failures/store-failures.ts';
import { trainingLines } from '../targeted/training-lines.ts';
import { generationStats, outputLines } from './model-outputs.ts';

/** Rows read at once. */
const pageRows = 500;

type Asked = { deps: AnalysisDeps; analysis: AnalysisRow; steps: StepRow[] };

const targetedFormats: Record<string, TrainingFormat> = {
  'targeted_sft.jsonl': 'sft',
  'targeted_prompt_completion.jsonl': 'prompt-completion',
  'targeted_dpo.jsonl': 'dpo',
};

/** @throws AssayError not_found, conflict for a file whose step has not ended or is no part of the analysis */
export async function analysisFile(
  deps: AnalysisDeps,
  userId: string,
  of: { id: string; file: AnalysisFile },
): Promise<Readable> {
  const { analysis, steps } = await deps.db.asUser(userId, async (q) => ({
    analysis: await selectAnalysis(q, of.id),
    steps: await selectSteps(q, [of.id]),
  }));
  checkDone(steps, of.file);
  const asked = { deps, analysis, steps };
  if (of.file in targetedFormats) return Readable.from(targetedLines(asked, targetedFormats[of.file]!));
  switch (of.file) {
    case 'test_dataset.jsonl':
      return Readable.from(itemLines(deps.db, analysis));
    case 'test_dataset_stats.json':
      return json(outcomeColumn(steps, 'test_set') ?? (await wholeStats(asked)));
    case 'model_outputs.jsonl':
      return Readable.from(outputLines(deps.db, userId, analysis.run_ids));
    case 'generation_stats.json':
      return json(await generationStats(deps.db, userId, analysis.run_ids));
    case 'judged_results.jsonl':
    case 'failures.jsonl':
      return Readable.from(judgeLines(asked, of.file));
    case 'summary.json':
      return json(await summaries(asked));
    case 'clusters.json':
      return json(await clustersOf(asked));
    case 'patterns.json':
      return json((await deps.db.asUser(userId, (q) => foundOf(q, of.id))).flatMap(({ pattern }) => pattern ?? []));
    default:
      return json(analysis.targeted_stats);
  }
}

const json = (value: unknown): Readable => Readable.from([`${JSON.stringify(value, null, 2)}\n`]);

function checkDone(steps: StepRow[], file: AnalysisFile): void {
  const name = (Object.keys(analysisFiles) as AnalysisStep[]).find((step) =>
    (analysisFiles[step] as readonly string[]).includes(file),
  )!;
  const step = steps.find((one) => one.step === name);
  if (step?.status === 'done' || step?.status === 'reused') return;
  const skipped = step?.status === 'skipped';
  throw new AssayError('conflict', {
    what: `${file} is not there: step ${name} ${skipped ? 'is no part of this analysis' : `is ${step?.status ?? 'waiting'}`}`,
    remedy: skipped ? 'Ask for that step in a new analysis.' : 'Wait for its end, or resume the analysis.',
  });
}

/** The rows as they were uploaded or drawn. */
async function* itemLines(db: Database, { user_id: userId, test_dataset_id: id }: AnalysisRow): AsyncGenerator<string> {
  const { versionId } = await db.asUser(userId, (q) => newestVersion(q, userId, id!));
  for await (const page of itemPages(db, userId, versionId))
    yield page.map(({ input }) => `${JSON.stringify(input)}\n`).join('');
}

/** Of a test set that is the whole dataset. */
async function wholeStats({ deps, analysis }: Asked): Promise<unknown> {
  const { name, count, version, categories } = await deps.datasets.get(analysis.user_id, analysis.test_dataset_id!);
  const shares = categories.map(({ category, count: rows }) => [
    category ?? 'none',
    { source: rows, drawn: rows, source_share: rows / count, share: rows / count },
  ]);
  return {
    source: { name, rows: count, sha256: version },
    drawn: count,
    options: null,
    categories: Object.fromEntries(shares),
    notes: ['the whole dataset is the test set'],
  };
}

async function* judgeLines({ deps, analysis }: Asked, file: JudgeFile): AsyncGenerator<Buffer | string> {
  for (const id of analysis.judge_run_ids) yield* await deps.judging.file(analysis.user_id, { id, file });
}

/** One summary as it is, several in a list. */
async function summaries({ deps, analysis }: Asked): Promise<unknown> {
  const all = [];
  for (const id of analysis.judge_run_ids) all.push(await deps.judging.summary(analysis.user_id, id));
  return all.length === 1 ? all[0] : { summaries: all };
}

/** Clusters with their examples written out, and the cluster of each failure. */
async function clustersOf({ deps, analysis, steps }: Asked): Promise<unknown> {
  const { analysis_id: id, user_id: userId } = analysis;
  return deps.db.asUser(userId, async (q) => {
    const clusters = [];
    for (const { cluster } of await foundOf(q, id)) {
      const [central, edge] = [await failuresAt(q, id, cluster.central), await failuresAt(q, id, cluster.edge)];
      clusters.push({ ...cluster, central, edge });
    }
    const { rows } = await q.query<{ members: unknown[] }>(
      `select coalesce(jsonb_agg(jsonb_build_object('ordinal', ordinal, 'candidate_id', item_id, 'model_id', model_id, 'cluster', cluster)
         order by ordinal), '[]') as members from analysis_failures where analysis_id = $1`,
      [id],
    );
    const groups = (outcomeColumn(steps, 'cluster') as ClusterOutcome | null)?.groups ?? [];
    return {
      analysis_id: id,
      vectors: analysis.vectors,
      failures: analysis.failures,
      clusters,
      groups,
      members: rows[0]!.members,
    };
  });
}

async function* targetedLines({ deps, analysis }: Asked, format: TrainingFormat): AsyncGenerator<string> {
  for (let after = -1; ; ) {
    const { rows } = await deps.db.asUser(analysis.user_id, (q) =>
      q.query<{ body: TargetedRow }>(
        `select body from targeted_rows where analysis_id = $1 and dropped is null and ordinal > $2 order by ordinal limit $3`,
        [analysis.analysis_id, after, pageRows],
      ),
    );
    if (rows.length === 0) return;
    for await (const line of trainingLines(
      rows.map(({ body }) => body),
      format,
    ))
      yield line;
    after = rows.at(-1)!.body.ordinal;
  }
}
