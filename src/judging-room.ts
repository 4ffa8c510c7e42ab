/** Wires the judges: their passes, which are batches, judging at once, and embeddings for the metric cosine. */

import type { Batches } from './batch-room.ts';
import type { Config } from './config.ts';
import type { Log } from './contracts/log.ts';
import type { Database } from './db/database.ts';
import type { ModelRegistry } from './engines/registry.ts';
import type { FileStore } from './files/store.ts';
import type { AskingLimits } from './judge/asking/verdict-schema.ts';
import { type JudgeNowRoom, openJudgeNow } from './judge/now/judge-now.ts';
import { type Judging, openJudging } from './judge/open-judging.ts';
import type { JudgeDeps } from './judge/passes/judge-deps.ts';
import { type ModelEngines, openEmbed } from './judge/similarity/embed-by-model.ts';
import { readTable } from './judge/similarity/read-table.ts';
import { findReady } from './judge/start-judging.ts';

export interface JudgingRooms {
  config: Config;
  log: Log;
  db: Database;
  store: FileStore;
  registry: ModelRegistry;
  batches: Batches;
  engines: ModelEngines;
}

/** What judges are given room for, by the settings. */
export const askingOf = (config: Config): AskingLimits => ({
  reasoning_chars: config.judge_reasoning_chars,
  batch_reasoning_chars: config.judge_batch_reasoning_chars,
  thinking_tokens: config.judge_thinking_tokens,
});

/** Begins to look after the judge runs that are under way. */
export function openJudges(rooms: JudgingRooms): { judging: Judging; judgeNow: JudgeNowRoom } {
  const { config, db, registry: models, engines } = rooms;
  const asking = askingOf(config);
  const judging = openJudging({
    db,
    store: rooms.store,
    batches: { ...rooms.batches, create: rooms.batches.createForRun },
    models,
    ...embedding(rooms),
    limits: {
      asking,
      ...(config.similarity_table === undefined ? {} : { similarity: readTable(config.similarity_table) }),
      waveAnswers: config.judge_wave_answers,
      callTokens: config.judge_call_tokens,
      retryMs: config.judge_retry_ms,
      pollMs: config.judge_poll_ms,
      inputFileSeconds: config.run_input_seconds,
      completionWindow: config.run_completion_window,
    },
    log: rooms.log,
  });
  const judgeNow = openJudgeNow({
    db,
    models,
    engines,
    limits: {
      asking,
      callTokens: config.judge_call_tokens,
      calls: config.judge_now_calls,
      timeoutMs: config.judge_now_timeout_ms,
    },
  });
  return { judging, judgeNow };
}

/** Embeddings for cosine, where a model is named for them; it is found as the one who runs the server finds it. */
function embedding({ config, engines, registry }: JudgingRooms): Pick<JudgeDeps, 'embed' | 'checkEmbed'> {
  const model = config.judge_embeddings_model;
  if (model === undefined) return {};
  const operator = 'local';
  const embed = openEmbed({
    engines,
    userId: operator,
    model,
    textsAtOnce: config.judge_embeddings_texts,
    timeoutMs: config.request_timeout_ms,
  });
  return {
    embed: (_, texts) => embed(texts),
    checkEmbed: async () => void (await findReady({ models: registry }, operator, model)),
  };
}
