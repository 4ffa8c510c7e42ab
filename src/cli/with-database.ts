/** Opens the database of the data folder for a command: the server's when one runs, else started for the while. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { startEmbedded } from '../db/embedded.ts';
import { holdFolder, readHolder } from '../db/folder.ts';
import { migrate } from '../db/migrate.ts';
import { openLog } from './log-file.ts';

/** Does `work` on the database that the server of `config` uses, or will use. */
export async function withDatabase<T>(config: Config, work: (db: Database) => Promise<T>): Promise<T> {
  const waiting = (reason: string) => void process.stderr.write(`Waiting: ${reason}\n`);
  const workers = { aliveSeconds: config.heartbeat_seconds, waiting };
  if (config.database_url !== undefined) {
    await migrate(config.database_url, { workers });
    return onUrl(config.database_url, work);
  }
  if ((await readHolder(config.data)) !== null) return onUrl(await urlOfServer(config.data), work);
  const hold = await holdFolder(config.data);
  try {
    const embedded = await startEmbedded({
      folder: join(config.data, 'postgres'),
      sharedBuffersMb: config.postgres_shared_buffers_mb,
      startTimeoutMs: config.postgres_start_timeout_ms,
      restartMaxMs: config.engine_restart_max_ms,
      log: openLog(config, { stdout: false }),
    });
    try {
      await migrate(embedded.url, { workers });
      return await onUrl(embedded.url, work);
    } finally {
      await embedded.stop();
    }
  } finally {
    await hold.release();
  }
}

async function onUrl<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = openDatabase({ url, max: 2, applicationName: 'assay command' });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

/** The address of the database of the server that runs, which it leaves in the data folder for this user alone. */
async function urlOfServer(folder: string): Promise<string> {
  const { url } = JSON.parse(await readFile(join(folder, 'database.json'), 'utf8')) as { url: string };
  return url;
}
