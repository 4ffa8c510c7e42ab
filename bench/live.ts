/** Measures the live way: five models landing 200 results a second, and the time from commit to a client's socket. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { landAnswers } from '../src/compare/land-answers.ts';
import { openLiveFeed } from '../src/compare/live-feed.ts';
import type { LiveMessage } from '../src/contracts/workbench.ts';
import { openDatabase } from '../src/db/database.ts';
import { startEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { machine, record } from './measure.ts';
import { runId, seedWorkbench, version } from './workbench-seed.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    /** Results a second, of all models together. */
    rate: { type: 'string', default: '200' },
    models: { type: 'string', default: '5' },
    clients: { type: 'string', default: '3' },
    record: { type: 'boolean', default: false },
  },
});
const [seconds, rate, models, clients] = [options.seconds, options.rate, options.models, options.clients].map(
  Number,
) as [number, number, number, number];
const items = Math.ceil((seconds * rate) / models);
const log = { debug() {}, info() {}, warn: console.warn, error: console.error };

const folder = await mkdtemp(join(tmpdir(), 'assay-bench-live-'));
const server = await startEmbedded({ folder, sharedBuffersMb: 128, startTimeoutMs: 60_000, restartMaxMs: 1000, log });
await migrate(server.url);
const db = openDatabase({ url: server.url, max: 10 });

/** Lands the answers of one model at its share of the rate, in a group every 100 ms, as a worker does. */
async function stream(m: number): Promise<void> {
  const each = rate / models;
  const started = performance.now();
  for (let done = 0; done < items; ) {
    const due = Math.min(items, Math.ceil(((performance.now() - started) / 1000) * each));
    const rows = Array.from({ length: due - done }, (_, i) => ({
      ordinal: done + i,
      ok: true,
      errorCode: null,
      content: JSON.stringify({ verdict: ['Yes', 'No'][(done + i + m) % 2], reason: 'words of a reason '.repeat(20) }),
      finishReason: 'stop',
      promptTokens: 100,
      completionTokens: 80,
      cachedTokens: 0,
      latencyMs: 500,
      firstTokenMs: 50,
      scores: null,
    }));
    done = due;
    await db.asUser('local', (q) => landAnswers(q, { ...version, runId: runId(m), modelId: `model-${m}` }, rows));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

await seedWorkbench(
  db,
  items,
  Array.from({ length: models }, (_, m) => `model-${m}`),
);
const feed = openLiveFeed({ db, url: server.url, activeRuns: async () => [], log });
const delays: number[] = [];
let got = 0;
let greeted = 0;
const send = (message: LiveMessage): boolean => {
  JSON.stringify(message);
  if (message.type === 'hello') greeted += 1;
  if (message.type === 'result') {
    got += 1;
    delays.push(Date.now() - message.result.committed_at);
  }
  return true;
};
for (let i = 0; i < clients; i++) feed.subscribe('local', { send });
while (greeted < clients) await new Promise((resolve) => setTimeout(resolve, 10));
const cpu = process.cpuUsage();
const started = performance.now();
await Promise.all(Array.from({ length: models }, (_, m) => stream(m)));
while (got < items * models * clients) await new Promise((resolve) => setTimeout(resolve, 20));
const took = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(cpu);
delays.sort((a, b) => a - b);
const at = (share: number) => delays[Math.floor(share * (delays.length - 1))]!.toFixed(0);
const line = `live feed, ${models} models, ${rate} results a second, ${clients} clients: from writing to sending p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms; ${((items * models) / took).toFixed(0)} results a second came through, ${Math.round((user + system) / 1e4 / took)} % of a core here`;
console.log(`${machine()}\n${line}`);
if (options.record) await record(line);
await feed.close();
await db.close();
await server.stop();
await rm(folder, { recursive: true, force: true });
