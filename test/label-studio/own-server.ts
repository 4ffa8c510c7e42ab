/** An Assay server with a dataset that two models have answered, and a Label Studio's own API: what the tests of both share. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { type Config, loadConfig } from '../../src/config.ts';
import type { LabelProject } from '../../src/contracts/label-studio.ts';
import { startServer } from '../../src/main.ts';
import { waitFor } from '../harness/batches.ts';
import { freshDatabase } from '../harness/database.ts';
import type { LabelStudio } from '../harness/label-studio.ts';

export const MODELS = ['one', 'two'];

export interface OwnServer {
  url: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by many paths
  ask(method: string, path: string, body?: object | FormData): Promise<any>;
  /** Items of which every second one is answered differently. Gives the dataset's id. */
  answered(items: number): Promise<string>;
  /** A project there, sent and waited for. */
  pushed(project: string, body?: object, timeoutMs?: number): Promise<LabelProject>;
  stop(): Promise<void>;
}

/** @throws Error when an answer is not 200 */
export async function openOwnServer(name: string, flags: Partial<Config> = {}): Promise<OwnServer> {
  const fresh = await freshDatabase(name);
  const folder = await mkdtemp(join(tmpdir(), 'assay-both-ways-'));
  const own = { port: 0, data: join(folder, 'data'), database_url: fresh.url, local_worker: false };
  const { config } = loadConfig({ folder, env: {}, flags: { ...own, ...flags } });
  const server = await startServer({ config, log: pino({ level: 'silent' }) });
  const ask: OwnServer['ask'] = async (method, path, body) => {
    const headers: Record<string, string> = { authorization: `Bearer ${server.token}` };
    if (body !== undefined && !(body instanceof FormData)) headers['content-type'] = 'application/json';
    const sent = body === undefined || body instanceof FormData ? body : JSON.stringify(body);
    const answer = await fetch(`${server.url}${path}`, {
      method,
      headers,
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  return {
    url: server.url,
    ask,
    answered: (items) => answeredDataset(ask, items),
    async pushed(project, body = { select: 'everything' }, timeoutMs = 170_000) {
      await ask('POST', `/api/label-studio/projects/${project}/push`, body);
      return waitFor(
        () => ask('GET', `/api/label-studio/projects/${project}`) as Promise<LabelProject>,
        (now) => now.push!.state !== 'running',
        { timeoutMs, what: 'the push' },
      );
    },
    async stop() {
      await server.stop();
      await fresh.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function file(lines: object[], fields: Record<string, string> = {}): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  made.set('file', new Blob([lines.map((line) => JSON.stringify(line)).join('\n')]), 'lines.jsonl');
  return made;
}

async function answeredDataset(ask: OwnServer['ask'], count: number): Promise<string> {
  const items = Array.from({ length: count }, (_, i) => ({ custom_id: `q-${i}`, prompt: `Is ${i} an even number?` }));
  const { id } = await ask('POST', '/admin/datasets/upload', file(items));
  for (const model_id of MODELS) {
    const lines = items.map(({ custom_id }, i) => {
      const decision = i % 2 === 0 || model_id === 'one' ? 'yes' : 'no';
      return { custom_id, content: JSON.stringify({ decision, reason: `${model_id} looked at ${i}` }) };
    });
    await ask('POST', '/admin/benchmarks/import', file(lines, { dataset_id: id, model_id }));
  }
  return id;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by many paths
export type StudioApi = (method: string, path: string, body?: object) => Promise<any>;

/** Label Studio's own API, as the owner of a legacy token. @throws Error when an answer is none of success */
export const studioApi =
  ({ url }: Pick<LabelStudio, 'url'>, token: string): StudioApi =>
  async (method, path, body) => {
    const headers = { authorization: `Token ${token}`, 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${url}${path}`, { method, headers, ...sent });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };

/** All tasks of a project there, with data, meta, predictions and annotations. */
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by many paths
export async function tasksThere(api: StudioApi, project: number): Promise<any[]> {
  const all = [];
  for (let page = 1; ; page++) {
    const { tasks, total } = await api('GET', `/api/tasks?project=${project}&fields=all&page=${page}&page_size=100`);
    all.push(...tasks);
    if (all.length >= total || tasks.length === 0) return all;
  }
}

/** The result of an annotation that calls the answers of a task what `verdicts` says of their models. */
export function saying(
  task: { meta: { assay: { slots: Record<string, string> } } },
  verdicts: Record<string, { verdict: string; fix?: string }>,
): object[] {
  return Object.entries(task.meta.assay.slots).flatMap(([slot, model]) => {
    const said = verdicts[model];
    if (said === undefined) return [];
    const at = { to_name: `answer_${slot}` };
    const verdict = { ...at, from_name: `verdict_${slot}`, type: 'choices', value: { choices: [said.verdict] } };
    const fix = { ...at, from_name: `fix_${slot}`, type: 'textarea', value: { text: [said.fix] } };
    return said.fix === undefined ? [verdict] : [verdict, fix];
  });
}
