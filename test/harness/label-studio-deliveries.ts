/** What a Label Studio, real or fake, tells a webhook when annotations are made, changed and deleted, and a task is deleted. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stable } from './label-studio-exchanges.ts';
import { CONFIG, type SpokenTo, verdict } from './label-studio-steps.ts';

export interface Delivery {
  method: string;
  path: string;
  contentType: string;
  /** The header that the webhook asked for. */
  secret: string;
  body: unknown;
}

/** One webhook of a new project for all that it can be told of a task's annotations. */
export async function deliveriesOf(spokenTo: SpokenTo): Promise<Delivery[]> {
  const receiver = await startReceiver(spokenTo.url);
  try {
    const project = await send(spokenTo, 'POST /api/projects/', { title: 'Deliveries', label_config: CONFIG });
    const actions = ['ANNOTATION_CREATED', 'ANNOTATION_UPDATED', 'ANNOTATIONS_DELETED', 'TASKS_DELETED'];
    const hook = {
      project: project.id,
      url: `${receiver.url}/hook?project=lsp_1`,
      headers: { 'x-assay-secret': 'abc' },
    };
    await send(spokenTo, 'POST /api/webhooks/', { ...hook, send_for_all_actions: false, actions });
    const data = { assay_item: 'i1', input: 'question', answer_a: 'answer' };
    const path = `/api/projects/${project.id}/import?return_task_ids=true`;
    const { task_ids: ids } = await send(spokenTo, `POST ${path}`, [{ data, meta: { assay: { item: 'i1' } } }]);
    const [task] = ids as number[];
    const said = { result: [verdict('golden')], lead_time: 1.5 };
    const annotation = await send(spokenTo, `POST /api/tasks/${task}/annotations/`, said);
    await send(spokenTo, `PATCH /api/annotations/${annotation.id}/`, { result: [verdict('fix')] });
    await send(spokenTo, `DELETE /api/annotations/${annotation.id}/`);
    await send(spokenTo, `DELETE /api/tasks/${task}/`);
    return receiver.deliveries;
  } finally {
    await receiver.close();
  }
}

async function send({ url, legacyToken }: SpokenTo, what: string, body?: unknown): Promise<Record<string, unknown>> {
  const [method, path] = what.split(' ') as [string, string];
  const headers = { authorization: `Token ${legacyToken}`, 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${text}`);
  return text.trim() === '' ? {} : JSON.parse(text);
}

async function startReceiver(labelStudio: string) {
  const deliveries: Delivery[] = [];
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      deliveries.push({
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        contentType: incoming.headers['content-type'] ?? '',
        secret: String(incoming.headers['x-assay-secret']),
        body: stable(JSON.parse(Buffer.concat(parts).toString('utf8')), labelStudio),
      });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    deliveries,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
