/** Takes answers made elsewhere in as runs, one a model: the whole file is read and matched first, then landed. */

import type { PoolClient } from 'pg';
import type { ImportedRun } from '../contracts/runs.ts';
import { analyzeAfter } from '../datasets/analyze-tables.ts';
import { splitPath } from '../datasets/field-path.ts';
import { newestVersion } from '../datasets/version-items.ts';
import { AssayError } from '../errors.ts';
import { type AnswerFile, answerLines } from './answer-lines.ts';
import type { LandingAnswer, RunDeps, VersionOf } from './deps.ts';
import { stopSuperseded } from './end.ts';
import { type Matching, type ModelMatch, matchAnswers } from './match-answers.ts';
import { deleteRun, insertRun, isShown, newRunId, type RunOf, refreshAnswered, showRun } from './supersede.ts';

export interface AnswerUpload {
  /** Where its content lies. */
  path: string;
  /** Name it came with; its ending tells the format, and errors name it. */
  filename: string;
  sha256: Buffer;
  datasetId: string;
  modelId?: string;
}

/** Answers landed with one call. */
const blockRows = 500;

/**
 * Imports `upload` into the newest version of its dataset; a model whose answers of this very file are there already
 * gets no new run. A run is shown when all of it has landed; a fault in any line leaves nothing behind.
 * @throws AssayError not_found, input_invalid (with the line), invalid_parameter (model_id)
 */
export async function importAnswers(deps: RunDeps, userId: string, upload: AnswerUpload): Promise<ImportedRun[]> {
  const version = await deps.db.asUser(userId, (q) => newestVersion(q, userId, upload.datasetId));
  const file: AnswerFile = {
    path: upload.path,
    filename: upload.filename,
    modelId: upload.modelId ?? null,
    itemFields: new Set(version.columns.flatMap(({ path }) => [path, splitPath(path)[0]!])),
    lineMaxBytes: deps.limits.lineMaxBytes,
  };
  const matching = await matchAnswers(deps.db, { userId, version, file });
  checkMatching(matching, upload);
  const place: VersionOf = { userId, datasetId: version.datasetId, versionId: version.versionId };
  const imported: ImportedRun[] = [];
  try {
    for (const [modelId, match] of matching.models) {
      const run = { ...place, runId: newRunId(), modelId };
      imported.push(
        await importModel(deps, { run, file, matching, match, settings: settingsOf(matching, match, upload) }),
      );
    }
    return imported;
  } catch (error) {
    for (const one of imported) {
      if (one.duplicate_of === null) await deleteRun(deps, { ...place, runId: one.id, modelId: one.model_id });
    }
    throw error;
  }
}

/** Nothing that fits is a mistake of file or dataset: an empty run would only take the place of a good one. */
function checkMatching(matching: Matching, upload: AnswerUpload): void {
  const fault = (problem: string) =>
    new AssayError('input_invalid', { file: upload.filename, line: 1, problem }, { line: 1 });
  if (matching.models.size === 0) throw fault('there is not a single answer in it');
  for (const [model, match] of matching.models) {
    if (match.matched > 0) continue;
    const ids = match.unmatchedIds.slice(0, 3).join(', ');
    throw fault(
      `none of the ${match.unmatched} answers of ${model} is for an item of dataset ${upload.datasetId} (they are for: ${ids}); custom_id must be that of the item`,
    );
  }
}

interface ImportSettings {
  filename: string;
  content_hash: string;
  matched_by: Matching['by'];
  lines: number;
  matched: number;
  unmatched: number;
  unmatched_ids: string[];
  repeated: number;
}

const settingsOf = (matching: Matching, match: ModelMatch, upload: AnswerUpload): ImportSettings => ({
  filename: upload.filename,
  content_hash: upload.sha256.toString('hex'),
  matched_by: matching.by,
  lines: matching.lines,
  matched: match.matched,
  unmatched: match.unmatched,
  unmatched_ids: match.unmatchedIds,
  repeated: match.repeated,
});

interface ModelImport {
  run: RunOf;
  file: AnswerFile;
  settings: ImportSettings;
  matching: Matching;
  match: ModelMatch;
}

async function importModel(deps: RunDeps, of: ModelImport): Promise<ImportedRun> {
  const { run, settings, match } = of;
  const ordinals = ordinalsOf(match);
  const former = await deps.db.asUser(run.userId, async (q) => {
    const found = await sameFile(q, of);
    const items = ordinals.length === match.lineOf.length ? null : ordinals;
    const row = { ...run, source: 'import' as const, settings, total: match.matched, items };
    if (found === null) await insertRun(q, row, { shown: false });
    return found;
  });
  if (former !== null) return former;
  try {
    const counts = await landLines(deps, of);
    const place = await deps.db.asUser(run.userId, (q) =>
      // Two imports of one file at once: the second finds the first here.
      showRun(q, run, { changed: { ...counts, unfinished: true }, unless: () => sameFile(q, of) }),
    );
    if (place.instead !== null) {
      await deleteRun(deps, run);
      return place.instead;
    }
    await finishImport(deps, run, place.supersedes);
    await analyzeAfter(deps, match.matched, ['answers', 'item_states']);
    return importedRun(run, settings, { duplicate_of: null, supersedes: place.supersedes });
  } catch (error) {
    // What cannot be deleted now (the database is gone) is not shown, and goes at the next start.
    await deleteRun(deps, run).catch(() => undefined);
    throw error;
  }
}

function importedRun(
  run: { runId: string; modelId: string },
  settings: ImportSettings,
  place: Pick<ImportedRun, 'duplicate_of' | 'supersedes'>,
): ImportedRun {
  const { matched, unmatched, unmatched_ids, repeated } = settings;
  return { id: run.runId, model_id: run.modelId, matched, unmatched, unmatched_ids, repeated, ...place };
}

async function sameFile(q: PoolClient, { run, settings }: ModelImport): Promise<ImportedRun | null> {
  const { rows } = await q.query<{ run_id: string; settings: ImportSettings }>(
    `select run_id, settings from runs where dataset_id = $1 and version_id = $2 and model_id = $3 and source = 'import'
       and superseded_by is distinct from run_id
       and settings ->> 'content_hash' = $4 order by created_at desc limit 1`,
    [run.datasetId, run.versionId, run.modelId, settings.content_hash],
  );
  const found = rows[0];
  if (found === undefined) return null;
  const earlier = { runId: found.run_id, modelId: run.modelId };
  return importedRun(earlier, found.settings, { duplicate_of: found.run_id, supersedes: null });
}

function ordinalsOf(match: ModelMatch): number[] {
  const ordinals: number[] = [];
  for (let ordinal = 0; ordinal < match.lineOf.length; ordinal++)
    if (match.lineOf[ordinal] !== 0) ordinals.push(ordinal);
  return ordinals;
}

/** Blocks land in transactions of their own, so that results of running batches need not wait for the whole file. */
async function landLines(deps: RunDeps, of: ModelImport): Promise<{ completed: number; failed: number }> {
  const { run, matching, match } = of;
  const counts = { completed: 0, failed: 0 };
  let block: LandingAnswer[] = [];
  const land = async () => {
    const rows = block;
    block = [];
    if (rows.length > 0) await deps.db.asUser(run.userId, (q) => deps.landAnswers(q, run, rows));
  };
  let number = 0;
  for await (const line of answerLines(of.file)) {
    const ordinal = matching.ordinals[number++]!;
    if (ordinal < 0 || match.lineOf[ordinal] !== number) continue;
    const answer = line.answers.find(({ model }) => model === run.modelId);
    if (answer === undefined) continue;
    const { model: _, ...rest } = answer;
    block.push({ ordinal, ...rest });
    counts[answer.ok ? 'completed' : 'failed'] += 1;
    if (block.length === blockRows) await land();
  }
  await land();
  return counts;
}

/** Recomputes the items of an import that has its place now, and of the run that had it. */
async function finishImport(deps: RunDeps, run: VersionOf & { runId: string }, former: string | null): Promise<void> {
  await refreshAnswered(deps, run, former === null ? [run.runId] : [run.runId, former]);
  await stopSuperseded(deps, { userId: run.userId, by: run.runId });
  await deps.db.asUser(run.userId, (q) =>
    q.query(`update runs set settings = (settings::jsonb - 'unfinished')::json where run_id = $1`, [run.runId]),
  );
}

/** Ends what a killed server left: imports that have their place are finished, hidden runs (half an import, half a deletion) go. */
export async function resumeImports(deps: RunDeps): Promise<void> {
  // Another server may be at it right now: then something has landed within the last minute.
  const { rows } = await deps.db.asSystem((q) =>
    q.query<RunOf & { shown: boolean; former: string | null }>(
      `select run_id as "runId", user_id as "userId", dataset_id as "datasetId", version_id as "versionId",
         model_id as "modelId", ${isShown('r')} as shown,
         (select f.run_id from runs f where f.superseded_by = r.run_id and f.run_id <> r.run_id) as former
       from runs r where (not (${isShown('r')}) or settings::jsonb ? 'unfinished')
         and greatest(created_at, (select max(landed_at) from answers a where a.run_id = r.run_id)) < now() - interval '1 minute'`,
    ),
  );
  for (const { shown, former, ...run } of rows) {
    const work = shown ? finishImport(deps, run, former) : deleteRun(deps, run);
    await work.catch((error: Error) =>
      deps.log.warn({ run: run.runId, problem: error.message }, 'an unfinished import stays until the next start'),
    );
  }
}
