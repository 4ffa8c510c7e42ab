/** Runs work in transactions of a connection pool, under the role that row level security is written for. */

import { escapeLiteral, Pool, type PoolClient, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import { AssayError } from '../errors.ts';
import { mapConnectError, mapStatementError } from './failures.ts';

/** How long a ROLLBACK may take before its connection is dropped instead (the server then rolls back by itself). */
const ROLLBACK_PATIENCE_MS = 5000;

/** A connection nobody used for so long is closed. Opening one costs a process of the database and a key derivation. */
const IDLE_MS = 60_000;

/** Transactions on the database. Every call is one transaction: committed when `work` returns, rolled back when it throws. */
export interface Database {
  /** Role assay_app: sees and writes only rows of `userId`. */
  asUser<T>(userId: string, work: (q: PoolClient) => Promise<T>): Promise<T>;
  /** Role assay_system: sees the rows of all users (expiry, recovery, metrics). */
  asSystem<T>(work: (q: PoolClient) => Promise<T>): Promise<T>;
  /** One statement as {@link asUser}; one round trip where connections are {@link DatabaseOptions pipelined}, else three. */
  runAsUser<R extends QueryResultRow>(userId: string, statement: QueryConfig): Promise<QueryResult<R>>;
  /** One statement as {@link asSystem}, otherwise like {@link runAsUser}. */
  runAsSystem<R extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<R>>;
  /**
   * Gives the rows of a statement without parameters (values stand in it by pg's escapeLiteral), run as role assay_system,
   * read only, in one round trip on any connection. For what is looked at several times a second.
   */
  look<R extends QueryResultRow>(statement: string): Promise<R[]>;
  /** Waits for running work and closes all connections; further calls throw. */
  close(): Promise<void>;
}

/**
 * `max` is connections at most. `idleInTransactionMs`: a transaction whose client says nothing for so long is ended by the
 * server, so that a client that hangs keeps no locks. `pipelined`: statements are sent without waiting for those before
 * them, BEGIN with the first and, of {@link Database.runAsUser}, COMMIT with it too; such connections take no COPY. `onError`
 * hears of connections that broke while nobody used them; they are replaced.
 */
export interface DatabaseOptions {
  url: string;
  max: number;
  idleInTransactionMs?: number;
  pipelined?: boolean;
  onError?: (error: Error) => void;
  applicationName?: string;
}

/**
 * Opens a pool; nothing is connected before the first call.
 *
 * Work throws database_unavailable when the database cannot be reached or goes away, disk_full when it has no room
 * left; other errors of a statement pass as pg's DatabaseError.
 *
 *     const db = openDatabase({ url, max: 10 });
 *     const rows = await db.asUser('local', async (q) => (await q.query('select file_id from files')).rows);
 */
export function openDatabase(options: DatabaseOptions): Database {
  const broken = new WeakSet<object>();
  const pool = new Pool({
    connectionString: options.url,
    max: options.max,
    pipeline: options.pipelined ?? false,
    idleTimeoutMillis: IDLE_MS,
    application_name: options.applicationName ?? 'assay',
    ...(options.idleInTransactionMs === undefined
      ? {}
      : { idle_in_transaction_session_timeout: options.idleInTransactionMs }),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // Without a listener on the pool and on each client a connection lost between two statements would end the process.
  pool.on('error', (error) => options.onError?.(error));
  pool.on('connect', (client) => {
    client.on('error', () => broken.add(client));
  });
  const connections = { pool, broken };
  return {
    asUser: async (userId, work) => transaction({ ...connections, begin: beginAsUser(userId) }, work),
    asSystem: (work) => transaction({ ...connections, begin: beginAsSystem }, work),
    runAsUser: async (userId, statement) => single({ ...connections, begin: beginAsUser(userId) }, statement),
    runAsSystem: (statement) => single({ ...connections, begin: beginAsSystem }, statement),
    look: (statement) => look(connections, statement),
    close: () => pool.end(),
  };
}

const beginAsSystem = 'BEGIN; SET LOCAL ROLE assay_system';

/** BEGIN, role and user in one simple query, so that a transaction costs one round trip before its first statement. */
function beginAsUser(userId: string): string {
  if (userId.includes('\0')) {
    throw new AssayError('invalid_parameter', { param: 'user id', problem: 'must not hold a NUL', value: userId });
  }
  return `BEGIN; SET LOCAL ROLE assay_app; SELECT set_config('assay.user_id', ${escapeLiteral(userId)}, true)`;
}

interface Connections {
  pool: Pool;
  /** Clients whose connection was lost. */
  broken: WeakSet<object>;
}

function transaction<T>(
  { begin, ...connections }: Connections & { begin: string },
  work: (q: PoolClient) => Promise<T>,
): Promise<T> {
  return withClient(connections, async (client) => {
    // A BEGIN that fails leaves a transaction that refuses every statement, so that none is run as another role.
    const begun = client.query(begin);
    if (!client.pipeline) await begun;
    const [, value] = await inTurn([begun, (async () => work(client))()]);
    committed(await client.query('COMMIT'));
    return value;
  });
}

function single<R extends QueryResultRow>(
  { begin, ...connections }: Connections & { begin: string },
  statement: QueryConfig,
): Promise<QueryResult<R>> {
  return withClient(connections, async (client) => {
    const steps = [begin, statement, 'COMMIT'];
    const results: Promise<QueryResult<R>>[] = [];
    for (const step of steps) {
      const result = client.query<R>(step);
      if (!client.pipeline) await result;
      results.push(result);
    }
    const [, result, end] = await inTurn(results);
    committed(end!);
    return result!;
  });
}

/** All results, when the last has come; throws the first failure in their order. */
async function inTurn<T extends unknown[]>(all: { [P in keyof T]: Promise<T[P]> }): Promise<T> {
  await Promise.allSettled(all);
  return (await Promise.all(all)) as T;
}

/** A COMMIT after an error of a statement that was swallowed is answered ROLLBACK: nothing was kept. */
function committed(end: QueryResult): void {
  if (end.command !== 'COMMIT') throw new Error('The transaction had failed before its COMMIT and was rolled back.');
}

function look<R extends QueryResultRow>(connections: Connections, statement: string): Promise<R[]> {
  const all = `BEGIN READ ONLY; SET LOCAL ROLE assay_system; ${statement}; COMMIT`;
  return withClient(connections, async (client) => {
    // Of several statements in one simple query pg gives a result each.
    const results = (await client.query(all)) as unknown as QueryResult<R>[];
    return results[2]!.rows;
  });
}

/** Hands `work` a connection; what it throws rolls back what it began. */
async function withClient<T>({ pool, broken }: Connections, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw mapConnectError(error);
  });
  try {
    const value = await work(client);
    client.release();
    return value;
  } catch (error) {
    const lost = broken.has(client);
    client.release(lost || !(await rollBack(client)));
    throw mapStatementError(error, lost);
  }
}

/** True when the connection is clean again; false when it must be dropped. */
async function rollBack(client: PoolClient): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ROLLBACK_PATIENCE_MS, false);
  });
  const clean = client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
  return Promise.race([clean, late]).finally(() => clearTimeout(timer));
}
