/** A real training with the real server: away for all of epoch 2, then the trainer is killed and resumed; every row arrives once, in order. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { PredictionPage } from '../../src/contracts/predictions.ts';
import type { MetricList, TrainingJob } from '../../src/contracts/training.ts';
import { getJson, waitFor } from '../harness/batches.ts';
import { startAssay } from '../harness/server.ts';

const python = process.env.ASSAY_TEST_TRAINER_PYTHON ?? '';
const folder = fileURLToPath(new URL('../../python', import.meta.url));
const SAMPLES = 4;
const STEPS_AN_EPOCH = 4;

/** A port that the server gets again after its restart: the trainer knows one address. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

interface Trainer {
  child: ChildProcess;
  /** Waits until it says so; fails with what it wrote when it ends before. */
  says(line: string): Promise<void>;
  goOn(): void;
}

function startTrainer(url: string, out: string, ...args: string[]): Trainer {
  const child = spawn(python, [join(folder, 'tests', 'train_in_steps.py'), out, ...args], {
    env: { PATH: process.env.PATH, ASSAY_URL: url, PYTHONPATH: [folder, join(folder, 'tests')].join(':') },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const said: string[] = [];
  const waiting: (() => void)[] = [];
  const lookAll = () => {
    for (const look of waiting.splice(0)) look();
  };
  createInterface(child.stdout!).on('line', (line) => {
    said.push(line);
    lookAll();
  });
  child.on('exit', lookAll);
  return {
    child,
    async says(line) {
      while (!said.some((each) => each.startsWith(line))) {
        if (child.exitCode !== null) throw new Error(`the trainer ended with ${child.exitCode}:\n${errors}`);
        await new Promise<void>((look) => waiting.push(look));
      }
    },
    goOn: () => child.stdin!.write('\n'),
  };
}

test.skipIf(python === '')('no row is lost or doubled, whoever is away or killed', { timeout: 150_000 }, async () => {
  const out = await mkdtemp(join(tmpdir(), 'assay-trainer-'));
  const port = await freePort();
  await using server = await startAssay({ args: ['--no-worker'], env: { ASSAY_PORT: String(port) } });
  const url = `http://127.0.0.1:${port}`;
  const jobs = async () => (await getJson<{ data: TrainingJob[] }>(server, '/api/training/jobs')).data;

  const first = startTrainer(url, out);
  await first.says('epoch 1');
  first.goOn();
  await first.says('epoch 2');
  await server.killGroup();
  first.goOn();
  await first.says('epoch 3');
  await server.restart();
  const [{ id } = { id: '' }] = await jobs();
  const stored = async () => (await getJson<PredictionPage>(server, `/api/training/predictions/${id}`)).total_count;
  await waitFor(stored, (count) => count === 3 * SAMPLES, { timeoutMs: 30_000, what: 'the rows of epoch 2' });
  first.goOn();
  await first.says('epoch 4');
  first.goOn();
  // In epoch 4 somewhere, or a little before.
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');

  const second = startTrainer(url, out, `checkpoint-${3 * STEPS_AN_EPOCH}`);
  await second.says('epoch 4');
  second.goOn();
  await second.says('delivered');
  await once(second.child, 'exit');

  expect((await jobs()).map((job) => [job.status, job.problem, job.undelivered, job.prediction_errors])).toEqual([
    ['completed', null, null, 0],
  ]);
  const { predictions } = await getJson<PredictionPage>(server, `/api/training/predictions/${id}?limit=100`);
  const evaluations = [0, 1, 2, 3, 4].map((epoch) => [epoch, epoch * STEPS_AN_EPOCH]);
  expect(predictions.map(({ epoch, step, sample_index: sample }) => [epoch, step, sample])).toEqual(
    evaluations.flatMap((at) => Array.from({ length: SAMPLES }, (_, sample) => [...at, sample])),
  );
  // In the order in which they were made, too.
  expect(predictions.map((one) => one.id)).toEqual(predictions.map((one) => one.id).toSorted((a, b) => a - b));
  const { metrics } = await getJson<MetricList>(server, `/api/training/jobs/${id}/metrics?kind=train`);
  expect(metrics.map(({ step }) => step)).toEqual(Array.from({ length: 4 * STEPS_AN_EPOCH }, (_, at) => at + 1));
  await rm(out, { recursive: true, force: true });
});
