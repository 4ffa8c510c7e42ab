/**
 * What taking answers over from an earlier batch costs: POST to completed of a batch without it, of the first with it, and of
 * a second one that is answered whole, with the peak of the server's resident memory. `node bench/reuse.ts [--rows 100000]
 * [--rounds 3] [--record]`. Linux only (/proc).
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ask, createBatch, getBatch, getMetrics, uploadInput, writeChatFile } from '../test/harness/batches.ts';
import { startCountingUpstream, writeModelsFile } from '../test/harness/counting-upstream.ts';
import { residentBytes } from '../test/harness/processes.ts';
import { startAssay } from '../test/harness/server.ts';
import { machine, median, record } from './measure.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    record: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows);
const megabyte = 1024 * 1024;
const most = String(16 * 1024 * megabyte);

process.once('SIGINT', () => process.exit(130));
const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
await using upstream = await startCountingUpstream();
const models = await writeModelsFile(join(folder, 'models.yaml'), { counting: { url: upstream.url, concurrency: 64 } });
const limits = { ASSAY_BATCH_MAX_REQUESTS: '5000000', ASSAY_BATCH_MAX_BYTES: most, ASSAY_FILE_MAX_BYTES: most };
await using server = await startAssay({ env: { ASSAY_MODELS: models, ASSAY_LOG_LEVEL: 'warn', ...limits } });

interface Taken {
  seconds: number;
  /** Peak of the server's resident memory, in bytes. */
  server: number;
}

async function batch(input: string, metadata: Record<string, string>, reused: number): Promise<Taken> {
  await upstream.reset();
  await upstream.behave(null, { kind: 'answer', delayMs: 0 });
  const file = await uploadInput(server, { path: input });
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(server.pid));
  }, 100);
  const started = performance.now();
  const { id } = await createBatch(server, file, { metadata });
  for (;;) {
    const { status, errors } = await getBatch(server, id);
    if (status === 'completed') break;
    if (status === 'failed') throw new Error(JSON.stringify(errors));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const seconds = (performance.now() - started) / 1000;
  clearInterval(timer);
  const metrics = await getMetrics(server, id);
  if (metrics.rows.completed !== rows || metrics.rows.reused !== reused) throw new Error(JSON.stringify(metrics.rows));
  await ask(server, `/v1/files/${file}`, { method: 'DELETE' });
  return { seconds, server: peak };
}

const all = { without: [] as Taken[], first: [] as Taken[], again: [] as Taken[] };
console.log(`${machine()}\n${rows} rows of an upstream that answers at once`);
for (let round = 0; round < Number(values.rounds); round++) {
  const input = join(folder, `input-${round}.jsonl`);
  await writeChatFile(input, rows, { model: 'counting', prefix: `round-${round}`, body: { temperature: 0 } });
  all.without.push(await batch(input, { assay_dedupe: 'on' }, 0));
  all.first.push(await batch(input, { assay_reuse: 'true' }, 0));
  all.again.push(await batch(input, { assay_reuse: 'true' }, rows));
  await rm(input);
}
const of = (taken: Taken[]) =>
  `${median(taken.map(({ seconds }) => seconds)).toFixed(1)} s (server ${Math.round(Math.max(...taken.map(({ server: bytes }) => bytes)) / megabyte)} MB)`;
const line = `reuse, ${rows} rows, POST to completed: without ${of(all.without)}; first with it ${of(all.first)}; answered whole ${of(all.again)}`;
console.log(line);
if (values.record) await record(line);
await rm(folder, { recursive: true, force: true });
