/** A server with two users, and the requests by which the one is shown not to see or change the other's things. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import pino from 'pino';
import { loadConfig } from '../../src/config.ts';
import { startServer } from '../../src/main.ts';
import type { Where } from '../harness/batches.ts';
import { freshDatabase } from '../harness/database.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { startApp } from './start-app.ts';

const jwtSecret = 'a secret of at least thirty-two characters';
/** Stands in every name and text of the first user; no answer to the second one may hold it. */
export const MARK = 'alices-own';

export interface User extends Where {
  url: string;
  token: string;
}

export interface TwoUsers {
  alice: User;
  bob: User;
  /** Who runs the server. */
  owner: User;
  /** Answers with the mark; hangs, or fails, on a request that says so. */
  engine: FakeOpenAi;
  /** Every route there is, as "METHOD path". */
  routes: string[];
  stop(): Promise<void>;
}

export async function openTwoUsers(name: string): Promise<TwoUsers> {
  const fresh = await freshDatabase(name);
  const folder = await mkdtemp(join(tmpdir(), 'assay-two-users-'));
  const { config } = loadConfig({
    folder,
    env: {},
    flags: { port: 0, data: join(folder, 'data'), database_url: fresh.url, jwt_secret: jwtSecret, close_grace_ms: 500 },
  });
  const engine = await startFakeOpenAi((request) => {
    if (request.marker.includes('hang')) return { do: 'hang' };
    return request.marker.includes('fail') ? { do: 'status', status: 400 } : { do: 'answer', text: MARK };
  });
  const server = await startServer({ config, log: pino({ level: 'silent' }) });
  const user = async (sub: string) => {
    const signing = new SignJWT({ sub }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h');
    return { url: server.url, token: await signing.sign(new TextEncoder().encode(jwtSecret)) };
  };
  const app = await startApp(`${name}_routes`, { databaseUrl: fresh.url });
  const routes = app.app.routeList.map((route) => `${route.method} ${route.url}`);
  await app.stop();
  return {
    alice: await user('alice'),
    bob: await user('bob'),
    owner: { url: server.url, token: server.token },
    engine,
    routes,
    async stop() {
      await server.stop();
      await engine.close();
      await fresh.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Routes of the workbench, whose proofs stand in a file of their own. */
export const isWorkbench = (route: string): boolean =>
  /^\S+ (\/ws\/|\/admin\/(datasets|benchmarks|workbench|annotations|golden-sets|examples|templates|exports|settings))/.test(
    route,
  );

/** Routes of judging and of analyses, which have theirs too. */
export const isEvaluation = (route: string): boolean => /^\S+ \/api\/(evaluation|analyses)/.test(route);

/** Routes of Label Studio and of the review queue, which have theirs too. */
export const isLabelling = (route: string): boolean => /^\S+ \/api\/(label-studio|review-queue)/.test(route);

/** Routes of training, which have theirs too. */
export const isTraining = (route: string): boolean => /^\S+ \/api\/training\//.test(route);

export interface Answer {
  status: number;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by many paths
  body: any;
}

// biome-ignore lint/complexity/useMaxParams: reads as the request line it makes
export async function ask(user: Where, method: string, path: string, body?: object | FormData): Promise<Answer> {
  const headers: Record<string, string> = { authorization: `Bearer ${user.token}` };
  if (body !== undefined && !(body instanceof FormData)) headers['content-type'] = 'application/json';
  const sent = body === undefined || body instanceof FormData ? body : JSON.stringify(body);
  const answer = await fetch(`${user.url}${path}`, { method, headers, ...(sent === undefined ? {} : { body: sent }) });
  const text = await answer.text();
  return {
    status: answer.status,
    text,
    body: answer.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : null,
  };
}

export function form(part: string, text: string, fields: Record<string, string> = {}): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  made.set(part, new Blob([text]), `${MARK}.jsonl`);
  return made;
}
