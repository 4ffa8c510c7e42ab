/** Sorts what the server tells: what is new, what was seen before; handed on once a frame, however much comes. */

import type { Gpu } from '../../../src/contracts/gpu.ts';
import type { ActiveRun } from '../../../src/contracts/runs.ts';
import type { LiveMessage } from '../../../src/contracts/workbench.ts';

export type LiveResult = Extract<LiveMessage, { type: 'result' }>['result'];
export type LiveAnnotation = Extract<LiveMessage, { type: 'annotation' }>['annotation'];

/** connecting: first try; live: connected; waiting: broken off, to be tried again. */
export type LiveStatus = 'connecting' | 'live' | 'waiting';

export interface LiveState {
  status: LiveStatus;
  jobs: readonly ActiveRun[];
  gpus: readonly Gpu[];
}

/** What is heard of in one frame, oldest first. */
export interface LiveNews {
  results: LiveResult[];
  annotations: LiveAnnotation[];
  /** Datasets of which runs have come, gone, ended or begun again. */
  runs: ReadonlySet<string>;
  /** The list of datasets, or the settings of one, is another. */
  datasets: boolean;
  /** The connection is back after a break: of runs and datasets nothing was heard meanwhile. */
  returned: boolean;
  /** Fetch again what you show. */
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
  let news: Gathered = emptyNews();
  let framed = false;
  let cursor: number | null = null;

  const flush = () => {
    framed = false;
    const [changed, heard] = [next, news];
    [next, news] = [{}, emptyNews()];
    if (isNews(heard)) {
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
    } else news.returned = true;
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
      else if (message.type === 'runs') news.runs.add(message.dataset_id);
      else if (message.type === 'datasets') news.datasets = true;
      else number(message);
      mark();
    },
    setStatus(status) {
      next.status = status;
      mark();
    },
  };
}

type Gathered = LiveNews & { runs: Set<string> };

function emptyNews(): Gathered {
  return { results: [], annotations: [], runs: new Set(), datasets: false, returned: false, behind: false };
}

function isNews({ results, annotations, runs, datasets, returned, behind }: LiveNews): boolean {
  return results.length + annotations.length + runs.size > 0 || datasets || returned || behind;
}

function add<T>(set: Set<T>, value: T): () => void {
  set.add(value);
  return () => set.delete(value);
}
