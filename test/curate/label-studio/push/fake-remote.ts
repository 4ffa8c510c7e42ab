/** A fake Label Studio for pushes: the client's functions on tasks in memory, with a hand in every call. */

import type {
  LabelStudioClient,
  NewPrediction,
  NewTask,
  RemoteAnnotation,
  RemoteTask,
} from '../../../../src/curate/label-studio/wire/client.ts';
import { AssayError } from '../../../../src/errors.ts';

export const address = 'http://label-studio.test';

/** A call that is about to be answered, or has been done and is about to be told of. */
export interface Moment {
  name: keyof LabelStudioClient;
  when: 'before' | 'after';
  /** Calls so far, this one too. */
  calls: number;
  /** Tasks of an import. */
  tasks: NewTask[];
}

export interface FakeRemote {
  client: LabelStudioClient;
  tasks: Map<number, RemoteTask>;
  /** Names of the calls so far. */
  calls: string[];
  labelConfig: string;
  /** What it throws is what the call ends with. */
  at: (moment: Moment) => void | Promise<void>;
  itemIds(): string[];
  /** The task of an item; it must have one alone. */
  taskOf(itemId: string): RemoteTask;
  annotate(taskId: number): void;
}

const pageTasks = 100;
/** Calls that change something there. */
export const writes = new Set(['importTasks', 'updateTask', 'deleteTask', 'createPrediction', 'deletePrediction']);

export const unreachable = () =>
  new AssayError('label_studio_unreachable', { url: address, problem: 'connection refused' });
export const failed = (problem: string) =>
  new AssayError('label_studio_failed', { url: address, what: 'test', problem });

export function fakeRemote(): FakeRemote {
  const tasks = new Map<number, RemoteTask>();
  let next = 1;
  const number = () => next++;
  const prediction = ({ model_version: modelVersion }: NewPrediction) => ({ id: number(), modelVersion });
  const copy = (task: RemoteTask): RemoteTask => structuredClone(task);
  const fake: FakeRemote = {
    client: null as never,
    tasks,
    calls: [],
    labelConfig: '<View/>',
    at: () => {},
    itemIds: () => [...tasks.values()].map(({ data }) => String(data.assay_item)),
    taskOf(itemId) {
      const found = [...tasks.values()].filter(({ data }) => data.assay_item === itemId);
      if (found.length !== 1) throw new Error(`${itemId} has ${found.length} tasks`);
      return found[0]!;
    },
    annotate(taskId) {
      const at = new Date();
      const one: RemoteAnnotation = {
        ...{ id: number(), taskId, annotator: 'anna@example.org', result: [], skipped: false, madeAt: at },
        ...{ changedAt: at, raw: {} },
      };
      tasks.get(taskId)!.annotations.push(one);
    },
  };
  /** A call, with `at` before it is done and before it is told of. */
  const call = async <T>(name: keyof LabelStudioClient, work: () => T, sent: NewTask[] = []): Promise<T> => {
    fake.calls.push(name);
    const moment = { name, calls: fake.calls.length, tasks: sent };
    await fake.at({ ...moment, when: 'before' });
    const value = work();
    await fake.at({ ...moment, when: 'after' });
    return value;
  };
  const refuse = (): never => {
    throw new Error('pushes do not call this');
  };
  fake.client = {
    baseUrl: address,
    whoAmI: async () => ({ account: 'assay@example.org', version: '1.23.2' }),
    project: (id) => call('project', () => ({ id, title: 'Fake', labelConfig: fake.labelConfig, tasks: tasks.size })),
    importTasks: (_project, sent) =>
      call(
        'importTasks',
        () =>
          sent.map(({ data, meta, predictions }) => {
            const task = { id: number(), data, meta, changedAt: new Date(), annotations: [] };
            tasks.set(task.id, copy({ ...task, predictions: predictions.map(prediction) }));
            return task.id;
          }),
        sent,
      ),
    async *tasks() {
      for (let after = 0; ; ) {
        const page = await call('tasks', () =>
          [...tasks.values()]
            .filter(({ id }) => id > after)
            .sort((a, b) => a.id - b.id)
            .slice(0, pageTasks)
            .map(copy),
        );
        if (page.length > 0) yield page;
        if (page.length < pageTasks) return;
        after = page.at(-1)!.id;
      }
    },
    task: (id) => call('task', () => (tasks.has(id) ? copy(tasks.get(id)!) : null)),
    updateTask: (id, change) => call('updateTask', () => void Object.assign(tasks.get(id)!, change)),
    deleteTask: (id) => call('deleteTask', () => void tasks.delete(id)),
    createPrediction: (taskId, made) =>
      call('createPrediction', () => {
        const one = prediction(made);
        tasks.get(taskId)!.predictions.push(one);
        return one.id;
      }),
    deletePrediction: (id) =>
      call('deletePrediction', () => {
        for (const task of tasks.values()) task.predictions = task.predictions.filter((each) => each.id !== id);
      }),
    ...{ projects: refuse, createProject: refuse, deleteProject: refuse, configProblem: refuse },
    ...{ annotatedTasks: refuse, createHook: refuse, deleteHook: refuse },
  };
  return fake;
}
