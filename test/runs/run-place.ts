/** A server's rooms on a fresh database: datasets, real batches worked by a worker that asks a fake remote engine, runs. */

import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBatch } from '../../src/batches/create.ts';
import { cancelBatch, finishBatch } from '../../src/batches/end.ts';
import { openIntake } from '../../src/batches/intake-queue.ts';
import { batchMetrics } from '../../src/batches/metrics.ts';
import { listBatches } from '../../src/batches/read.ts';
import { retryBatch } from '../../src/batches/retry.ts';
import { sweepBatches } from '../../src/batches/sweep.ts';
import { deriveMissing, deriveOfBatch, landDerived } from '../../src/compare/derive-results.ts';
import { landAnswers } from '../../src/compare/land-answers.ts';
import { refreshItems } from '../../src/compare/refresh.ts';
import { takeTurn } from '../../src/compare/turn.ts';
import { newRun } from '../../src/contracts/runs.ts';
import { type ImportedDataset, importDataset } from '../../src/datasets/import-dataset.ts';
import { complete } from '../../src/engines/complete.ts';
import { modelIdentity } from '../../src/engines/identity.ts';
import { openRegistry } from '../../src/engines/registry.ts';
import { openFile } from '../../src/files/read.ts';
import { openStore } from '../../src/files/store.ts';
import * as results from '../../src/results/land.ts';
import type { RunDeps } from '../../src/runs/deps.ts';
import { openRuns, type Runs } from '../../src/runs/room.ts';
import { intakeDeps, scheduleIn } from '../batches/seed.ts';
import { silentLog } from '../harness/database.ts';
import { type Behaviour, type FakeOpenAi, type FakeRequest, startFakeOpenAi } from '../harness/fake-openai.ts';
import { endpoint, openWorkplace, type Workplace, work } from '../scheduler/workplace.ts';

export interface RunPlace extends Workplace {
  folder: string;
  runs: Runs;
  deps: RunDeps;
  engine: FakeOpenAi;
  /** How the fake engine answers from now on. */
  behave(how: (request: FakeRequest) => Behaviour): void;
  /** Does what the server's upkeep does from time to time. */
  sweep(): Promise<void>;
  addModel(id: string, more?: object, userId?: string): Promise<void>;
  dataset(filename: string, content: string, on?: { userId?: string; datasetId?: string }): Promise<ImportedDataset>;
  /** Imports a file of answers. */
  answers(filename: string, content: string, on: Answers): ReturnType<Runs['import']>;
}

interface Answers {
  datasetId: string;
  modelId?: string;
  userId?: string;
}

/** Workers run only when `work` is not false. */
export async function openRunPlace(name: string, options: { work?: boolean } = {}): Promise<RunPlace> {
  const place = await openWorkplace(name);
  const folder = await mkdtemp(join(tmpdir(), 'assay-runs-'));
  const { db, queue } = place;
  let behave: (request: FakeRequest) => Behaviour = () => ({ do: 'answer' });
  const engine = await startFakeOpenAi((request) => behave(request));
  const store = await openStore(join(folder, 'files'));
  const registry = openRegistry({ database: db });
  const run = (batchId: string) =>
    queue.fill(batchId).then(() => place.workers.forEach((worker) => void worker.wake()));
  const intake = openIntake({
    ...intakeDeps(place),
    openInput: async (userId, fileId) => (await openFile(db, store, userId, fileId)).read(),
    async checkModel(userId, model) {
      const spec = await registry.find(userId, model);
      return {
        slots: spec.concurrency ?? 1,
        identity: () => modelIdentity(spec, { context: 4096, ollamaModels: folder }),
      };
    },
    schedule: scheduleIn(4),
    async reused(userId, batchId) {
      await finishBatch(db, userId, batchId);
      await deriveOfBatch(db, { userId, batchId }, loudLog);
    },
    taken: run,
    log: silentLog,
  });
  const deps: RunDeps = {
    db,
    store,
    batches: {
      async create(userId, body, repeat) {
        const made = await createBatch(db, { userId, body, repeat: { ...repeat, windowSeconds: 60 }, maxBytes: 1e9 });
        if (made.isNew) intake.want(userId, made.batch.id);
        return made.batch;
      },
      list: (userId, query) => listBatches(db, userId, query),
      cancel: (userId, id) => cancelBatch(db, userId, id),
      async retry(userId, id) {
        const batch = await retryBatch(db, { userId, batchId: id }, scheduleIn(4));
        await run(id);
        return batch;
      },
      metrics: (userId, id) =>
        batchMetrics(
          { db, now: (batch) => place.workers[0]?.report().batches[batch] ?? null, waiting: () => null },
          userId,
          id,
        ),
    },
    models: registry,
    landAnswers,
    deriveMissing: (of) => void deriveMissing(db, of, loudLog),
    refreshItems,
    takeTurn,
    limits: {
      maxRequests: 1000,
      maxBytes: 1_000_000,
      lineMaxBytes: 100_000,
      repeatWindowSeconds: 60,
      inputFileSeconds: 3600,
      completionWindow: '7d',
    },
    log: silentLog,
  };
  if (options.work !== false) {
    await work(place, {
      complete,
      land: landDerived(db, results, { log: loudLog }),
      acquire: async (_userId, modelId) =>
        endpoint({ modelId, baseUrl: engine.url, upstreamModel: modelId, concurrency: 4 }),
    });
  }
  const runs = openRuns(deps);
  let files = 0;
  const put = async (content: string) => {
    const path = join(folder, `upload-${files++}`);
    await writeFile(path, content);
    return { path, bytes: Buffer.byteLength(content), sha256: createHash('sha256').update(content).digest() };
  };
  return {
    ...place,
    folder,
    runs,
    deps,
    engine,
    behave: (how) => {
      behave = how;
    },
    sweep: () => sweepBatches({ db, takeIn: intake.want }),
    addModel: async (id, more = {}, userId = 'local') => {
      await registry.add(userId, { id, engine: 'openai', base_url: engine.url, ...more });
    },
    dataset: async (filename, content, { userId = 'local', datasetId } = {}) =>
      importDataset({ db, limits: { maxItems: 1e6, blockRows: 1000, lineMaxBytes: 1e6 } }, userId, {
        ...(await put(content)),
        filename,
        datasetId,
      }),
    answers: async (filename, content, { userId = 'local', ...on }) =>
      runs.import(userId, { ...(await put(content)), filename, ...on }),
    async end() {
      await intake.stop();
      await place.end();
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An answer that cannot be read must not pass in silence. */
const loudLog = {
  ...silentLog,
  warn: (values: object) => {
    throw new Error(JSON.stringify(values));
  },
};

/** The body of a start, with its defaults. */
export const asked = (body: Parameters<typeof newRun.parse>[0] & object) => newRun.parse(body);

let sets = 0;
/** `count` JSONL lines q-1, q-2, ... with a prompt each; other content each time, so that each is a dataset of its own. */
export function promptLines(count: number): string {
  const set = ++sets;
  return jsonl(
    Array.from({ length: count }, (_, i) => ({ custom_id: `q-${i + 1}`, prompt: `Question ${i + 1}?`, set })),
  );
}

export const jsonl = (lines: unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
