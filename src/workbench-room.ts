/** Wires the rooms of the workbench: datasets, runs, compare, curate and the live feed, as the HTTP surface takes them. */

import type { Batches } from './batch-room.ts';
import { agreementOf } from './compare/agreement-query.ts';
import { deriveAllMissing } from './compare/derive-results.ts';
import { gridPage } from './compare/grid-page.ts';
import { landAnswers } from './compare/land-answers.ts';
import { openLiveFeed } from './compare/live-feed.ts';
import { refreshItems, refreshVersion } from './compare/refresh.ts';
import { gridStats } from './compare/stats.ts';
import { takeTurn } from './compare/turn.ts';
import { wholeItem } from './compare/whole-item.ts';
import { type Config, environmentName, type Origins, type SettingName, settings } from './config.ts';
import type { Log } from './contracts/log.ts';
import { openCuration } from './curate/open.ts';
import { openDatasets } from './datasets/open-datasets.ts';
import { newestVersion } from './datasets/version-items.ts';
import type { Database } from './db/database.ts';
import type { ModelRegistry } from './engines/registry.ts';
import type { FileStore } from './files/store.ts';
import type { WorkbenchDeps } from './http/workbench-deps.ts';
import { openRuns } from './runs/room.ts';

export interface WorkbenchRooms {
  config: Config;
  origins?: Origins | undefined;
  log: Log;
  db: Database;
  /** Of the database; the live feed listens on a connection of its own. */
  url: string;
  store: FileStore;
  registry: ModelRegistry;
  batches: Batches;
}

/** Gives the rooms; `resume` finishes what a killed server had begun, `stop` ends the live feed and what runs behind. */
export function openWorkbench(rooms: WorkbenchRooms): {
  workbench: WorkbenchDeps;
  resume(): Promise<void>;
  stop(): Promise<void>;
} {
  const { config, log, db } = rooms;
  const ending = new AbortController();
  const datasets = openDatasets({
    db,
    limits: {
      maxItems: config.dataset_max_items,
      blockRows: config.workbench_block_rows,
      lineMaxBytes: config.line_max_bytes,
    },
    async comparingChanged(userId, datasetId) {
      const version = await db.asUser(userId, (q) => newestVersion(q, userId, datasetId));
      await refreshVersion(db, { ...version, userId }, { reread: true, signal: ending.signal });
    },
  });
  const runs = openRuns({
    db,
    store: rooms.store,
    batches: { ...rooms.batches, create: rooms.batches.createForRun },
    models: rooms.registry,
    landAnswers,
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
  const live = openLiveFeed({
    db,
    url: rooms.url,
    activeRuns: runs.active,
    log,
    behindRows: config.live_behind_rows,
    pollMs: config.live_poll_ms,
    progressMs: config.live_progress_ms,
  });
  return {
    workbench: {
      datasets,
      runs,
      grid: {
        page: (userId, query) => gridPage(db, userId, query),
        item: (userId, datasetId, candidateId) => wholeItem(db, userId, { datasetId, candidateId }),
        stats: (userId, filter) => gridStats(db, userId, filter),
        agreement: (userId, query) => agreementOf(db, userId, query),
      },
      curation: openCuration({ db, exampleChars: config.example_max_chars }),
      live,
      settings: () => describeSettings(config, rooms.origins),
    },
    async resume() {
      await runs.resume();
      await deriveAllMissing(db, log);
    },
    async stop() {
      ending.abort();
      await live.close();
    },
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
