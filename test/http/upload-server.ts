/** A server in a process of its own, for the test that watches its memory: prints its address, then its resident size on request. */

import { readFileSync } from 'node:fs';
import { startApp } from './start-app.ts';

const server = await startApp('http_memory', { databaseUrl: process.argv[2]! });
process.stdout.write(`${server.url}\n`);

/** Peak resident size since the last reset, in kB; the kernel keeps it, so no moment is missed. */
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]);

process.stdin.setEncoding('utf8');
for await (const line of process.stdin) {
  if (line.includes('stop')) break;
  process.stdout.write(`${peak()}\n`);
}
await server.stop();
process.exit(0);
