/** Gives what an engine's prefix cache saved to the batch that it served alone, by the difference of the engine's own counters. */

import type { EngineLoad } from './capacity.ts';

type Counters = Pick<EngineLoad, 'prefixQueries' | 'prefixHits'>;

export interface PrefixSaved {
  started(batch: { userId: string; batchId: string }): void;
  ended(batchId: string): void;
  /** The counters now. */
  sample(now: Counters): void;
  /** Hands over what came together since the last call. */
  flush(): Promise<void>;
}

interface Share {
  userId: string;
  queries: number;
  hits: number;
}

/**
 * Between two samples what the counters rose by belongs to the one batch that had rows in flight meanwhile; where there
 * were several, to none. Others who use the engine are not seen here: whoever reads the sums compares the tokens looked
 * up with those of the batch's prompts.
 */
export function openPrefixSaved(
  keep: (batch: { userId: string; batchId: string }, rose: { queries: number; hits: number }) => Promise<void>,
): PrefixSaved {
  const inFlight = new Map<string, { userId: string; rows: number }>();
  let seen = new Map<string, string>();
  let before: Counters | null = null;
  let shares = new Map<string, Share>();
  return {
    started({ userId, batchId }) {
      seen.set(batchId, userId);
      const known = inFlight.get(batchId);
      if (known === undefined) inFlight.set(batchId, { userId, rows: 1 });
      else known.rows += 1;
    },
    ended(batchId) {
      const known = inFlight.get(batchId);
      if (known === undefined) return;
      known.rows -= 1;
      if (known.rows === 0) inFlight.delete(batchId);
    },
    sample(now) {
      const queries = (now.prefixQueries ?? 0) - (before?.prefixQueries ?? Number.POSITIVE_INFINITY);
      const hits = (now.prefixHits ?? 0) - (before?.prefixHits ?? Number.POSITIVE_INFINITY);
      // Fewer than before: the engine was started anew.
      if (seen.size === 1 && queries > 0 && hits >= 0) {
        const [batchId, userId] = seen.entries().next().value!;
        const share = shares.get(batchId) ?? { userId, queries: 0, hits: 0 };
        shares.set(batchId, { userId, queries: share.queries + queries, hits: share.hits + hits });
      }
      before = now.prefixQueries === null || now.prefixHits === null ? null : now;
      seen = new Map([...inFlight].map(([batchId, { userId }]) => [batchId, userId]));
    },
    async flush() {
      const all = shares;
      shares = new Map();
      for (const [batchId, { userId, queries, hits }] of all) await keep({ userId, batchId }, { queries, hits });
    },
  };
}
