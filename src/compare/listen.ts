/** Hears when something landed anywhere, over one connection of its own that is made anew whenever it is lost. */

import { Client } from 'pg';
import type { Log } from '../contracts/log.ts';

export interface Listening {
  close(): Promise<void>;
}

/** Calls `heard` for every commit of the workbench, and after each new connection, since some may have been missed. */
export function listenLive(o: { url: string; retryMs: number; heard(): void; log: Log }): Listening {
  let closed = false;
  let client: Client | null = null;
  let timer: NodeJS.Timeout | null = null;

  const lost = (of: Client, problem: string) => {
    if (client !== of) return;
    client = null;
    of.end().catch(() => {});
    if (closed) return;
    o.log.warn({ problem }, 'the live feed lost its connection to the database');
    timer = setTimeout(() => void connect(), o.retryMs);
  };

  const connect = async () => {
    const own = new Client({
      connectionString: o.url,
      application_name: 'assay live',
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    client = own;
    own.on('error', (error) => lost(own, error.message));
    own.on('end', () => lost(own, 'it was ended'));
    own.on('notification', () => o.heard());
    try {
      await own.connect();
      await own.query('listen assay_live');
      o.heard();
    } catch (error) {
      lost(own, (error as Error).message);
    }
  };

  void connect();
  return {
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      const last = client;
      client = null;
      await last?.end().catch(() => {});
    },
  };
}
