/**
 * Time from `npm start` on an installed clone to GET /readyz: with a new data folder, and again with the same one.
 * `node bench/startup.ts [--rounds 3] [--record]`.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readHolder } from '../src/db/folder.ts';
import { machine, median, record } from './measure.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, record: { type: 'boolean', default: false } },
});
const root = fileURLToPath(new URL('../', import.meta.url));

/** Seconds to ready; the server is stopped again. */
async function start(data: string): Promise<number> {
  const started = performance.now();
  const child = spawn('npm', ['start', '--silent', '--', 'start', '--no-demo'], {
    cwd: root,
    env: { ...process.env, ASSAY_DATA: data, ASSAY_PORT: '0' },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`npm start ended with code ${child.exitCode}`);
    const holder = await readHolder(data).catch(() => null);
    if (holder?.url && (await isReady(holder.url))) {
      const seconds = (performance.now() - started) / 1000;
      const ended = once(child, 'exit');
      process.kill(holder.pid, 'SIGTERM');
      await ended;
      return seconds;
    }
    await sleep(10);
  }
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    (answer) => answer.status === 200,
    () => false,
  );
}

const fresh: number[] = [];
const again: number[] = [];
console.log(machine());
for (let round = 0; round < Number(values.rounds); round++) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  fresh.push(await start(join(folder, 'data')));
  again.push(await start(join(folder, 'data')));
  console.log(`round ${round + 1}: new folder ${fresh.at(-1)!.toFixed(2)} s, again ${again.at(-1)!.toFixed(2)} s`);
  await rm(folder, { recursive: true, force: true });
}
const line = `startup, npm start to /readyz: new data folder ${median(fresh).toFixed(2)} s, again ${median(again).toFixed(2)} s`;
console.log(line);
if (values.record) await record(line);
