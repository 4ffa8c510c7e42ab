/** The rooms of runs with a room of judges over them, on a fresh database; a fake remote engine answers and judges. */

import { newJudgeRun } from '../../../src/contracts/judging.ts';
import { type Judging, openJudging } from '../../../src/judge/open-judging.ts';
import type { JudgeDeps } from '../../../src/judge/passes/judge-deps.ts';
import { silentLog } from '../../harness/database.ts';
import { jsonl, openRunPlace, type RunPlace } from '../../runs/run-place.ts';
import { until } from '../../scheduler/workplace.ts';

export interface JudgePlace extends RunPlace {
  judging: Judging;
  judgeDeps: JudgeDeps;
  /** A run of imported answers, `answer n` to `question n`, over a dataset of its own. */
  answered(count: number, more?: (n: number) => object): Promise<string>;
  /** Opens the room of judges anew, as after a restart. */
  reopen(): Promise<void>;
  /** Waits until a judge run has ended. */
  ended(id: string): Promise<void>;
}

export async function openJudgePlace(name: string, limits: Partial<JudgeDeps['limits']> = {}): Promise<JudgePlace> {
  const place = await openRunPlace(name);
  await place.addModel('judge');
  const judgeDeps: JudgeDeps = {
    db: place.db,
    store: place.deps.store,
    batches: place.deps.batches,
    models: place.deps.models,
    limits: {
      waveAnswers: 2000,
      callTokens: 100_000,
      retryMs: 20,
      pollMs: 50,
      inputFileSeconds: 3600,
      completionWindow: '7d',
      ...limits,
    },
    log: {
      ...silentLog,
      warn: (...all: unknown[]) => console.log(...all),
      debug: (...all: unknown[]) => console.log(...all),
    },
  };
  let judging = openJudging(judgeDeps);
  let sets = 0;
  return {
    ...place,
    get judging() {
      return judging;
    },
    judgeDeps,
    async reopen() {
      await judging.stop();
      judging = openJudging(judgeDeps);
    },
    async answered(count, more = () => ({})) {
      const set = ++sets;
      const numbers = Array.from({ length: count }, (_, n) => n);
      const dataset = await place.dataset(
        `questions-${set}.jsonl`,
        jsonl(numbers.map((n) => ({ custom_id: `q-${n}`, prompt: `Question ${n} of set ${set}?`, ...more(n) }))),
      );
      const [run] = await place.answers(
        `answers-${set}.jsonl`,
        jsonl(numbers.map((n) => ({ custom_id: `q-${n}`, content: `This is answer number ${n}.` }))),
        { datasetId: dataset.id, modelId: `model-${set}` },
      );
      return run!.id;
    },
    async ended(id) {
      await until(async () => {
        await place.sweep();
        return (await judging.get('local', id)).status !== 'running';
      }, `${id} has ended`);
    },
    async end() {
      await judging.stop();
      await place.end();
    },
  };
}

export const judgeAsked = (body: Parameters<typeof newJudgeRun.parse>[0] & object) => newJudgeRun.parse(body);
