/** The live socket of the workbench: WS /ws/workbench, one subscription a socket, never more buffered than a limit. */

import type { IncomingMessage } from 'node:http';
import websocket from '@fastify/websocket';
import type { RawData, WebSocket } from 'ws';
import { type LiveMessage, liveSubscribe } from '../contracts/workbench.ts';
import type { HttpDeps } from './deps.ts';
import type { RouteScope } from './routes/describe-route.ts';
import type { LiveRoom } from './workbench-deps.ts';

export interface LiveSocketLimits {
  /** Bytes waiting for a client, above which it counts as slow. */
  bufferedBytes: number;
  /** How often a client is asked whether it is there; one that did not answer the last time is cut off, in ms. */
  pingMs: number;
  /** How long clients get to answer the close of the server, in ms. */
  closeMs: number;
}

const defaults: LiveSocketLimits = { bufferedBytes: 1024 * 1024, pingMs: 20_000, closeMs: 1000 };
/** Largest message of a client, in bytes. */
const maxPayload = 64 * 1024;
const path = '/ws/workbench';
/** Close codes of the protocol: the server goes away; the message is not one it takes. */
const goingAway = 1001;
const policyViolation = 1008;

/**
 * Serves the socket. It passes the same checks as every request (Host, Origin, user); a page, which cannot set headers,
 * sends its key as the subprotocols "bearer" and the key.
 */
export async function liveRoutes(
  app: RouteScope,
  { workbench }: Pick<HttpDeps, 'workbench'>,
  limits: Partial<LiveSocketLimits> = {},
): Promise<void> {
  if (workbench === undefined) return;
  const settled = { ...defaults, ...limits };
  await app.register(websocket, {
    options: { maxPayload, handleProtocols: (offered) => (offered.has('bearer') ? 'bearer' : false) },
    preClose: async () => endAll([...app.websocketServer.clients], settled.closeMs),
  });
  // Else Node takes its parser away from every request that offers an upgrade, such as curl's to HTTP/2.
  Object.assign(app.server, { shouldUpgradeCallback: isLive });
  app.addHook('onResponse', async (request) => {
    // A socket that was refused has no parser any more either: nobody would read what comes next on it.
    if (!request.ws && isLive(request.raw)) request.raw.socket.destroySoon();
  });
  app.get(path, { websocket: true }, (socket, request) => {
    serve(socket, { live: workbench.live, userId: request.userId, limits: settled });
  });
}

const isLive = ({ headers, url }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && url?.split('?')[0]?.replace(/\/$/, '') === path;

/** Closes politely, then cuts off who does not answer, so that a sleeping client cannot hold the server's end up. */
async function endAll(sockets: WebSocket[], closeMs: number): Promise<void> {
  const ended = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  for (const socket of sockets) socket.close(goingAway, 'the server is closing');
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.terminate();
  }, closeMs);
  await Promise.all(ended);
  clearTimeout(timer);
}

function serve(
  socket: WebSocket,
  { live, userId, limits }: { live: LiveRoom; userId: string; limits: LiveSocketLimits },
): void {
  let subscription: ReturnType<LiveRoom['subscribe']> | null = null;
  let slow = false;
  const drained = (error?: Error | null) => {
    if (error || !slow || socket.bufferedAmount > limits.bufferedBytes / 2) return;
    slow = false;
    subscription?.drained();
  };
  const send = (message: LiveMessage): boolean => {
    if (socket.readyState !== socket.OPEN) return false;
    if (socket.bufferedAmount > limits.bufferedBytes) {
      slow = true;
      return false;
    }
    socket.send(JSON.stringify(message), drained);
    return true;
  };
  const stopPings = keepAlive(socket, limits.pingMs);
  socket.on('message', (data, isBinary) => {
    const subscribe = isBinary ? 'it is binary; send JSON text' : subscribeOf(data);
    if (typeof subscribe === 'string') {
      socket.close(policyViolation, subscribe);
      return;
    }
    subscription?.close();
    slow = false;
    const { since, dataset_id: datasetId } = subscribe;
    subscription = live.subscribe(userId, {
      ...(since === undefined ? {} : { since }),
      ...(datasetId === undefined ? {} : { datasetId }),
      send,
    });
  });
  // What is wrong with a socket ends it; 'close' follows.
  socket.on('error', () => {});
  socket.on('close', () => {
    stopPings();
    subscription?.close();
  });
}

/** The message, or what is wrong with it, in at most 123 bytes as a close reason must be. */
function subscribeOf(data: RawData): { since?: number | undefined; dataset_id?: string | undefined } | string {
  let value: unknown;
  try {
    value = JSON.parse(String(data));
  } catch {
    return 'the message is not JSON; send {"type": "subscribe", "since"?: cursor, "dataset_id"?: id}';
  }
  const parsed = liveSubscribe.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const where = issue.path.join('.').slice(0, 30) || 'message';
  return `${where}: ${issue.message}`.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 120);
}

function keepAlive(socket: WebSocket, pingMs: number): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, pingMs);
  return () => clearInterval(timer);
}
