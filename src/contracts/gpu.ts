/** What is told of a GPU: in a batch's metrics, over the live socket, and to the rooms that admit work by its memory. */

import { z } from 'zod';

const bytes = z.number().int().nonnegative().nullable();

/** One card. A figure is null where the tool of its driver does not tell it (unified memory, MIG, old drivers). */
export const gpu = z.object({
  vendor: z.enum(['nvidia', 'amd']),
  index: z.number().int().nonnegative().meta({ description: 'Number of the card in the tool of its vendor.' }),
  uuid: z.string().nullable(),
  name: z.string(),
  driver: z.string().nullable().meta({ description: 'Version of the driver.' }),
  memory_used_bytes: bytes,
  memory_total_bytes: bytes,
  memory_warning_bytes: bytes.meta({ description: 'From here on fewer requests are let in.' }),
  memory_peak_bytes: bytes.meta({ description: 'Most memory used at a sample, of the time that peak_of says.' }),
  peak_of: z
    .enum(['batch', 'server'])
    .meta({ description: 'batch: while the batch had requests in flight; server: since the server started.' }),
  utilisation: z.number().min(0).max(1).nullable().meta({ description: 'Share of the time it computes.' }),
  power_watts: z.number().nonnegative().nullable(),
  warning: z.boolean().meta({ description: 'Whether its memory is filled up to memory_warning_bytes.' }),
});
export type Gpu = z.output<typeof gpu>;

/** What was learned of a model on a card: how many tokens may be in flight before its memory runs out. */
export const tokenCeiling = z.object({
  card: z.string().meta({ description: 'Name of the card.' }),
  safe_tokens: z.number().int().nonnegative().meta({ description: 'Most tokens in flight that were seen to fit.' }),
  full_tokens: z
    .number()
    .int()
    .nonnegative()
    .nullable()
    .meta({ description: 'Fewest tokens in flight at which the card was full; null when it never was.' }),
  ceiling_tokens: z
    .number()
    .int()
    .nonnegative()
    .nullable()
    .meta({ description: 'Tokens let in at most; null until the card was full once.' }),
});
export type TokenCeiling = z.output<typeof tokenCeiling>;

export const resetCeilingBody = z.strictObject({
  model_id: z.string().min(1).max(200),
  card: z.string().min(1).max(200).optional().meta({ description: 'Name of one card; all cards when absent.' }),
});
