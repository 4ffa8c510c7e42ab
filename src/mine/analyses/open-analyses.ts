/** The room of analyses as the routes see it: each function with what it needs already in its hands. */

import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import {
  type AnalysisEstimate,
  type AnalysisFile,
  type AnalysisObject,
  type FailureMap,
  type FailurePage,
  type FailureQuery,
  type NewAnalysis,
  newAnalysis,
  type resumeAnalysis,
  type WholeAnalysis,
} from '../../contracts/analyses.ts';
import type { ClusterOptions, LabelOptions, PatternComparison } from '../../contracts/mining.ts';
import { AssayError } from '../../errors.ts';
import { compareRuns } from '../comparison/compare-runs.ts';
import { type Imported, importFailures } from '../failures/import-failures.ts';
import { listFailures, mapOf } from '../failures/store-failures.ts';
import { analysisFile } from '../files/analysis-file.ts';
import type { AnalysisDeps } from './analysis-deps.ts';
import { selectAnalysis, selectSteps, toAnalysisObject } from './analysis-row.ts';
import { estimateAnalysis } from './estimate-analysis.ts';
import { openLookAfter } from './look-after.ts';
import { listAnalyses, wholeAnalysis } from './read-analyses.ts';
import { checkModels, goOn, insertAnalysis, resumeStopped, startAnalysis } from './start-analysis.ts';

/** A file of judged answers that lies on the disk, and how its failures are to be clustered and named. */
export interface JudgedFile {
  path: string;
  bytes: number;
  sha256: Buffer;
  name?: string | undefined;
  threshold: number;
  cluster: ClusterOptions;
  label: LabelOptions;
}

/** Every function throws not_found for what the user does not own. */
export interface Analyses {
  estimate(userId: string, asked: NewAnalysis): Promise<AnalysisEstimate>;
  /** The same content again is the same analysis, which goes on. */
  start(userId: string, asked: NewAnalysis): Promise<AnalysisObject>;
  /** All lines or none. */
  import(userId: string, file: JudgedFile): Promise<AnalysisObject>;
  list(
    userId: string,
    query: { after?: string | undefined; limit: number },
  ): Promise<{ data: AnalysisObject[]; has_more: boolean }>;
  get(userId: string, id: string): Promise<WholeAnalysis>;
  cancel(userId: string, id: string): Promise<AnalysisObject>;
  resume(userId: string, id: string, on: z.output<typeof resumeAnalysis>): Promise<AnalysisObject>;
  remove(userId: string, id: string): Promise<void>;
  failures(userId: string, id: string, query: FailureQuery): Promise<FailurePage>;
  map(userId: string, id: string, limit: number): Promise<FailureMap>;
  file(userId: string, of: { id: string; file: AnalysisFile }): Promise<Readable>;
  comparison(
    userId: string,
    of: { id: string; after: string; before?: string | undefined },
  ): Promise<PatternComparison>;
  stop(): Promise<void>;
}

/** Begins to look after the analyses that are under way; `stop` ends that. */
export function openAnalyses(deps: AnalysisDeps): Analyses {
  const { db } = deps;
  const work = openLookAfter(deps);
  const object = (userId: string, id: string) =>
    db.asUser(userId, async (q) => toAnalysisObject(await selectAnalysis(q, id), await selectSteps(q, [id])));
  const own = (userId: string, id: string) => db.asUser(userId, (q) => selectAnalysis(q, id));
  return {
    estimate: (userId, asked) => estimateAnalysis(deps, userId, asked),
    async start(userId, { from, ...asked }) {
      const id = await startAnalysis(deps, userId, asked);
      if (from !== undefined) {
        // It may be under way since it was asked for before, and steps of one under way are not done anew.
        await cancelAnalysis(deps, userId, id);
        await work.end(userId, id);
        await resumeStopped(deps, userId, { id, from });
      }
      work.wake();
      return object(userId, id);
    },
    async import(userId, file) {
      const id = await importJudged(deps, userId, file);
      work.wake();
      return object(userId, id);
    },
    list: (userId, query) => db.asUser(userId, (q) => listAnalyses(q, userId, query)),
    get: (userId, id) => db.asUser(userId, (q) => wholeAnalysis(q, id)),
    async cancel(userId, id) {
      await cancelAnalysis(deps, userId, id);
      await work.end(userId, id);
      return object(userId, id);
    },
    async resume(userId, id, on) {
      await resumeStopped(deps, userId, { id, ...on });
      work.wake();
      return object(userId, id);
    },
    async remove(userId, id) {
      const { status } = await own(userId, id);
      if (status === 'running') {
        await cancelAnalysis(deps, userId, id);
        await work.end(userId, id);
      }
      await db.asUser(userId, (q) => q.query('delete from analyses where analysis_id = $1', [id]));
    },
    async failures(userId, id, query) {
      await own(userId, id);
      return db.asUser(userId, (q) => listFailures(q, id, query));
    },
    async map(userId, id, limit) {
      await own(userId, id);
      return db.asUser(userId, (q) => mapOf(q, id, limit));
    },
    file: (userId, of) => analysisFile(deps, userId, of),
    comparison: (userId, of) => compareRuns(deps, userId, of),
    stop: work.stop,
  };
}

/** @throws AssayError not_found, conflict when it has ended */
async function cancelAnalysis({ db }: AnalysisDeps, userId: string, id: string): Promise<void> {
  await db.asUser(userId, async (q) => {
    const { status } = await selectAnalysis(q, id);
    if (status !== 'running') {
      throw new AssayError('conflict', {
        what: `Analysis ${id} has ended (${status}); it cannot be cancelled`,
        remedy: 'Delete it, or resume it.',
      });
    }
    await q.query(`update analyses set status = 'cancelled', ended_at = now() where analysis_id = $1`, [id]);
  });
}

/** The analysis of a file; the very same file, asked about in the same way, gives the analysis there is. */
async function importJudged(deps: AnalysisDeps, userId: string, file: JudgedFile): Promise<string> {
  const { db, limits } = deps;
  const model = file.cluster.model === undefined ? limits.embeddingsModel : file.cluster.model;
  const defaults = newAnalysis.parse({});
  const settings = { ...defaults, threshold: file.threshold, cluster: { ...file.cluster, model }, label: file.label };
  await checkModels(deps, userId, settings);
  const content_hash = createHash('sha256').update(JSON.stringify(settings)).update(file.sha256).digest();
  return db.asUser(userId, async (q) => {
    const name = file.name ?? 'Judged answers';
    const id = await insertAnalysis(q, {
      user_id: userId,
      name,
      content_hash,
      source: 'import',
      dataset_id: null,
      model_ids: [],
      settings,
    });
    const { failures: there } = await selectAnalysis(q, id);
    if (there === 0) {
      const owner = { analysis_id: id, user_id: userId };
      const imported = await importFailures(q, owner, { ...file, ...limits });
      if (imported.failures === 0) throw noFailure(imported);
      await q.query('update analyses set failures = $2, model_ids = $3 where analysis_id = $1', [
        id,
        imported.failures,
        imported.models,
      ]);
    }
    await goOn(q, id);
    return id;
  });
}

const noFailure = ({ judged }: Imported): AssayError =>
  new AssayError('conflict', {
    what: `All ${judged} answers of the file passed; there is no failure to look into`,
    remedy: 'Give a higher threshold, or another file.',
  });
