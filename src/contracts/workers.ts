/** A worker as GET /admin/workers tells of it. */

import { z } from 'zod';
import { unixSeconds } from './lists.ts';

export const workerObject = z.object({
  id: z.string(),
  host: z.string().meta({ description: 'Name of the machine it runs on.' }),
  pid: z.number().int(),
  version: z.string(),
  started_at: unixSeconds,
  seen_seconds_ago: z.number().meta({ description: 'Since it last told what it does, by the clock of the database.' }),
  models: z.array(z.object({ id: z.string(), waiting: z.string().nullable() })).meta({
    description: 'Models it has work for; `waiting` says why their requests do not run, and is null when they do.',
  }),
  requests_in_flight: z.number().int(),
  rows_per_s: z.number(),
  prompt_tokens_per_s: z.number(),
  completion_tokens_per_s: z.number(),
  waiting: z.string().nullable().meta({ description: 'Why it can commit nothing; null when it can.' }),
});
export type WorkerObject = z.output<typeof workerObject>;
