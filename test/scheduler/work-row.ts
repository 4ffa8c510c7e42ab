/** Rows to be run, made by hand for tests that need no database. */

import type { LandedRow } from '../../src/contracts/landing.ts';
import type { Lease, WorkRow } from '../../src/scheduler/leases.ts';

export function lease(more: Partial<Lease> = {}): Lease {
  return {
    chunkId: 'c1',
    batchId: 'b1',
    userId: 'local',
    model: 'm',
    endpoint: '/v1/chat/completions',
    context: null,
    epoch: 1,
    left: 1,
    ...more,
  };
}

/** A row on `line`; `key` is the text of its prefix key, four characters a block. */
export function workRow(line: number, more: Partial<WorkRow> & { key?: string } = {}): WorkRow {
  const { key = 'aaaa', ...fields } = more;
  return {
    line,
    customId: `row-${line}`,
    prefixKey: Buffer.from(key),
    promptChars: 10,
    body: '{"model":"m"}',
    chunk: lease(),
    tries: 0,
    rateLimited: 0,
    deaths: 0,
    deathsAlone: 0,
    attempts: 0,
    queuedAt: 1000,
    twins: [],
    ...fields,
  };
}

/** What became of a row, answered. */
export const landedRow = (more: Partial<LandedRow> = {}): LandedRow => ({
  line: 1,
  chunkId: 'c1',
  epoch: 1,
  customId: 'row-1',
  ok: true,
  statusCode: 200,
  errorCode: null,
  output: '{}',
  promptTokens: 100,
  completionTokens: 50,
  cachedTokens: null,
  reasoningTokens: null,
  promptChars: 300,
  queueMs: 0,
  firstTokenMs: 1,
  totalMs: 2,
  attempts: 1,
  trim: null,
  ...more,
});
