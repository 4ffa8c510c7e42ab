/** A program for tests to kill: starts what its first argument names, prints a JSON line about it, and stays. */

import { spawnWatched } from '../../src/db/child-watch.ts';
import { startEmbedded } from '../../src/db/embedded.ts';
import { holdFolder } from '../../src/db/folder.ts';
import { embeddedOptions } from './options.ts';

const [what, folder] = process.argv.slice(2);
const tell = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);

try {
  if (what === 'embedded') {
    const server = await startEmbedded(embeddedOptions(folder!));
    tell({ url: server.url, pid: server.pid() });
  } else if (what === 'hold') {
    const hold = await holdFolder(folder!);
    await hold.announce({ url: 'http://127.0.0.1:4080', token: 'secret' });
    tell({ pid: process.pid });
  } else {
    const child = spawnWatched('/bin/sleep', ['600'], { stdout: 'ignore', stderr: 'ignore', signal: 'TERM' });
    tell({ pid: child.pid });
  }
} catch (error) {
  tell({ error: (error as Error).message, code: (error as { code?: string }).code });
  process.exit(1);
}
setInterval(() => {}, 1000);
