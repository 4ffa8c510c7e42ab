/** Wires the rooms of the workbench: datasets, runs, compare, curate and the live feed, as the HTTP surface takes them. */

import { openAnalysisRoom } from './analysis-room.ts';
import type { Batches } from './batch-room.ts';
import { agreementOf } from './compare/agreement-query.ts';
import { openPasses } from './compare/comparing-pass.ts';
import { deriveAllMissing, deriveMissing } from './compare/derive-results.ts';
import { gridPage } from './compare/grid-page.ts';
import { keepFigures } from './compare/kept-figures.ts';
import { landAnswers } from './compare/land-answers.ts';
import { openLiveFeed } from './compare/live-feed.ts';
import { forgetMarks } from './compare/marks.ts';
import { refreshItems } from './compare/refresh.ts';
import { gridStats } from './compare/stats.ts';
import { takeTurn } from './compare/turn.ts';
import { wholeItem } from './compare/whole-item.ts';
import { type Config, environmentName, type Origins, type SettingName, settings } from './config.ts';
import type { Log } from './contracts/log.ts';
import { openCuration } from './curate/open.ts';
import { openDatasets } from './datasets/open-datasets.ts';
import type { Database } from './db/database.ts';
import type { GpuGauge } from './engines/gpu/gauge.ts';
import type { ModelRegistry } from './engines/registry.ts';
import type { FileStore } from './files/store.ts';
import type { WorkbenchDeps } from './http/workbench-deps.ts';
import type { Judging } from './judge/open-judging.ts';
import { type JudgingRooms, openJudges } from './judging-room.ts';
import { openLabelling } from './labelling-room.ts';
import { openRuns, type Runs } from './runs/room.ts';
import { openTrainingRoom } from './training-room.ts';

export interface WorkbenchRooms {
  config: Config;
  origins?: Origins | undefined;
  log: Log;
  db: Database;
  /** Of the database; the live feed listens on a connection of its own. */
  url: string;
  store: FileStore;
  registry: ModelRegistry;
  /** The GPUs of this machine; none are told of when absent. */
  gauge?: Pick<GpuGauge, 'gpus'>;
  batches: Batches;
  /** The engines, for judges that are asked at once and for embeddings. */
  engines: JudgingRooms['engines'];
  /** Where this server listens; null before it does. */
  ownUrl(): string | null;
}

/** Gives the rooms; `resume` finishes what a killed server had begun, `stop` ends the live feed and what runs behind. */
export function openWorkbench(rooms: WorkbenchRooms): {
  workbench: WorkbenchDeps;
  resume(): Promise<void>;
  stop(): Promise<void>;
} {
  const { config, log, db } = rooms;
  const passes = openPasses({ db, log });
  const datasets = openDatasets({
    db,
    limits: {
      maxItems: config.dataset_max_items,
      blockRows: config.workbench_block_rows,
      lineMaxBytes: config.line_max_bytes,
    },
    reread: passes,
    log,
  });
  const runs = openRuns({
    db,
    store: rooms.store,
    batches: { ...rooms.batches, create: rooms.batches.createForRun },
    models: rooms.registry,
    landAnswers,
    deriveMissing(run) {
      deriveMissing(db, run, log).catch((error: Error) =>
        log.warn({ run: run.runId, problem: error.message }, 'answers are read from results later'),
      );
    },
    takeTurn,
    refreshItems,
    limits: {
      maxRequests: config.run_max_requests,
      maxBytes: Number.MAX_SAFE_INTEGER,
      lineMaxBytes: config.line_max_bytes,
      repeatWindowSeconds: config.repeat_window_seconds,
      inputFileSeconds: config.run_input_seconds,
      completionWindow: config.run_completion_window,
    },
    log,
  });
  const { judging, judgeNow } = openJudges(rooms);
  const analyses = openAnalysisRoom({ ...rooms, datasets, runs, judging });
  const curation = openCuration({ db, exampleChars: config.example_max_chars });
  const labelling = openLabelling(rooms);
  const live = openLive(rooms, runs);
  return {
    workbench: {
      datasets,
      runs: judgedRuns(runs, judging),
      judging,
      judgeNow,
      analyses,
      grid: gridRoom(rooms),
      ...labelling,
      curation,
      training: openTrainingRoom({ ...rooms, datasets, curation, analyses }),
      live,
      settings: () => describeSettings(config, rooms.origins),
    },
    async resume() {
      await db.asSystem(forgetMarks);
      await passes.resume();
      await runs.resume();
      await deriveAllMissing(db, log);
      await labelling.labelStudio.resume();
    },
    async stop() {
      await labelling.labelStudio.stop();
      await analyses.stop();
      await judging.stop();
      await passes.stop();
      await live.close();
    },
  };
}

function openLive({ db, url, config, log, gauge }: WorkbenchRooms, runs: Runs): ReturnType<typeof openLiveFeed> {
  return openLiveFeed({
    db,
    url,
    activeRuns: runs.active,
    log,
    behindRows: config.live_behind_rows,
    pollMs: config.live_poll_ms,
    progressMs: config.live_progress_ms,
    gpus: async () => gauge?.gpus() ?? [],
  });
}

/** Runs with llm_judge are judged while they go; a judge that cannot be asked is told before anything runs. */
function judgedRuns(runs: Runs, judging: Judging): Runs {
  return {
    ...runs,
    async start(userId, run) {
      if (run.llm_judge?.enabled) await judging.checkFollowing(userId, run.llm_judge);
      const begun = await runs.start(userId, run);
      judging.wake();
      return begun;
    },
  };
}

/** The grid; its figures are kept until something of their dataset changes. */
function gridRoom({ config, db }: WorkbenchRooms): WorkbenchDeps['grid'] {
  const figures = keepFigures({ db, maxBytes: config.figures_bytes });
  return {
    page: (userId, query) => gridPage(db, userId, query),
    item: (userId, datasetId, candidateId) => wholeItem(db, userId, { datasetId, candidateId }),
    stats: (userId, filter) =>
      figures({
        userId,
        datasetId: filter.dataset_id,
        query: { stats: filter },
        compute: () => gridStats(db, userId, filter),
      }),
    agreement: (userId, query) =>
      figures({
        userId,
        datasetId: query.filter.dataset_id,
        query: { agreement: query },
        compute: () => agreementOf(db, userId, query),
      }),
  };
}

/** The effective settings; a secret's value is never among them, only whether it is set. */
function describeSettings(config: Config, origins?: Origins): ReturnType<WorkbenchDeps['settings']> {
  return (Object.keys(settings) as SettingName[]).map((name) => {
    const entry: { unit: string; doc: string; secret?: boolean } = settings[name];
    const value = config[name];
    return {
      name: environmentName(name),
      value: entry.secret ? (value === undefined ? null : '(set, not shown)') : (value ?? null),
      source: origins?.[name] ?? 'not known',
      unit: entry.unit,
      description: entry.doc,
    };
  });
}
