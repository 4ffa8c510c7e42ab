/** A fake Label Studio in memory that speaks the wire of version 1.23.2, annotates when told to, and fails when told to. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Authority, accessTokens } from './fake-label-studio-access.ts';
import {
  answerCall,
  type Behind,
  deleteAnnotation,
  type FakeAnswer,
  makeAnnotation,
  tellOf,
} from './fake-label-studio-routes.ts';
import { addAccount, type Json, newStore, removeTask, type Store, stamp, touch } from './fake-label-studio-store.ts';
import { projectView } from './fake-label-studio-views.ts';

export interface FakeLabelStudioRequest {
  method: string;
  /** Without the query. */
  path: string;
  body: unknown;
  status: number;
}

/** A status to answer with, undone; `drop`: it is done, but the connection ends without an answer; `hang`: nothing ever comes. */
export type Failure = number | 'drop' | 'hang';

export interface Saying {
  email?: string;
  result: unknown[];
  skipped?: boolean;
  /** When it was made or changed; now when absent. */
  at?: Date;
}

export interface FakeLabelStudio {
  /** Address without "/" at its end. */
  url: string;
  /** Of the owner, owner@example.com. */
  legacyToken: string;
  personalToken: string;
  store: Store;
  /** Everything that was asked, in order. */
  requests: FakeLabelStudioRequest[];
  /** Makes an account, or finds it. Gives its legacy token. */
  addUser(email: string): string;
  /** As this annotator in the page; webhooks are told before it returns. Gives the annotation's number. */
  annotate(taskId: number, said: Saying): Promise<number>;
  changeAnnotation(id: number, said: Saying): Promise<void>;
  deleteAnnotation(id: number): Promise<void>;
  /** As someone in its page would; webhooks are told. */
  deleteTask(id: number): Promise<void>;
  changeTask(id: number, change: { data?: Json; meta?: Json }): void;
  /** The next `n` requests (whose path matches) fail. */
  failNext(n: number, failure: Failure, path?: RegExp): void;
  /** All access tokens end now. */
  endAccess(): void;
  /** Stops listening (connections are refused), until listen() is called again on the same port. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
  close(): Promise<void>;
}

export interface FakeLabelStudioOptions {
  /** Seconds that an access token serves. */
  accessSeconds?: number;
  /** Path under which it lies, as "/label". */
  prefix?: string;
  /** false: the owner has none yet. */
  personalToken?: boolean;
}

/** Longest that a webhook is waited for, ms. */
const HOOK_MS = 1000;

/** Starts the fake on a free loopback port. */
export async function startFakeLabelStudio(options: FakeLabelStudioOptions = {}): Promise<FakeLabelStudio> {
  const store = newStore();
  const authority: Authority = { accessSeconds: options.accessSeconds ?? 300, access: new Map() };
  const behind: Behind = { store, authority, tell: (...told) => tellHooks(store, told) };
  const failures: { failure: Failure; path: RegExp }[] = [];
  const requests: FakeLabelStudioRequest[] = [];
  const server = createServer((incoming, response) => {
    serve({ incoming, response, behind, failures, requests, prefix: options.prefix ?? '' }).catch(() =>
      response.destroy(),
    );
  });
  let port = 0;
  const stop = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  const owner = store.accounts[0]!;
  const fake: FakeLabelStudio = {
    url: '',
    legacyToken: owner.legacyToken,
    personalToken: options.personalToken === false ? '' : accessTokens.personal(authority, owner)!,
    store,
    requests,
    addUser: (email) => addAccount(store, email).legacyToken,
    ...annotators(behind),
    failNext: (n, failure, path = /./) => failures.push(...Array.from({ length: n }, () => ({ failure, path }))),
    endAccess: () => authority.access.clear(),
    listen: () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve)),
    refuse: stop,
    close: stop,
  };
  await fake.listen();
  port = (server.address() as AddressInfo).port;
  fake.url = `http://127.0.0.1:${port}${options.prefix ?? ''}`;
  return fake;
}

type Annotators = Pick<
  FakeLabelStudio,
  'annotate' | 'changeAnnotation' | 'deleteAnnotation' | 'deleteTask' | 'changeTask'
>;

/** What people do in its page. */
function annotators(behind: Behind): Annotators {
  const { store } = behind;
  const found = <T>(kind: string, rows: Map<number, T>, id: number): T => {
    const row = rows.get(id);
    if (row === undefined) throw new Error(`the fake has no ${kind} ${id}`);
    return row;
  };
  return {
    async annotate(taskId, { email = 'owner@example.com', result, skipped, at }) {
      const given = { by: addAccount(store, email), result, skipped, at };
      return (await makeAnnotation(behind, found('task', store.tasks, taskId), given)).id;
    },
    async changeAnnotation(id, { result, skipped, at }) {
      const annotation = found('annotation', store.annotations, id);
      annotation.result = result;
      if (skipped !== undefined) annotation.was_cancelled = skipped;
      annotation.updated_at = stamp(at);
      touch(store.tasks.get(annotation.task)!, null);
      await tellOf(behind, 'ANNOTATION_UPDATED', annotation);
    },
    async deleteAnnotation(id) {
      await deleteAnnotation(behind, found('annotation', store.annotations, id));
    },
    async deleteTask(id) {
      const task = found('task', store.tasks, id);
      removeTask(store, task);
      await behind.tell('TASKS_DELETED', store.projects.get(task.project)!, { tasks: [{ id }] });
    },
    changeTask(id, { data, meta }) {
      const task = found('task', store.tasks, id);
      task.data = data ?? task.data;
      task.meta = meta ?? task.meta;
      touch(task, null);
    },
  };
}

interface Served {
  incoming: IncomingMessage;
  response: ServerResponse;
  behind: Behind;
  failures: { failure: Failure; path: RegExp }[];
  requests: FakeLabelStudioRequest[];
  prefix: string;
}

async function serve({ incoming, response, behind, failures, requests, prefix }: Served): Promise<void> {
  const text = await readBody(incoming);
  const method = incoming.method ?? 'GET';
  const url = new URL(incoming.url ?? '/', 'http://fake');
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  const request = { method, path: url.pathname, body, status: 0 };
  requests.push(request);
  const at = failures.findIndex(({ path }) => path.test(url.pathname));
  const failure = at < 0 ? null : failures.splice(at, 1)[0]!.failure;
  if (failure === 'hang') return;
  if (typeof failure === 'number') {
    request.status = failure;
    response
      .writeHead(failure, { 'content-type': 'application/json' })
      .end(JSON.stringify({ detail: `told to answer ${failure}` }));
    return;
  }
  const under = url.pathname.startsWith(`${prefix}/`);
  const path = url.pathname.slice(prefix.length);
  const call = { method, path, query: url.searchParams, body, authorization: incoming.headers.authorization };
  const answer: FakeAnswer = under ? await answerCall(behind, call) : { status: 404, html: true };
  request.status = answer.status;
  if (failure === 'drop') response.destroy();
  else send(response, answer);
}

function send(response: ServerResponse, { status, body, html, type }: FakeAnswer): void {
  if (html === true) {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<!doctype html>\n<html lang="en"><title>404 | Label Studio</title></html>');
    return;
  }
  response.writeHead(status, { 'content-type': type ?? 'application/json' });
  response.end(status === 204 ? undefined : JSON.stringify(body));
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** One after the other, each once; one that fails is forgotten. */
async function tellHooks(store: Store, told: Parameters<Behind['tell']>): Promise<void> {
  const [action, project, payload] = told;
  for (const hook of store.hooks.values()) {
    const wants = hook.send_for_all_actions || hook.actions.includes(action);
    if (hook.project !== project.id || !hook.is_active || !wants) continue;
    const shown = hook.send_payload ? { ...payload, project: { ...projectView(store, project), created_by: 1 } } : {};
    await fetch(hook.url, {
      method: 'POST',
      headers: { ...hook.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ action, ...shown }),
      signal: AbortSignal.timeout(HOOK_MS),
    }).catch(() => undefined);
  }
}
