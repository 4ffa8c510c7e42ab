/** Gives the server its database: the embedded PostgreSQL, or the one at DATABASE_URL; migrated, with a pool on it. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../contracts/log.ts';
import { type Database, openDatabase } from './database.ts';
import { startEmbedded } from './embedded.ts';
import { migrate } from './migrate.ts';

export interface ServerDatabase {
  db: Database;
  url: string;
  /** Closes the pool, then stops the embedded server. */
  stop(): Promise<void>;
}

/** `url` undefined takes the embedded server under `dataFolder`. Throws what startEmbedded and migrate throw. */
export async function openServerDatabase(options: {
  url: string | undefined;
  dataFolder: string;
  sharedBuffersMb: number;
  startTimeoutMs: number;
  restartMaxMs: number;
  connections: number;
  /** A worker that was silent for so long counts as gone. */
  aliveSeconds: number;
  log: Log;
}): Promise<ServerDatabase> {
  const { log } = options;
  const embedded =
    options.url === undefined
      ? await startEmbedded({ ...options, folder: join(options.dataFolder, 'postgres') })
      : null;
  const url = options.url ?? embedded!.url;
  try {
    const applied = await migrate(url, {
      workers: { aliveSeconds: options.aliveSeconds, waiting: (reason) => log.warn({}, reason) },
    });
    if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
    // For commands that work on the database of a running server (assay keys).
    await writeFile(join(options.dataFolder, 'database.json'), JSON.stringify({ url }), { mode: 0o600 });
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
  const db = openDatabase({
    url,
    max: options.connections,
    applicationName: 'assay server',
    onError: (error) => log.warn({ problem: error.message }, 'a database connection was lost'),
  });
  return {
    db,
    url,
    async stop() {
      await db.close();
      await embedded?.stop();
    },
  };
}
