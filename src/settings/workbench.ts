/** The settings of the workbench: datasets, runs, the grid and its live feed. */

import { z } from 'zod';
import { int, MB, type Setting, setting } from './setting.ts';

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
