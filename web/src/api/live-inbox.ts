/** Sorts what the server tells: what is new, what was seen before; handed on once a frame, however much comes. */

import type { ActiveRun } from '../../../src/contracts/runs.ts';
import type { LiveMessage } from '../../../src/contracts/workbench.ts';

export type LiveResult = Extract<LiveMessage, { type: 'result' }>['result'];
export type LiveAnnotation = Extract<LiveMessage, { type: 'annotation' }>['annotation'];
export type Gpu = Extract<LiveMessage, { type: 'gpu' }>['gpus'][number];

/** connecting: first try; live: connected; waiting: broken off, to be tried again. */
export type LiveStatus = 'connecting' | 'live' | 'waiting';

export interface LiveState {
  status: LiveStatus;
  jobs: readonly ActiveRun[];
  gpus: readonly Gpu[];
}

/** What is heard of in one frame, oldest first. `behind`: fetch again what you show. */
export interface LiveNews {
  results: LiveResult[];
  annotations: LiveAnnotation[];
  behind: boolean;
}

export interface LiveInbox {
  state(): LiveState;
  /** The number of the last message that was seen; null before the first connection. */
  cursor(): number | null;
  onState(listener: () => void): () => void;
  onNews(listener: (news: LiveNews) => void): () => void;
  take(message: LiveMessage): void;
  setStatus(status: LiveStatus): void;
}

/** `frame` runs a function before the next paint, or soon where nothing is painted. */
export function createInbox(frame: (run: () => void) => void): LiveInbox {
  const stateListeners = new Set<() => void>();
  const newsListeners = new Set<(news: LiveNews) => void>();
  let state: LiveState = { status: 'connecting', jobs: [], gpus: [] };
  let next: Partial<LiveState> = {};
  let news = emptyNews();
  let framed = false;
  let cursor: number | null = null;

  const flush = () => {
    framed = false;
    const [changed, heard] = [next, news];
    [next, news] = [{}, emptyNews()];
    if (heard.behind || heard.results.length > 0 || heard.annotations.length > 0) {
      for (const listener of newsListeners) listener(heard);
    }
    if (Object.keys(changed).length === 0) return;
    state = { ...state, ...changed };
    for (const listener of stateListeners) listener();
  };
  const mark = () => {
    if (!framed) frame(flush);
    framed = true;
  };
  /** A first connection may miss what landed since the page was fetched; a smaller number is another database. */
  const greet = (at: number) => {
    if (cursor === null || at < cursor) {
      cursor = at;
      news.behind = true;
    }
    next.status = 'live';
  };
  const number = (message: Extract<LiveMessage, { cursor: number }>) => {
    if (message.type === 'hello') return greet(message.cursor);
    if (message.type === 'behind') news.behind = true;
    // What was seen before a break comes only once.
    else if (message.cursor <= (cursor ?? -1)) return;
    else if (message.type === 'result') news.results.push(message.result);
    else news.annotations.push(message.annotation);
    cursor = Math.max(cursor ?? 0, message.cursor);
  };

  return {
    state: () => state,
    cursor: () => cursor,
    onState: (listener) => add(stateListeners, listener),
    onNews: (listener) => add(newsListeners, listener),
    take(message) {
      if (message.type === 'progress') next.jobs = message.jobs;
      else if (message.type === 'gpu') next.gpus = message.gpus;
      else number(message);
      mark();
    },
    setStatus(status) {
      next.status = status;
      mark();
    },
  };
}

function emptyNews(): LiveNews {
  return { results: [], annotations: [], behind: false };
}

function add<T>(set: Set<T>, value: T): () => void {
  set.add(value);
  return () => set.delete(value);
}
