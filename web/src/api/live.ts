/** One WebSocket to the server, resumed where it broke off, tried again with growing pauses, renewed after a sleep. */

import type { LiveMessage } from '../../../src/contracts/workbench.ts';
import type { LiveInbox } from './live-inbox.ts';

/** As much of a WebSocket as is used. */
export interface LiveSocket {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
}

export interface LiveOptions {
  inbox: LiveInbox;
  connect(): LiveSocket;
  /** Runs a function once, after that time; gives what cancels it. */
  later(run: () => void, ms: number): () => void;
  now(): number;
  /** 0 to 1; spreads the tries of many pages. */
  random(): number;
}

export interface LiveConnection {
  start(): void;
  stop(): void;
  /** The page was woken, or the network came back: tries at once, and renews a connection that has been silent. */
  wake(): void;
}

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 10_000;
/** Silence after which a connection is not believed any more once the page wakes. */
const SILENT_MS = 20_000;

export function liveConnection({ inbox, connect, later, now, random }: LiveOptions): LiveConnection {
  let socket: LiveSocket | null = null;
  let cancelRetry = () => {};
  let tries = 0;
  let heardAt = 0;
  let running = false;

  const drop = () => {
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    socket = null;
  };
  const retry = () => {
    inbox.setStatus('waiting');
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries) * (0.75 + random() / 2);
    tries += 1;
    cancelRetry = later(open, pause);
  };
  function open() {
    drop();
    const mine = connect();
    socket = mine;
    heardAt = now();
    mine.onopen = () => {
      const since = inbox.cursor();
      mine.send(JSON.stringify({ type: 'subscribe', ...(since === null ? {} : { since }) }));
    };
    mine.onmessage = ({ data }) => {
      heardAt = now();
      tries = 0;
      inbox.take(JSON.parse(String(data)) as LiveMessage);
    };
    mine.onclose = () => {
      socket = null;
      if (running) retry();
    };
  }

  return {
    start() {
      if (running) return;
      running = true;
      open();
    },
    stop() {
      running = false;
      cancelRetry();
      drop();
    },
    wake() {
      if (!running || (socket && now() - heardAt < SILENT_MS)) return;
      cancelRetry();
      tries = 0;
      open();
    },
  };
}
