/** What tests of pushes begin with: a dataset with the answers of two models, a project of it, and a fake Label Studio. */

import { randomBytes } from 'node:crypto';
import type { Control, Mapping, PushObject } from '../../../../src/contracts/label-studio.ts';
import { newPush } from '../../../../src/contracts/label-studio.ts';
import { connectLabelStudio } from '../../../../src/curate/label-studio/connection.ts';
import type { LabelStudioDeps } from '../../../../src/curate/label-studio/label-studio-deps.ts';
import { openPushes, type Pushes } from '../../../../src/curate/label-studio/push/open-pushes.ts';
import { pushObject } from '../../../../src/curate/label-studio/push/push-object.ts';
import type { PushPace } from '../../../../src/curate/label-studio/push/push-work.ts';
import { newProjectId, selectProject, type TaskRow } from '../../../../src/curate/label-studio/rows.ts';
import { sealerOf } from '../../../../src/curate/label-studio/sealed.ts';
import type { LabelStudioClient } from '../../../../src/curate/label-studio/wire/client.ts';
import type { Database } from '../../../../src/db/database.ts';
import { silentLog } from '../../../harness/database.ts';
import { type Bench, query, type Seeded, type SeedItem, seed } from '../../seed.ts';

export const models = ['m-one', 'm-two'];

const noValues: Record<string, string> = {};
const control = (means: 'verdict' | 'fix', slot: string): Control => ({
  name: `${means}_${slot}`,
  to_name: `answer_${slot}`,
  type: means === 'verdict' ? 'choices' : 'textarea',
  means,
  slot,
  field: null,
  values: means === 'verdict' ? { golden: 'golden', fix: 'fix', wrong: 'wrong' } : noValues,
});
const slots = ['a', 'b'];
export const mapping: Mapping = {
  slots,
  answer_fields: { a: 'answer_a', b: 'answer_b' },
  input_field: 'prompt',
  controls: slots.flatMap((slot) => [control('verdict', slot), control('fix', slot)]),
};

export const decision = (value: string) => JSON.stringify({ recommendation: value });

/** Every third item's models differ. */
export const items = (count: number): SeedItem[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `item-${at}`,
    truth: 'yes',
    answers: { 'm-one': decision('yes'), 'm-two': decision(at % 3 === 0 ? 'no' : 'yes') },
  }));

export interface PushBench {
  deps: LabelStudioDeps;
  projectId: string;
  seeded: Seeded;
  /** A room on a database of its own, or the bench's; stopped at the end of the test. */
  open(given?: { db?: Database; pace?: Partial<PushPace> }): Pushes;
  /** Begins to push everything, or what is asked. */
  start(pushes: Pushes, asked?: Record<string, unknown>): Promise<void>;
  /** And waits for its end. */
  push(pushes: Pushes, asked?: Record<string, unknown>): Promise<PushObject>;
  state(): Promise<PushObject>;
  ended(): Promise<PushObject>;
  rows(): Promise<TaskRow[]>;
}

interface BenchOptions {
  count: number;
  batchTasks?: number;
  blind?: boolean;
  remoteId?: number;
}

/** The project is taken to be there, at the end of the client. */
export async function pushBench(
  bench: Bench,
  { client }: { client: LabelStudioClient },
  { count, batchTasks = 50, blind = false, remoteId = Math.floor(Math.random() * 1e9) }: BenchOptions,
): Promise<PushBench> {
  const seeded = await seed(bench, items(count));
  const projectId = newProjectId();
  const deps: LabelStudioDeps = {
    db: bench.db,
    log: silentLog,
    holder: 'tests',
    limits: { batchTasks, pollMs: 0, knownValues: 12, fileMaxBytes: 1e6, roundLabels: 20 },
    sealer: sealerOf(() => Buffer.alloc(32, 1)),
    connect: () => client,
    hookUrl: () => null,
    labels: async () => null,
  };
  await connectLabelStudio(deps, 'local', { base_url: client.baseUrl, token: randomBytes(20).toString('hex') });
  await query(
    bench,
    `insert into label_studio_projects (project_id, user_id, dataset_id, title, origin, remote_id, base_url, models, blind, seed,
       label_config, mapping, rule, audit_share)
     values ($1, 'local', $2, 'Test', 'made', $3, $4, $5, $6, 1, '<View/>', $7, 'majority', 0.2)`,
    [projectId, seeded.datasetId, remoteId, client.baseUrl, models, blind, mapping],
  );
  const state = async () => {
    const { push } = await bench.db.asUser('local', (q) => selectProject(q, projectId));
    return pushObject(push!);
  };
  const ended = () => until(state, ({ state: now }) => now !== 'running');
  const start: PushBench['start'] = (pushes, asked = {}) =>
    pushes.start('local', projectId, newPush.parse({ select: 'everything', limit: 100_000, ...asked }));
  return {
    ...{ deps, projectId, seeded, state, ended },
    open: ({ db = bench.db, pace = {} } = {}) =>
      openPushes({ ...deps, db }, { firstPauseMs: 5, mostPauseMs: 20, ...pace }),
    start,
    async push(pushes, asked) {
      await start(pushes, asked);
      return ended();
    },
    rows: () =>
      query<TaskRow>(bench, 'select * from label_studio_tasks where project_id = $1 order by place', [projectId]),
  };
}

/** Looks every few ms; throws with what it saw last when it takes too long. */
export async function until<T>(look: () => Promise<T>, enough: (seen: T) => boolean, ms = 30_000): Promise<T> {
  for (const over = Date.now() + ms; ; ) {
    const seen = await look();
    if (enough(seen)) return seen;
    if (Date.now() > over) throw new Error(`still: ${JSON.stringify(seen)}`);
    await new Promise((go) => setTimeout(go, 10));
  }
}
