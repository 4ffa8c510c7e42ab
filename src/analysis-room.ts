/** Wires analyses: the datasets, runs, judges and batches that their steps use, and what they are held to. */

import { join } from 'node:path';
import type { Datasets } from './datasets/open-datasets.ts';
import { holderOf } from './db/folder.ts';
import type { Judging } from './judge/open-judging.ts';
import { askingOf, type JudgingRooms } from './judging-room.ts';
import { type Analyses, openAnalyses } from './mine/analyses/open-analyses.ts';
import type { Runs } from './runs/room.ts';

/** Begins to look after the analyses that are under way. */
export function openAnalysisRoom(rooms: JudgingRooms & { datasets: Datasets; runs: Runs; judging: Judging }): Analyses {
  const { config, db } = rooms;
  const named = config.analysis_embeddings_model;
  return openAnalyses({
    db,
    store: rooms.store,
    batches: { ...rooms.batches, create: rooms.batches.createForRun },
    models: rooms.registry,
    engines: rooms.engines,
    runs: rooms.runs,
    judging: rooms.judging,
    datasets: rooms.datasets,
    temporary: join(config.data, 'samples'),
    holder: holderOf(config.data),
    limits: {
      pollMs: config.analysis_poll_ms,
      heldMs: config.analysis_held_ms,
      embeddingsModel: named === 'tfidf' ? null : named,
      textsAtOnce: config.judge_embeddings_texts,
      timeoutMs: config.request_timeout_ms,
      asking: askingOf(config),
      maxFailures: config.analysis_max_failures,
      lineMaxBytes: config.line_max_bytes,
      inputFileSeconds: config.run_input_seconds,
      completionWindow: config.run_completion_window,
    },
    log: rooms.log,
  });
}
