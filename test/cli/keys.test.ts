/** `assay keys`: works before the first start and beside a running server; a revoked key is refused. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readHolder } from '../../src/db/folder.ts';
import { command, type Place, startCommand } from './command.ts';

const minutes = 60_000;
let home = '';
let place: Place;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'assay-keys-'));
  place = { data: join(home, 'data'), cwd: home };
});
afterAll(() => rm(home, { recursive: true, force: true }));

it(
  'makes keys before the first start, that the server then asks for, and revokes them while it runs',
  async () => {
    const added = await command(place, ['keys', 'add', 'night\u001b[31mly', '--user', 'anna', '--json']);
    expect({ code: added.code, err: added.err }).toEqual({ code: 0, err: '' });
    const { key, id } = JSON.parse(added.out) as { key: string; id: string };
    expect(key).toMatch(/^ask-[\w-]{43}$/);

    const server = startCommand(place, ['start', '--no-demo']);
    const url = await announced();
    try {
      const status = async (bearer?: string) =>
        (await fetch(`${url}/v1/models`, { headers: bearer ? { authorization: `Bearer ${bearer}` } : {} })).status;
      expect([await status(), await status('ask-wrong'), await status(key)]).toEqual([401, 401, 200]);
      const listed = await command(place, ['keys', 'list']);
      expect(listed.out).toMatch(new RegExp(`${id}  anna +nightly +…${key.slice(-4)}`));
      expect(listed.out).not.toContain(key);
      expect(listed.out).not.toContain('\u001b');
      // The commands themselves need no key: the data folder tells them the local user's token.
      expect((await command(place, ['status'])).code).toBe(0);
      expect(await command(place, ['keys', 'revoke', id])).toMatchObject({ code: 0 });
      expect(await status(key)).toBe(401);
      const unknown = await command(place, ['keys', 'revoke', 'key_none']);
      expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('key_none') });
    } finally {
      server.child.kill('SIGTERM');
      expect(await server.ended).toMatchObject({ code: 0, err: '' });
    }
  },
  3 * minutes,
);

/** The address of the server, once it has one. */
async function announced(): Promise<string> {
  for (let waited = 0; waited < 2 * minutes; waited += 50) {
    const url = (await readHolder(place.data))?.url;
    if (url) return url;
    await sleep(50);
  }
  throw new Error('the server has not started');
}
