/** The settings of the workbench: datasets, runs, the grid and its live feed. */

import { z } from 'zod';
import { BATCH_REASONING, SINGLE_REASONING } from '../judge/asking/verdict-schema.ts';
import { tableFault } from '../judge/similarity/read-table.ts';
import { int, MB, type Setting, setting, text } from './setting.ts';

/** Listed behind the server's on the reference page. */
export const workbenchSettings = {
  dataset_max_bytes: setting(int(200 * MB, 1), 'bytes', 'Largest file of a dataset, and of answers made elsewhere.'),
  dataset_max_items: setting(int(1_000_000, 1), 'items', 'Most items of a dataset.'),
  run_max_requests: setting(int(1_000_000, 1, 5_000_000), 'rows', 'Most items that one run of the workbench takes.'),
  run_completion_window: setting(
    z
      .string()
      .regex(/^\d+[smhd]$/, 'a number and s, m, h or d, as 30d')
      .default('30d'),
    'time',
    'How long the batch of a run may take; what has not run by then fails.',
  ),
  run_input_seconds: setting(int(30 * 86_400, 3600), 's', "How long the input file of a run's batch is kept."),
  workbench_block_rows: setting(int(1000, 1), 'rows', 'Items or answers that the workbench writes or reads at once.'),
  example_max_chars: setting(
    int(4000, 100),
    'characters',
    'Of an input, and of an answer, that an example of the example library keeps.',
  ),
  figures_bytes: setting(
    int(32 * MB, 0),
    'bytes',
    'Memory for figures of the grid that are kept until something of their dataset changes.',
  ),
  judge_wave_answers: setting(
    int(2000, 50),
    'answers',
    'Answers of a judge run that are asked about ahead; the next ones follow when half of them have their verdicts.',
  ),
  judge_call_tokens: setting(
    int(24_000, 500),
    'tokens',
    'Tokens of the answers in one call of a judge at most, by estimate; long answers share a call with fewer others.',
  ),
  judge_retry_ms: setting(
    int(2000, 10),
    'ms',
    'Shortest wait before an answer is judged anew after a failure, with on_error: retry; it doubles each time.',
  ),
  judge_reasoning_chars: setting(
    int(SINGLE_REASONING, 40, 20_000),
    'characters',
    'Longest reasons that a judge is asked for on an answer that is alone in its call, and on a pair.',
  ),
  judge_batch_reasoning_chars: setting(
    int(BATCH_REASONING, 40, 20_000),
    'characters',
    'Longest reasons that a judge is asked for on each answer of a call with several.',
  ),
  judge_thinking_tokens: setting(
    int(0, 0, 1_000_000),
    'tokens',
    'Tokens that a judge may think before it replies, on top of its reply; needed for models that think.',
  ),
  judge_now_calls: setting(
    int(4, 1, 64),
    'calls',
    'Calls to a judge at once for one POST /api/evaluation/judge; judge runs are batches and go by their own limits.',
  ),
  judge_now_timeout_ms: setting(
    int(120_000, 100),
    'ms',
    'Longest time for one call of POST /api/evaluation/judge, once its model is loaded.',
  ),
  judge_embeddings_model: setting(
    text(),
    'model',
    'Model whose /v1/embeddings are taken for the metric cosine, found as the one who runs the server finds it; without one there is no cosine.',
  ),
  judge_embeddings_texts: setting(int(32, 1, 2048), 'texts', 'Texts in one request for embeddings at most.'),
  similarity_table: setting(
    text().superRefine((value, context) => {
      const fault = value === undefined ? null : tableFault(value);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault });
    }),
    'list',
    'Metrics and pass marks in place of the built-in ones, joined by commas: METRIC:MARK for a metric (chrf:0.6), CATEGORY=METRIC or CATEGORY=METRIC:MARK for a category (math=numeric, code=code:0.9), other=METRIC for all others; after a cosine |METRIC is what stands in without embeddings (creative=cosine:0.75|rouge_l).',
  ),
  judge_poll_ms: setting(int(1000, 50), 'ms', 'How often judge runs are looked after.'),
  analysis_embeddings_model: setting(
    text().default('minilm'),
    'model',
    'Embeddings model that failures are clustered by where an analysis names none; "tfidf" tells them apart by their words, which needs no model.',
  ),
  analysis_poll_ms: setting(
    int(1000, 50),
    'ms',
    'How often analyses, and what their steps wait for, are looked after.',
  ),
  analysis_held_ms: setting(
    int(15_000, 1000),
    'ms',
    'Without a word for so long a server has lost the analyses that it worked on; another one goes on.',
  ),
  analysis_max_failures: setting(int(50_000, 1, 1_000_000), 'failures', 'Failures that one analysis takes in.'),
  live_poll_ms: setting(
    int(1000, 50),
    'ms',
    'How often the live feed looks for news by itself, beside what the database tells it.',
  ),
  live_progress_ms: setting(int(500, 50), 'ms', 'Shortest time between two progress messages of the live feed.'),
  live_behind_rows: setting(
    int(5000, 1),
    'results',
    'A page that is further behind than this fetches its rows again instead of following each.',
  ),
  live_buffer_bytes: setting(
    int(1 * MB, 1024),
    'bytes',
    'Bytes that may wait for a slow client before it is caught up by pages.',
  ),
} satisfies Record<string, Setting<z.ZodType>>;
