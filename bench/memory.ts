/**
 * Memory of server and worker by the size of a batch: the peak of their resident memory together, without the database's
 * own processes. `node bench/memory.ts [--rows 100000,1000000] [--concurrency 64] [--record]`. Linux only (/proc).
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ask, createBatch, getBatch, uploadInput, writeChatFile } from '../test/harness/batches.ts';
import { startCountingUpstream, writeModelsFile } from '../test/harness/counting-upstream.ts';
import { residentBytes } from '../test/harness/processes.ts';
import { type RunningAssay, startAssay } from '../test/harness/server.ts';
import { machine, record } from './measure.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000,1000000' },
    concurrency: { type: 'string', default: '64' },
    record: { type: 'boolean', default: false },
  },
});
const sizes = values.rows.split(',').map(Number);
const megabyte = 1024 * 1024;

interface Peak {
  rows: number;
  /** Largest sum over server and worker, bytes, and the largest of each. */
  sum: number;
  server: number;
  worker: number;
  seconds: number;
  /** Largest sum of each phase, bytes. */
  phases: Record<string, number>;
}

/** Samples the resident memory of server and worker until `stop` is called. */
function sample(server: RunningAssay) {
  const peak = { sum: 0, server: 0, worker: 0, phases: {} as Record<string, number> };
  let phase = 'upload';
  const timer = setInterval(() => {
    const own = residentBytes(server.pid);
    const worker = server.find('worker').reduce((sum, pid) => sum + residentBytes(pid), 0);
    peak.server = Math.max(peak.server, own);
    peak.worker = Math.max(peak.worker, worker);
    peak.sum = Math.max(peak.sum, own + worker);
    peak.phases[phase] = Math.max(peak.phases[phase] ?? 0, own + worker);
  }, 200);
  const enter = (name: string): void => {
    phase = name;
  };
  return { peak, enter, stop: () => clearInterval(timer) };
}

async function measure(rows: number): Promise<Peak> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  await using upstream = await startCountingUpstream();
  const models = await writeModelsFile(join(folder, 'models.yaml'), {
    counting: { url: upstream.url, concurrency: Number(values.concurrency) },
  });
  const most = String(16 * 1024 * megabyte);
  await using server = await startAssay({
    env: {
      ASSAY_MODELS: models,
      ASSAY_LOG_LEVEL: 'warn',
      ASSAY_BATCH_MAX_REQUESTS: '5000000',
      ASSAY_BATCH_MAX_BYTES: most,
      ASSAY_FILE_MAX_BYTES: most,
    },
  });
  const input = join(folder, 'input.jsonl');
  await writeChatFile(input, rows, { model: 'counting' });
  const sampling = sample(server);
  const started = performance.now();
  const file = await uploadInput(server, { path: input });
  sampling.enter('validating');
  const batch = await createBatch(server, file);
  let now = batch;
  while (now.status !== 'completed') {
    if (now.status === 'failed') throw new Error(JSON.stringify(now.errors));
    await new Promise((resolve) => setTimeout(resolve, 500));
    now = await getBatch(server, batch.id);
    if (now.status !== 'validating') sampling.enter('running');
  }
  const seconds = (performance.now() - started) / 1000;
  sampling.enter('download');
  let bytes = 0;
  for await (const part of (await ask(server, `/v1/files/${now.output_file_id}/content`)).body!) bytes += part.length;
  sampling.stop();
  if (now.request_counts.completed !== rows)
    throw new Error(`only ${now.request_counts.completed} of ${rows} completed`);
  console.log(`${rows} rows in ${seconds.toFixed(0)} s, output of ${(bytes / megabyte).toFixed(0)} MB read`);
  await rm(folder, { recursive: true, force: true });
  return { rows, ...sampling.peak, seconds };
}

process.once('SIGINT', () => process.exit(130));
const mb = (bytes: number): string => `${(bytes / megabyte).toFixed(0)} MB`;
console.log(machine());
const peaks: Peak[] = [];
for (const rows of sizes) {
  const peak = await measure(rows);
  peaks.push(peak);
  console.log(`${rows} rows: peak ${mb(peak.sum)} together (server ${mb(peak.server)}, worker ${mb(peak.worker)})`);
  for (const [phase, bytes] of Object.entries(peak.phases)) console.log(`  ${phase}: ${mb(bytes)}`);
}
const first = peaks[0]!;
const last = peaks.at(-1)!;
const line = `memory: ${peaks.map((p) => `${p.rows} rows ${mb(p.sum)} (server ${mb(p.server)}, worker ${mb(p.worker)}, ${p.seconds.toFixed(0)} s)`).join('; ')}; ratio ${(last.sum / first.sum).toFixed(2)}`;
console.log(line);
if (values.record) await record(line);
