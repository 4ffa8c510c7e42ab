/** What doctor looks at beneath the engines: Node, the data folder, the database, a running server, the port. */

import { rm, stat, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { request } from 'undici';
import type { Config } from '../config.ts';
import { findBinaries } from '../db/binaries.ts';
import { readHolder } from '../db/folder.ts';
import { isLoopback } from '../http/keys.ts';
import type { Check } from './doctor-check.ts';
import { bytes } from './text.ts';

const nodeMajor = 24;
const postgresMajor = 15;

export async function checkNode(): Promise<Check[]> {
  const fits = Number.parseInt(process.versions.node, 10) >= nodeMajor;
  const found = `${process.versions.node} (${process.execPath})`;
  const remedy = `Node ${nodeMajor} or newer is needed: npm install in the clone brings its own.`;
  return [{ name: 'Node', state: fits ? 'ok' : 'missing', found, remedy }];
}

/** Whether a file can be written in the data folder, or where it would be made, and the room there. */
export async function checkDataFolder(config: Config): Promise<Check[]> {
  const name = 'data folder';
  let folder = config.data;
  while (!(await stat(folder).catch(() => null)) && dirname(folder) !== folder) folder = dirname(folder);
  const probe = join(folder, `.assay-doctor-${process.pid}`);
  try {
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    const remedy = 'Make it writable for this user, or choose another with ASSAY_DATA.';
    return [{ name, state: 'missing', found: `${config.data}: ${(error as Error).message}`, remedy }];
  }
  const { bavail, bsize } = await statfs(folder);
  const found = `${config.data}${folder === config.data ? '' : ' (not made yet)'}, ${bytes(bavail * bsize)} free`;
  return [{ name, state: 'ok', found }];
}

export async function checkDatabase(config: Config): Promise<Check[]> {
  if (config.database_url === undefined) {
    const { postgres } = await findBinaries();
    return [{ name: 'database', state: 'ok', found: `embedded PostgreSQL (${postgres})` }];
  }
  const client = new pg.Client({
    connectionString: config.database_url,
    connectionTimeoutMillis: config.connect_timeout_ms,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version");
    const version = rows[0]!.version;
    const fits = Number.parseInt(version, 10) >= postgresMajor;
    const remedy = `PostgreSQL ${postgresMajor} or newer is needed.`;
    return [
      { name: 'database', state: fits ? 'ok' : 'missing', found: `PostgreSQL ${version} at DATABASE_URL`, remedy },
    ];
  } catch (error) {
    const problem = (error as Error).message || (error as NodeJS.ErrnoException).code;
    const remedy = 'Start it, correct DATABASE_URL, or leave DATABASE_URL out to use the embedded one.';
    return [{ name: 'database', state: 'missing', found: `DATABASE_URL does not answer: ${problem}`, remedy }];
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whether a server runs on the data folder, and who may use it. */
export async function checkServer(config: Config): Promise<Check[]> {
  const holder = await readHolder(config.data);
  const checks: Check[] = [
    holder === null
      ? { name: 'server', state: 'note', found: 'none runs', remedy: 'Start it with: npm start' }
      : { name: 'server', state: 'ok', found: `process ${holder.pid} at ${holder.url ?? '(starting)'}` },
  ];
  checks.push(await checkAccess(config, holder?.url ?? null));
  return checks;
}

async function checkAccess(config: Config, url: string | null): Promise<Check> {
  const name = 'access';
  const jwt = [config.jwt_secret && 'ASSAY_JWT_SECRET', config.jwks_url && 'ASSAY_JWKS_URL'].filter(Boolean).join(', ');
  const tokens = jwt === '' ? '' : `, JWT (${jwt})`;
  if (url !== null) {
    const open = await request(`${url}/v1/models`, { signal: AbortSignal.timeout(config.connect_timeout_ms) })
      .then(async (answer) => {
        await answer.body.dump();
        return answer.statusCode !== 401;
      })
      .catch(() => null);
    if (open === null)
      return { name, state: 'note', found: 'the server does not answer', remedy: 'Wait, or see its log.' };
    return {
      name,
      state: 'ok',
      found: open ? 'open on this machine, as the local user' : `API keys are asked for${tokens}`,
    };
  }
  if (isLoopback(config.host)) return { name, state: 'ok', found: `this machine alone (${config.host})${tokens}` };
  if (jwt !== '') return { name, state: 'ok', found: `anyone who reaches ${config.host} with a token${tokens}` };
  const remedy = 'It starts only when there is an API key: assay keys add NAME; see assay keys list.';
  return { name, state: 'note', found: `anyone who reaches ${config.host} with an API key`, remedy };
}

export async function checkPort(config: Config): Promise<Check[]> {
  const name = 'port';
  if (config.port === 0) return [{ name, state: 'ok', found: 'a free one is taken' }];
  if ((await readHolder(config.data)) !== null) return [];
  const problem = await new Promise<string | null>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(config.port, config.host, () => server.close(() => resolve(null)));
  });
  const found = `${config.host}:${config.port}`;
  if (problem === null) return [{ name, state: 'ok', found: `${found} is free` }];
  const remedy = 'Choose another with ASSAY_PORT, or 0 for a free one.';
  return [{ name, state: 'missing', found: `${found} cannot be listened on: ${problem}`, remedy }];
}
