/**
 * What Assay's durability costs: rows a second of a whole batch against a zero-delay upstream, in turns with a plain
 * script that only appends answers to a file. `node bench/overhead.ts [--rows 20000] [--concurrency 64] [--rounds 15]
 * [--delay 0] [--record]`.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createBatch, getBatch, getMetrics, uploadInput, writeChatFile } from '../test/harness/batches.ts';
import { startCountingUpstream, writeModelsFile } from '../test/harness/counting-upstream.ts';
import { type RunningAssay, startAssay } from '../test/harness/server.ts';
import { machine, median, record, runPlainScript } from './measure.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000' },
    concurrency: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '15' },
    delay: { type: 'string', default: '0' },
    record: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows);
const concurrency = Number(values.concurrency);
const delay = Number(values.delay);

/** Rows a second of others on a zero-delay upstream of the same kind, where the plain script did 12,200. */
const peers = {
  curator: 580,
  'AsyncOpenAI loop': 440,
  'lm-eval': 360,
  promptfoo: 196,
  distilabel: 159,
  'LiteLLM batch': 157,
  Inspect: 46,
};

interface Speed {
  /** By the batch's own clock: first dispatch to last commit. */
  run: number;
  /** By the wall clock: POST of the batch (the file being uploaded) to its completion. */
  wall: number;
}

async function assay(server: RunningAssay, input: string): Promise<Speed> {
  const file = await uploadInput(server, { path: input });
  await upstream.reset();
  await upstream.behave(null, { kind: 'answer', delayMs: delay });
  const started = performance.now();
  const batch = await createBatch(server, file);
  for (;;) {
    const now = await getBatch(server, batch.id);
    if (now.status === 'completed') break;
    if (now.status === 'failed') throw new Error(JSON.stringify(now.errors));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const wall = (performance.now() - started) / 1000;
  const metrics = await getMetrics(server, batch.id);
  if (metrics.rows.completed !== rows) throw new Error(`only ${metrics.rows.completed} rows of ${rows} completed`);
  const { total } = await upstream.counts();
  if (total !== rows) throw new Error(`the upstream was asked ${total} times for ${rows} rows`);
  return { run: rows / metrics.run_seconds!, wall: rows / wall };
}

process.once('SIGINT', () => process.exit(130));
const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
await using upstream = await startCountingUpstream();
const models = await writeModelsFile(join(folder, 'models.yaml'), { counting: { url: upstream.url, concurrency } });
await using server = await startAssay({ env: { ASSAY_MODELS: models, ASSAY_LOG_LEVEL: 'warn' } });
const input = join(folder, 'input.jsonl');
await writeChatFile(input, rows, { model: 'counting' });

const script: number[] = [];
const ours: Speed[] = [];
console.log(`${machine()}\n${rows} rows, concurrency ${concurrency}, upstream answers after ${delay} ms`);
for (let round = 0; round < Number(values.rounds); round++) {
  await upstream.reset();
  await upstream.behave(null, { kind: 'answer', delayMs: delay });
  script.push(await runPlainScript({ url: upstream.url, input, output: join(folder, 'script.jsonl'), concurrency }));
  ours.push(await assay(server, input));
  const { run, wall } = ours.at(-1)!;
  console.log(
    `round ${round + 1}: script ${script.at(-1)!.toFixed(0)} rows/s, Assay ${run.toFixed(0)} (run), ${wall.toFixed(0)} (POST to completed)`,
  );
}
const medianScript = median(script);
const run = median(ours.map((speed) => speed.run));
const wall = median(ours.map((speed) => speed.wall));
// Of each round against the script of the same round: a shared machine's speed changes from one second to the next.
const share = (of: (speed: Speed) => number): string =>
  `${(100 * median(ours.map((speed, round) => of(speed) / script[round]!))).toFixed(1)} %`;
const line = `overhead, ${rows} rows, concurrency ${concurrency}, delay ${delay} ms: script ${medianScript.toFixed(0)} rows/s; Assay ${run.toFixed(0)} (${share((speed) => speed.run)}), POST to completed ${wall.toFixed(0)} (${share((speed) => speed.wall)})`;
console.log(line);
if (delay === 0) {
  const best = Math.max(...Object.values(peers));
  console.log(
    `peers (rows/s): ${Object.entries(peers)
      .map(([name, rate]) => `${name} ${rate}`)
      .join(', ')}; Assay ${(run / best).toFixed(1)} times the best`,
  );
}
await rm(folder, { recursive: true, force: true });
if (values.record) await record(line);
