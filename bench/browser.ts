/**
 * Measures the workbench in a real Chromium on the real server: the grid at 100,000 items and five models (first rows,
 * blank frames, long tasks, memory while it is scrolled), then 200 results a second from commit to paint.
 * `node bench/browser.ts [--items 100000] [--seconds 20] [--folder F] [--only grid|live] [--record]`.
 */

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { type Database, openDatabase } from '../src/db/database.ts';
import { startEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { openBrowser } from '../test/harness/browser.ts';
import { emptyDatabase, silentLog } from '../test/harness/database.ts';
import { startAssay } from '../test/harness/server.ts';
import { fill, seedModels } from './browser-answers.ts';
import { measureGrid } from './browser-grid.ts';
import { LIVE_ITEMS, measureLive } from './browser-live.ts';
import { machine, record } from './measure.ts';

const { values: options } = parseArgs({
  options: {
    items: { type: 'string', default: '100000' },
    models: { type: 'string', default: '5' },
    /** Of the steady scroll, and of the landing. */
    seconds: { type: 'string', default: '20' },
    /** Speed of the steady scroll, px/s. */
    speed: { type: 'string', default: '1500' },
    jumps: { type: 'string', default: '20' },
    /** Results a second, of all models together. */
    rate: { type: 'string', default: '200' },
    /** A folder whose database is filled already, here or by bench/grid.ts, is used again. */
    folder: { type: 'string' },
    /** `grid` or `live`: that part alone. */
    only: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
});
const [items, models, seconds, speed, jumps, rate] = (
  ['items', 'models', 'seconds', 'speed', 'jumps', 'rate'] as const
).map((name) => Number(options[name])) as [number, number, number, number, number, number];
const root = fileURLToPath(new URL('../', import.meta.url));

/** Builds the client, as `npm start` does, so that what is measured is what lies in web/. */
async function buildClient(): Promise<void> {
  await promisify(execFile)('npm', ['run', 'build:web', '--silent'], { cwd: root });
}

/** One of the two things measured, each on a database and a server of its own. */
interface Part {
  fill(db: Database): Promise<void>;
  /** Gives the line for the record. */
  measure(server: string, db: Database): Promise<string>;
}

/** Fills the database, then starts a server on it and measures. */
async function onServer(url: string, part: Part): Promise<string> {
  await migrate(url);
  const db = openDatabase({ url, max: 10 });
  try {
    await part.fill(db);
    await using server = await startAssay({ env: { DATABASE_URL: url, ASSAY_LOG_LEVEL: 'warn' } });
    return await part.measure(server.url, db);
  } finally {
    await db.close();
  }
}

process.once('SIGINT', () => process.exit(130));
const browser = await openBrowser();
const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'assay-bench-browser-')));
const log = { ...silentLog, warn: console.warn, error: console.error };
await buildClient();
const postgres = await startEmbedded({ folder, sharedBuffersMb: 128, startTimeoutMs: 60_000, restartMaxMs: 1000, log });
console.log(`${machine()}, Chromium ${browser.version()}`);
const lines: string[] = [];
try {
  if (options.only !== 'live') {
    const grid: Part = {
      fill: (db) => fill(db, { items, models }),
      measure: (server) => measureGrid(browser, server, { seconds, speed, jumps }),
    };
    lines.push(await onServer(postgres.url, grid));
  }
  if (options.only !== 'grid') {
    const live: Part = {
      fill: (db) => seedModels(db, { items: LIVE_ITEMS, models }),
      measure: (url, db) => measureLive(browser, { url, db }, { seconds, rate, models }),
    };
    const fresh = await emptyDatabase(postgres.url, 'live');
    lines.push(await onServer(fresh.url, live).finally(fresh.drop));
  }
} finally {
  await browser.close();
  await postgres.stop();
  if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
}
for (const line of lines) {
  console.log(`\n${line}`);
  if (options.record) await record(line);
}
