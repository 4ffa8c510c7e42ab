/** Keeps one pool of kept-alive connections per engine address, and lets go of those no longer used. */

import { Pool } from 'undici';

export interface Connections {
  pool: Pool;
  usedAt: number;
  inFlight: number;
}

/** Unit: ms. `keepAliveMs`: how long an idle connection stays open; `connectTimeoutMs`: longest wait for a connection. */
export interface ConnectionLimits {
  keepAliveMs: number;
  connectTimeoutMs: number;
}

const held = new Map<string, Connections>();

/**
 * The pool for an origin. Connections are not limited here: rows in flight are, by who sends them. Time-outs of answers
 * are the caller's, one for the whole answer instead of undici's two timers a request.
 */
export function connectionsTo(origin: string, limits: ConnectionLimits): Connections {
  let found = held.get(origin);
  if (found === undefined) {
    forgetIdle(limits.keepAliveMs);
    const pool = new Pool(origin, {
      connections: null,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: limits.keepAliveMs,
      connect: { timeout: limits.connectTimeoutMs },
    });
    found = { pool, usedAt: 0, inFlight: 0 };
    held.set(origin, found);
  }
  return found;
}

/** An engine started anew has another port: the pool of its old one is closed once its connections would be. */
function forgetIdle(keepAliveMs: number): void {
  const before = performance.now() - keepAliveMs;
  for (const [origin, entry] of held) {
    if (entry.inFlight > 0 || entry.usedAt > before) continue;
    held.delete(origin);
    entry.pool.close().catch(() => undefined);
  }
}

/** Closes all connections, so that a process can end. */
export async function closeConnections(): Promise<void> {
  const pools = [...held.values()];
  held.clear();
  await Promise.all(pools.map((entry) => entry.pool.destroy()));
}
