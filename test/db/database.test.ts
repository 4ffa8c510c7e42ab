/** Transactions: role and user, commit and rollback, and what a lost connection or a full disk is reported as. */

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { DatabaseError } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { mapConnectError, mapStatementError } from '../../src/db/failures.ts';
import { AssayError } from '../../src/errors.ts';
import { type FreshDatabase, freshDatabase, runOn } from '../harness/database.ts';

let fresh: FreshDatabase;
let db: Database;
const idleErrors: Error[] = [];

beforeAll(async () => {
  fresh = await freshDatabase('database');
  db = openDatabase({ url: fresh.url, max: 2, onError: (e) => idleErrors.push(e), applicationName: 'assay test' });
});
afterAll(async () => {
  await db?.close();
  await fresh?.drop();
});

const addUser = (id: string) => `insert into users (user_id, display_name) values ('${id}', 'x')`;
const count = (id: string) =>
  db.asSystem(async (q) => (await q.query('select from users where user_id = $1', [id])).rowCount);

describe('transactions', () => {
  it('take the role and the user for one transaction only, whatever the user id holds', async () => {
    const id = `o'ne\\"two;--\n名`;
    const sql = "select current_user as role, current_setting('assay.user_id', true) as id";
    expect(await db.asUser(id, async (q) => (await q.query(sql)).rows)).toEqual([{ role: 'assay_app', id }]);
    const after = await db.asSystem(async (q) => (await q.query(sql)).rows[0]);
    expect(after.role).toBe('assay_system');
    expect(after.id || null).toBeNull();
    await expect(db.asUser('a\0b', async () => {})).rejects.toMatchObject({ code: 'invalid_parameter' });
  });

  it('commit what returns and roll back what throws', async () => {
    await db.asSystem((q) => q.query(addUser('kept')));
    const thrown = new Error('no');
    const failing = db.asSystem(async (q) => {
      await q.query(addUser('dropped'));
      throw thrown;
    });
    await expect(failing).rejects.toBe(thrown);
    expect([await count('kept'), await count('dropped')]).toEqual([1, 0]);
  });

  it('do not pass for committed when work swallowed an error of a statement', async () => {
    const swallowing = db.asSystem(async (q) => {
      await q.query(addUser('lost'));
      await q.query('select 1 / 0').catch(() => {});
    });
    await expect(swallowing).rejects.toThrow('rolled back');
    expect(await count('lost')).toBe(0);
  });

  it('look as the system, and write nothing', async () => {
    expect(await db.look('select current_user as role')).toEqual([{ role: 'assay_system' }]);
    expect(await db.look('select 1 where false')).toEqual([]);
    await expect(db.look(addUser('looked'))).rejects.toMatchObject({ code: '25006' });
    await expect(db.look('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    // The connections are as they were: neither the role nor an open transaction is left.
    const [left] = await Promise.all(
      [1, 2].map(() => db.asUser('u', async (q) => (await q.query('select current_user as role')).rows)),
    );
    expect(left).toEqual([{ role: 'assay_app' }]);
    expect(await count('looked')).toBe(0);
  });

  it('pass errors of a statement on as they are, and go on', async () => {
    await expect(db.asSystem((q) => q.query('selec'))).rejects.toMatchObject({ code: '42601' });
    expect(await count('local')).toBe(1);
  });
});

/** From a connection of its own: assay_app and assay_system may not end the backends of the login role. */
const terminate = (pid: number) => runOn(fresh.url, `select pg_terminate_backend(${pid})`);

describe('a connection that is lost', () => {
  it('in the middle of a statement is database_unavailable, and the next call works', async () => {
    const cut = db.asSystem(async (q) => {
      const { pid } = (await q.query('select pg_backend_pid() as pid')).rows[0];
      await Promise.all([q.query('select pg_sleep(30)'), terminate(pid)]);
    });
    await expect(cut).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(await count('local')).toBe(1);
  });

  it('between two statements, while work waits for something else, does not end the process', async () => {
    const cut = db.asSystem(async (q) => {
      const { pid } = (await q.query('select pg_backend_pid() as pid')).rows[0];
      await terminate(pid);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await q.query('select 1');
    });
    await expect(cut).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(await count('local')).toBe(1);
  });

  it('while it is idle is told to onError and replaced', async () => {
    const pid = await db.asSystem(async (q) => (await q.query('select pg_backend_pid() as pid')).rows[0].pid);
    await terminate(pid);
    await expect.poll(() => idleErrors.length).toBeGreaterThan(0);
    expect(await count('local')).toBe(1);
  });
});

describe('a database that is not there', () => {
  it('is database_unavailable: nothing listens, no socket, no such database, no protocol', async () => {
    const hangUp = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => hangUp.listen(0, '127.0.0.1', resolve));
    const { port } = hangUp.address() as { port: number };
    const urls = [
      'postgres://x@127.0.0.1:1/x',
      'postgres://x@localhost/x?host=%2Fnowhere%2Fat%2Fall',
      fresh.url.replace(/\/assay_database_\w+/, '/assay_no_such_database'),
      `postgres://x@127.0.0.1:${port}/x`,
    ];
    for (const url of urls) {
      const other = openDatabase({ url, max: 1 });
      await expect(
        other.asSystem(async () => {}),
        url,
      ).rejects.toMatchObject({ code: 'database_unavailable' });
      await other.close();
    }
    hangUp.close();
  });
});

describe.each([
  { kind: 'one after another', pipelined: false },
  { kind: 'pipelined', pipelined: true },
])('statements sent $kind', ({ pipelined }) => {
  let own: Database;
  beforeAll(() => {
    own = openDatabase({ url: fresh.url, max: 1, pipelined });
  });
  afterAll(() => own.close());
  const whoAmI = {
    text: `select current_user as role, current_setting('assay.user_id', true) as id, $1 as given`,
    values: ['x'],
  };

  it('run alone under the role and the user, with a name or without', async () => {
    const mine = { role: 'assay_app', id: 'u', given: 'x' };
    for (const statement of [whoAmI, { ...whoAmI, name: 'who' }, { ...whoAmI, name: 'who' }])
      expect((await own.runAsUser('u', statement)).rows).toEqual([mine]);
    expect((await own.runAsSystem(whoAmI)).rows).toMatchObject([{ role: 'assay_system' }]);
    await expect(own.runAsUser('a\0b', whoAmI)).rejects.toMatchObject({ code: 'invalid_parameter' });
  });

  it('are kept when they succeed, and leave nothing when they fail', async () => {
    const id = `single-${pipelined}`;
    await own.runAsSystem({ text: addUser(id) });
    expect(await count(id)).toBe(1);
    await expect(own.runAsSystem({ text: addUser(id) })).rejects.toMatchObject({ code: '23505' });
    await expect(own.runAsUser(id, { text: 'selec' })).rejects.toMatchObject({ code: '42601' });
    await expect(own.runAsSystem({ ...whoAmI, values: ['x', 'y'] })).rejects.toMatchObject({ code: '08P01' });
    const after = await own.asUser(id, async (q) => (await q.query(whoAmI)).rows);
    expect(after).toEqual([{ role: 'assay_app', id, given: 'x' }]);
  });

  it('of several in a transaction are kept or dropped together', async () => {
    const id = (n: number) => `several-${pipelined}-${n}`;
    const both = (second: string) => own.asSystem((q) => Promise.all([q.query(addUser(id(1))), q.query(second)]));
    await expect(both('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    expect(await count(id(1))).toBe(0);
    await both(addUser(id(2)));
    expect([await count(id(1)), await count(id(2))]).toEqual([1, 1]);
  });

  it('are refused where the role cannot be taken', async () => {
    // Roles are the whole server's, which other tests use too.
    const login = `assay_nobody_${randomBytes(4).toString('hex')}`;
    await runOn(fresh.url, `create role ${login} login password '${login}'`);
    const url = Object.assign(new URL(fresh.url), { username: login, password: login });
    const nobody = openDatabase({ url: url.href, max: 1, pipelined });
    try {
      const denied = { code: '42501' };
      await expect(nobody.asSystem((q) => q.query('select 1'))).rejects.toMatchObject(denied);
      await expect(nobody.runAsUser('u', { text: 'select 1' })).rejects.toMatchObject(denied);
    } finally {
      await nobody.close();
      await runOn(fresh.url, `drop role ${login}`);
    }
  });

  it('whose connection is lost are database_unavailable, and the next ones work', async () => {
    const [{ pid }] = (await own.runAsSystem<{ pid: number }>({ text: 'select pg_backend_pid() as pid' })).rows as [
      { pid: number },
    ];
    const cut = own.runAsSystem({ text: 'select pg_sleep(30)' });
    const seen = expect(cut).rejects.toMatchObject({ code: 'database_unavailable' });
    await terminate(pid);
    await seen;
    expect((await own.runAsSystem(whoAmI)).rows).toHaveLength(1);
  });
});

describe('failures', () => {
  const withCode = (message: string, code: string) => Object.assign(new Error(message), { code });

  it('are told apart', () => {
    const codes = (error: unknown) => (mapStatementError(error, false) as AssayError).code;
    expect(codes(withCode('could not extend file: No space left on device', '53100'))).toBe('disk_full');
    expect(codes(new Error('could not write to file "x": File too large'))).toBe('disk_full');
    expect(codes(new Error('Connection terminated unexpectedly'))).toBe('database_unavailable');
    const said = (code: string) => Object.assign(new DatabaseError('no', 2, 'error'), { code });
    expect(codes(said('08006'))).toBe('database_unavailable');
    // A statement with too few parameters is no outage.
    expect(mapStatementError(said('08P01'), false)).toBeInstanceOf(DatabaseError);
    const own = new AssayError('not_found', { kind: 'file', id: 'x', list: '/' });
    expect(mapStatementError(own, true)).toBe(own);
    const file = withCode('no such file', 'ENOENT');
    expect(mapStatementError(file, false)).toBe(file);
  });

  it('keep their cause, and name every address that was tried', () => {
    const both = new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')]);
    const mapped = mapConnectError(both);
    expect(mapped.message).toContain('connect ::1; connect 127.0.0.1');
    expect(mapped.cause).toBe(both);
  });
});
