/** The live connection: nothing lost and nothing twice over breaks, one flush a frame, back-off, waking. */

import { beforeEach, expect, test } from 'vitest';
import type { LiveMessage } from '../../src/contracts/workbench.ts';
import { type LiveSocket, liveConnection } from '../../web/src/api/live.ts';
import { createInbox, type LiveNews } from '../../web/src/api/live-inbox.ts';

/** A browser whose time stands still until it is moved. */
function stage() {
  const frames: (() => void)[] = [];
  const timers: { at: number; run: () => void; on: boolean }[] = [];
  const sockets: (LiveSocket & { sent: unknown[]; closed: boolean })[] = [];
  const heard: LiveNews[] = [];
  let now = 0;
  const inbox = createInbox((run) => frames.push(run));
  inbox.onNews((news) => heard.push(news));
  const connection = liveConnection({
    inbox,
    connect() {
      const socket = {
        sent: [] as unknown[],
        closed: false,
        send: (text: string) => socket.sent.push(JSON.parse(text)),
        close: () => (socket.closed = true),
        onopen: null,
        onmessage: null,
        onclose: null,
      } as (typeof sockets)[number];
      sockets.push(socket);
      return socket;
    },
    later(run, ms) {
      const timer = { at: now + ms, run, on: true };
      timers.push(timer);
      return () => (timer.on = false);
    },
    now: () => now,
    random: () => 0.5,
  });
  return {
    inbox,
    connection,
    sockets,
    heard,
    pauses: () => timers.filter(({ on }) => on).map(({ at }) => at - now),
    say: (...messages: LiveMessage[]) => {
      for (const message of messages) sockets.at(-1)!.onmessage!({ data: JSON.stringify(message) });
    },
    paint: () => {
      for (const run of frames.splice(0)) run();
    },
    pass(ms: number) {
      now += ms;
      for (const timer of timers) {
        if (!timer.on || timer.at > now) continue;
        timer.on = false;
        timer.run();
      }
    },
  };
}

const result = (cursor: number) =>
  ({ type: 'result', cursor, result: { candidate_id: `c${cursor}` } }) as unknown as LiveMessage;
const ids = (news: LiveNews[]) => news.flatMap(({ results }) => results.map(({ candidate_id }) => candidate_id));

let it: ReturnType<typeof stage>;
beforeEach(() => {
  it = stage();
  it.connection.start();
  it.sockets[0]!.onopen!();
});

test('a first connection subscribes to what is to come, and has the page fetched once', () => {
  expect(it.sockets[0]!.sent).toEqual([{ type: 'subscribe' }]);
  it.say({ type: 'hello', cursor: 10 });
  it.paint();
  expect(it.inbox.state().status).toBe('live');
  expect(it.heard).toMatchObject([{ results: [], annotations: [], returned: false, behind: true }]);
});

test('what comes between two paints is handed on in one piece, in order', () => {
  it.say({ type: 'hello', cursor: 0 }, ...[1, 2, 3].map(result));
  it.paint();
  it.say(...[4, 5].map(result));
  it.paint();
  expect(it.heard).toHaveLength(2);
  expect(ids(it.heard)).toEqual(['c1', 'c2', 'c3', 'c4', 'c5']);
});

test('after a break it resumes from the last it saw: no gap, no double', () => {
  it.say({ type: 'hello', cursor: 0 }, ...[1, 2, 3].map(result));
  it.paint();
  it.sockets[0]!.onclose!();
  it.paint();
  expect(it.inbox.state().status).toBe('waiting');
  it.pass(1000);
  it.sockets[1]!.onopen!();
  expect(it.sockets[1]!.sent).toEqual([{ type: 'subscribe', since: 3 }]);
  it.say({ type: 'hello', cursor: 6 }, ...[3, 4, 5, 6].map(result));
  it.paint();
  expect(ids(it.heard)).toEqual(['c1', 'c2', 'c3', 'c4', 'c5', 'c6']);
  expect(it.heard.at(-1)).toMatchObject({ behind: false, returned: true });
  expect(it.inbox.state().status).toBe('live');
});

test('results that came with the break itself are not lost', () => {
  it.say({ type: 'hello', cursor: 0 }, result(1));
  it.sockets[0]!.onclose!();
  it.paint();
  expect(ids(it.heard)).toEqual(['c1']);
});

test('the pauses between tries grow to ten seconds, and begin anew once something was heard', () => {
  const seen: number[] = [];
  for (let i = 0; i < 8; i += 1) {
    it.sockets.at(-1)!.onclose!();
    const [pause] = it.pauses();
    seen.push(pause!);
    it.pass(pause!);
  }
  expect(seen).toEqual([300, 600, 1200, 2400, 4800, 9600, 10_000, 10_000]);
  it.say({ type: 'hello', cursor: 0 });
  it.sockets.at(-1)!.onclose!();
  expect(it.pauses()).toEqual([300]);
});

test('waking tries at once while it waits, renews a silent connection, and leaves a lively one alone', () => {
  it.sockets[0]!.onclose!();
  it.connection.wake();
  expect(it.sockets).toHaveLength(2);
  it.say({ type: 'hello', cursor: 0 });
  it.connection.wake();
  expect(it.sockets).toHaveLength(2);
  it.pass(60_000);
  it.connection.wake();
  expect(it.sockets).toHaveLength(3);
  expect(it.sockets[1]!.closed).toBe(true);
});

test('"behind" has the page fetched, and goes on from there', () => {
  it.say({ type: 'hello', cursor: 0 }, result(1));
  it.paint();
  it.say({ type: 'behind', cursor: 900 }, result(500), result(901));
  it.paint();
  expect(it.heard.at(-1)).toMatchObject({ behind: true });
  expect(ids(it.heard)).toEqual(['c1', 'c901']);
});

test('a server with another database is not asked for what the old one had', () => {
  it.say({ type: 'hello', cursor: 100 });
  it.paint();
  it.sockets[0]!.onclose!();
  it.pass(1000);
  it.sockets[1]!.onopen!();
  it.say({ type: 'hello', cursor: 2 }, result(3));
  it.paint();
  expect(it.heard.at(-1)).toMatchObject({ behind: true });
  expect(ids(it.heard)).toEqual(['c3']);
});

test('what is told of runs and datasets comes once a frame, each dataset once', () => {
  it.say({ type: 'hello', cursor: 0 });
  it.paint();
  const runs = (dataset_id: string): LiveMessage => ({ type: 'runs', dataset_id });
  it.say(runs('a'), runs('b'), runs('a'), { type: 'datasets' }, { type: 'datasets' });
  it.paint();
  expect(it.heard).toHaveLength(2);
  expect(it.heard.at(-1)).toMatchObject({ runs: new Set(['a', 'b']), datasets: true, behind: false });
  expect(it.inbox.cursor()).toBe(0);
});

test('of progress only the newest counts', () => {
  const told: number[] = [];
  it.inbox.onState(() => told.push(it.inbox.state().jobs.length));
  it.say({ type: 'hello', cursor: 0 }, { type: 'progress', jobs: [{} as never] }, { type: 'progress', jobs: [] });
  it.paint();
  expect(told).toEqual([0]);
});

test('a stopped connection stays closed', () => {
  it.connection.stop();
  it.connection.wake();
  it.pass(60_000);
  expect(it.sockets).toHaveLength(1);
  expect(it.sockets[0]!.closed).toBe(true);
});
