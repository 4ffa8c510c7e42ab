/** The live connection of this page, and the hooks that read it. */

import { useEffect, useRef, useSyncExternalStore } from 'react';
import { apiKey, onKeyWanted } from './key.ts';
import { type LiveSocket, liveConnection } from './live.ts';
import { createInbox, type LiveNews } from './live-inbox.ts';

/** In a hidden page nothing is painted; news is handed on all the same, so that it does not pile up. */
const HIDDEN_FLUSH_MS = 250;
const WATCH_MS = 5000;
/** A timer that comes this much late means that the machine slept. */
const SLEPT_MS = 15_000;

export const inbox = createInbox((run) => {
  if (document.hidden) setTimeout(run, HIDDEN_FLUSH_MS);
  else requestAnimationFrame(run);
});

const connection = liveConnection({
  inbox,
  connect,
  later: (run, ms) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  now: () => performance.now(),
  random: () => Math.random(),
});

/** A browser cannot set headers on a WebSocket: a key travels as a subprotocol. */
function connect(): LiveSocket {
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/workbench`;
  const key = apiKey();
  return (key === null ? new WebSocket(url) : new WebSocket(url, ['bearer', key])) as LiveSocket;
}

/** Starts listening, and wakes the connection with the page, the network and the machine. */
export function startLive(): void {
  connection.start();
  const wake = () => !document.hidden && connection.wake();
  document.addEventListener('visibilitychange', wake);
  addEventListener('online', wake);
  addEventListener('pageshow', wake);
  onKeyWanted((wanted) => !wanted && connection.wake());
  let last = Date.now();
  setInterval(() => {
    if (Date.now() - last > WATCH_MS + SLEPT_MS) connection.wake();
    last = Date.now();
  }, WATCH_MS);
}

export const useLiveStatus = () => useSyncExternalStore(inbox.onState, () => inbox.state().status);
/** Runs that are queued or running, as last told. */
export const useJobs = () => useSyncExternalStore(inbox.onState, () => inbox.state().jobs);
export const useGpus = () => useSyncExternalStore(inbox.onState, () => inbox.state().gpus);

/** Calls `listener` once a frame with what was heard since. */
export function useNews(listener: (news: LiveNews) => void): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => inbox.onNews((news) => latest.current(news)), []);
}
