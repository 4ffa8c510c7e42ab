/** Carries the engine host's functions from the server process to its worker process, over the pipe between them. */

import type { EngineEndpoint } from '../contracts/engine.ts';

/** What a worker needs of the host. */
export interface HostForWorker {
  acquire(userId: string, modelId: string): Promise<EngineEndpoint>;
  release(userId: string, modelId: string): void;
  /** How the engine of that generation ended; null while it lives. */
  died(modelId: string, generation: number): string | null;
}

interface Call {
  kind: 'host-call';
  id: number;
  method: keyof HostForWorker;
  args: unknown[];
}

interface Answer {
  kind: 'host-answer';
  id: number;
  value?: unknown;
  error?: string;
}

/** The end of the pipe that both `process` and a child process have. */
export interface Pipe {
  send(message: object): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/**
 * Answers the worker's calls. Gives a function that lets go of all models which a worker that died still held.
 */
export function serveHost(pipe: Pipe, host: HostForWorker): () => void {
  const held: [userId: string, modelId: string][] = [];
  pipe.on('message', (message) => {
    const call = message as Call;
    if (call?.kind === 'host-call') void answer(call);
  });
  const answer = async (call: Call) => {
    const reply: Answer = { kind: 'host-answer', id: call.id };
    try {
      reply.value = await run(call);
    } catch (error) {
      reply.error = (error as Error).message;
    }
    pipe.send(reply);
  };
  const run = async ({ method, args }: Call): Promise<unknown> => {
    const [first, second] = args as [string, string];
    if (method === 'acquire') {
      const endpoint = await host.acquire(first, second);
      held.push([first, second]);
      return endpoint;
    }
    if (method === 'release') {
      const at = held.findIndex(([userId, modelId]) => userId === first && modelId === second);
      if (at !== -1) held.splice(at, 1);
      return host.release(first, second);
    }
    return host.died(first, Number(second));
  };
  return () => {
    for (const [userId, modelId] of held.splice(0)) host.release(userId, modelId);
  };
}

/** The worker's side: each function is a call over the pipe. */
export function hostOverPipe(pipe: Pipe): {
  acquire: HostForWorker['acquire'];
  release: HostForWorker['release'];
  died(modelId: string, generation: number): Promise<string | null>;
} {
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let next = 0;
  pipe.on('message', (message) => {
    const answer = message as Answer;
    if (answer?.kind !== 'host-answer') return;
    const call = open.get(answer.id);
    open.delete(answer.id);
    if (answer.error !== undefined) call?.reject(new Error(answer.error));
    else call?.resolve(answer.value);
  });
  const call = (method: keyof HostForWorker, ...args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = next++;
      open.set(id, { resolve, reject });
      pipe.send({ kind: 'host-call', id, method, args } satisfies Call);
    });
  return {
    acquire: (userId, modelId) => call('acquire', userId, modelId) as Promise<EngineEndpoint>,
    release: (userId, modelId) => void call('release', userId, modelId).catch(() => undefined),
    died: (modelId, generation) => call('died', modelId, generation) as Promise<string | null>,
  };
}
