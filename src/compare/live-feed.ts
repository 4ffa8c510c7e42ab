/** Keeps every open workbench up to date: what lands, what is said, progress; from the database, by each one's cursor. */

import { isDeepStrictEqual } from 'node:util';
import type { Gpu } from '../contracts/gpu.ts';
import type { Log } from '../contracts/log.ts';
import type { ActiveRun } from '../contracts/runs.ts';
import type { LiveMessage } from '../contracts/workbench.ts';
import type { Database } from '../db/database.ts';
import { listenLive } from './listen.ts';
import { type Changed, changedSince, type Seen } from './live-marks.ts';
import { type Event, eventPage, whereNow } from './live-page.ts';

export interface LiveFeedOptions {
  db: Database;
  url: string;
  activeRuns(userId: string): Promise<ActiveRun[]>;
  gpus?(): Promise<Gpu[]>;
  log: Log;
  /** Events read at once. */
  pageRows?: number;
  /** Rows that a client may lie behind before it is told to fetch its page again. */
  behindRows?: number;
  /** How often is looked without having heard anything, in ms. */
  pollMs?: number;
  /** Shortest time between two messages of progress, in ms. */
  progressMs?: number;
  /** How long landings are gathered into one look, in ms. */
  gatherMs?: number;
  /** Wait before a lost connection is made again, in ms. */
  retryMs?: number;
}

/** One open workbench. */
interface Subscriber {
  datasetId: string | undefined;
  /** The last event it got; null until it is known where it stands. */
  cursor: number | null;
  since: number | undefined;
  slow: boolean;
  /** Whether it may lie far behind, so that this is to be asked first. */
  unsure: boolean;
  /** What has no cursor and is still to be sent, by what it is about: progress and gauges the newest only, changes once. */
  newest: Map<string, LiveMessage>;
  /** False: not taken, see LiveRoom. */
  send(message: LiveMessage): boolean;
}

/** The subscribers of one user, and what keeps them up to date. */
interface Follower {
  userId: string;
  subscribers: Set<Subscriber>;
  told: Map<'progress' | 'gpu', LiveMessage>;
  /** The marks of the user's datasets when they were last looked at; null before the first look. */
  seen: Seen | null;
  progressAt: number;
  timer: NodeJS.Timeout | null;
  progressTimer: NodeJS.Timeout | null;
  busy: boolean;
  again: boolean;
}

export type LiveFeed = ReturnType<typeof openLiveFeed>;

/**
 * One feed serves a whole server. `send` gives false when it did not take the message; it is sent again, in its place,
 * after `drained`.
 */
export function openLiveFeed(options: LiveFeedOptions) {
  const o = { pageRows: 200, behindRows: 5000, pollMs: 2000, progressMs: 500, gatherMs: 25, retryMs: 500, ...options };
  const followers = new Map<string, Follower>();
  const wakeAll = () => {
    for (const follower of followers.values()) wake(o, follower);
  };
  const listening = listenLive({ url: o.url, retryMs: o.retryMs, heard: wakeAll, log: o.log });
  const poll = setInterval(wakeAll, o.pollMs);
  poll.unref();

  return {
    subscribe(userId: string, on: { since?: number; datasetId?: string; send(message: LiveMessage): boolean }) {
      const follower = followers.get(userId) ?? newFollower(userId);
      followers.set(userId, follower);
      const subscriber = newSubscriber(on, follower.told);
      follower.subscribers.add(subscriber);
      wake(o, follower);
      return {
        drained() {
          subscriber.slow = false;
          subscriber.unsure = true;
          wake(o, follower);
        },
        close() {
          subscriber.slow = true;
          follower.subscribers.delete(subscriber);
          if (follower.subscribers.size > 0 || followers.get(userId) !== follower) return;
          followers.delete(userId);
          end(follower);
        },
      };
    },
    async close(): Promise<void> {
      clearInterval(poll);
      for (const follower of followers.values()) end(follower);
      followers.clear();
      await listening.close();
    },
  };
}

type Settled = Required<Omit<LiveFeedOptions, 'gpus'>> & Pick<LiveFeedOptions, 'gpus'>;

const newFollower = (userId: string): Follower => ({
  userId,
  subscribers: new Set(),
  told: new Map(),
  seen: null,
  progressAt: Number.NEGATIVE_INFINITY,
  timer: null,
  progressTimer: null,
  busy: false,
  again: false,
});

const newSubscriber = (
  on: { since?: number; datasetId?: string; send(message: LiveMessage): boolean },
  told: Follower['told'],
): Subscriber => ({
  datasetId: on.datasetId,
  cursor: null,
  since: on.since,
  slow: false,
  unsure: true,
  newest: new Map(told),
  send: on.send,
});

function end(follower: Follower): void {
  follower.subscribers.clear();
  if (follower.timer !== null) clearTimeout(follower.timer);
  if (follower.progressTimer !== null) clearTimeout(follower.progressTimer);
}

/** One look at the database for one user; the next follows when something was heard meanwhile. */
async function look(o: Settled, follower: Follower): Promise<void> {
  follower.timer = null;
  follower.busy = true;
  follower.again = false;
  try {
    // Before anyone new is greeted: what changes after a client's "hello" is told, and it fetches its lists after that.
    await tellChanges(o, follower);
    await settle(o, follower);
    while (await passOn(o, follower));
    await tellProgress(o, follower);
  } catch (error) {
    // The database is away: everyone keeps their place, and the poll looks again.
    o.log.debug({ problem: (error as Error).message }, 'the live feed could not look');
  }
  follower.busy = false;
  if (follower.again) wake(o, follower);
}

function wake(o: Settled, follower: Follower): void {
  if (follower.busy) follower.again = true;
  else if (follower.subscribers.size > 0) follower.timer ??= setTimeout(() => void look(o, follower), o.gatherMs);
}

const ready = (follower: Follower): Subscriber[] => [...follower.subscribers].filter((subscriber) => !subscriber.slow);

/** Finds out where new subscribers stand, and which ones lie too far behind to be caught up. */
async function settle(o: Settled, { userId, ...follower }: Follower): Promise<void> {
  for (const subscriber of follower.subscribers) {
    if (subscriber.slow || !subscriber.unsure) continue;
    const since = subscriber.cursor ?? subscriber.since;
    const limit = o.behindRows + 1;
    const { now, behind } = await o.db.asUser(userId, (q) =>
      whereNow(q, userId, { since: since ?? Number.MAX_SAFE_INTEGER, limit }),
    );
    // A cursor of the future is of another database.
    const lost = since !== undefined && (behind > o.behindRows || since > now);
    const cursor = since === undefined || lost ? now : since;
    if (lost && !offer(subscriber, { type: 'behind', cursor })) continue;
    if (!lost && subscriber.cursor === null && !offer(subscriber, { type: 'hello', cursor })) continue;
    subscriber.cursor = cursor;
    subscriber.unsure = false;
    for (const [kind, message] of subscriber.newest) if (offer(subscriber, message)) subscriber.newest.delete(kind);
  }
}

function offer(subscriber: Subscriber, message: LiveMessage): boolean {
  if (subscriber.slow) return false;
  if (!subscriber.send(message)) subscriber.slow = true;
  return !subscriber.slow;
}

/** Sends one page to each group of subscribers that stand at the same place; true when there may be more. */
async function passOn(o: Settled, follower: Follower): Promise<boolean> {
  const places = new Map<number, Subscriber[]>();
  for (const subscriber of ready(follower)) {
    if (subscriber.cursor === null || subscriber.unsure) continue;
    places.set(subscriber.cursor, [...(places.get(subscriber.cursor) ?? []), subscriber]);
  }
  let more = false;
  for (const [cursor, subscribers] of places) {
    const page = await o.db.asUser(follower.userId, (q) =>
      eventPage(q, follower.userId, { cursor, limit: o.pageRows }),
    );
    for (const subscriber of subscribers) deliver(subscriber, page.events, page.cursor);
    more ||= page.full && subscribers.some((subscriber) => !subscriber.slow);
  }
  return more;
}

function deliver(subscriber: Subscriber, events: Event[], cursor: number): void {
  for (const event of events) {
    const of = event.type === 'result' ? event.result.dataset_id : event.annotation.dataset_id;
    if (subscriber.datasetId === undefined || subscriber.datasetId === of) {
      if (!offer(subscriber, event)) return;
    }
    subscriber.cursor = event.cursor;
  }
  if (!subscriber.slow) subscriber.cursor = cursor;
}

/** Changed runs and datasets, found in the database whichever server changed them. */
async function tellChanges(o: Settled, follower: Follower): Promise<void> {
  const { seen, changed } = await o.db.asUser(follower.userId, (q) => changedSince(q, follower.userId, follower.seen));
  follower.seen = seen;
  for (const message of changed) {
    for (const subscriber of follower.subscribers) {
      if (subscriber.cursor === null || !concerns(subscriber, message)) continue;
      if (!offer(subscriber, message)) subscriber.newest.set(JSON.stringify(message), message);
    }
  }
}

const concerns = ({ datasetId }: Subscriber, message: Changed): boolean =>
  message.type === 'datasets' || datasetId === undefined || datasetId === message.dataset_id;

/** Progress and gauges, when they changed, not too often; a slow subscriber gets the newest when it is ready again. */
async function tellProgress(o: Settled, follower: Follower): Promise<void> {
  const wait = follower.progressAt + o.progressMs - performance.now();
  if (wait > 0) {
    follower.progressTimer ??= setTimeout(() => {
      follower.progressTimer = null;
      wake(o, follower);
    }, wait);
    return;
  }
  follower.progressAt = performance.now();
  tell(follower, 'progress', { type: 'progress', jobs: await o.activeRuns(follower.userId) });
  if (o.gpus !== undefined) tell(follower, 'gpu', { type: 'gpu', gpus: await o.gpus() });
}

function tell(follower: Follower, kind: 'progress' | 'gpu', message: LiveMessage): void {
  if (isDeepStrictEqual(follower.told.get(kind), message)) return;
  follower.told.set(kind, message);
  for (const subscriber of follower.subscribers) {
    if (subscriber.cursor === null || !offer(subscriber, message)) subscriber.newest.set(kind, message);
  }
}
