/** Starts the HTTP application for a test: a database and a folder of its own, real files, a free port. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { Registry } from 'prom-client';
import { loadConfig } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { complete } from '../../src/engines/complete.ts';
import { openCeilings } from '../../src/engines/gpu/ceiling.ts';
import { openRegistry } from '../../src/engines/registry.ts';
import { type FileStore, openStore } from '../../src/files/store.ts';
import { type App, buildApp } from '../../src/http/app.ts';
import type { AuthOptions, HttpDeps, HttpLimits } from '../../src/http/deps.ts';
import { openWorkbench } from '../../src/workbench-room.ts';
import { freshDatabase, silentLog } from '../harness/database.ts';
import { batchRoom } from './batch-room.ts';

export interface StartedApp {
  app: App;
  url: string;
  db: Database;
  databaseUrl: string;
  store: FileStore;
  folder: string;
  /** Lines of the log so far. */
  log: string[];
  /** Models held through `acquire` and not given back. */
  held(): number;
  localToken: string;
  stop(): Promise<void>;
}

export interface AppOptions {
  auth?: Partial<AuthOptions>;
  limits?: Partial<HttpLimits>;
  deps?: Partial<HttpDeps>;
  /** A database that is there already, which is not dropped at the end. */
  databaseUrl?: string;
  /** Address to listen on; the one of `auth.host` when absent. */
  listen?: string;
}

export const testLimits: HttpLimits = {
  fileMaxBytes: 512 * 1024 * 1024,
  uploadMaxBytes: 1024 * 1024 * 1024,
  uploadPartMaxBytes: 64 * 1024 * 1024,
  uploadExpiresSeconds: 3600,
  repeatWindowSeconds: 3600,
  datasetMaxBytes: 64 * 1024 * 1024,
  liveBufferBytes: 1024 * 1024,
  bodyMaxBytes: 1024 * 1024,
  requestTimeoutMs: 30_000,
  eventsPollMs: 50,
  eventsHeartbeatMs: 200,
  closeGraceMs: 500,
};

/** `name` becomes part of the database's name. */
export async function startApp(name: string, options: AppOptions = {}): Promise<StartedApp> {
  const fresh = options.databaseUrl ? null : await freshDatabase(name);
  const databaseUrl = options.databaseUrl ?? fresh!.url;
  const folder = await mkdtemp(join(tmpdir(), 'assay-http-'));
  const db = openDatabase({ url: databaseUrl, max: 6 });
  const store = await openStore(join(folder, 'files'));
  const log: string[] = [];
  const localToken = randomBytes(24).toString('base64url');
  const models = openRegistry({ database: db });
  const batches = batchRoom(db);
  let held = 0;
  const engines: HttpDeps['engines'] = {
    acquire: async (userId, modelId) => {
      const spec = await models.find(userId, modelId);
      held += 1;
      return {
        modelId,
        engine: spec.engine,
        baseUrl: spec.base_url!,
        upstreamModel: `upstream-${modelId}`,
        headers: { authorization: 'Bearer upstream-secret' },
        concurrency: 1,
        slots: null,
        contextTokens: null,
        params: { temperature: 0 },
        generation: 0,
      };
    },
    release: () => {
      held -= 1;
    },
    complete,
  };
  const { workbench, stop: stopWorkbench } = openWorkbench({
    config: loadConfig({ folder, env: {} }).config,
    log: silentLog,
    db,
    url: databaseUrl,
    store,
    registry: models,
    batches: { ...batches, createForRun: batches.create, takeIn: () => undefined },
    engines,
    ownUrl: () => null,
  });
  const app = await buildApp({
    db,
    store,
    log: pino({ level: 'debug' }, { write: (line: string) => log.push(line) }),
    auth: { host: '127.0.0.1', localToken, ...options.auth },
    limits: { ...testLimits, ...options.limits },
    batches,
    workbench,
    models,
    ceilings: openCeilings({ database: db, share: 0.9 }),
    workers: () => [],
    engines,
    readiness: async () => ({ ready: true, problems: [] }),
    registry: new Registry(),
    ...options.deps,
  });
  const url = await app.listen({ host: options.listen ?? options.auth?.host ?? '127.0.0.1', port: 0 });
  return {
    app,
    url,
    db,
    databaseUrl,
    store,
    folder,
    log,
    held: () => held,
    localToken,
    async stop() {
      await app.close();
      await stopWorkbench();
      await db.close();
      await fresh?.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
