/** Which chunk of the batch that is due a worker takes: the one behind its last, else one in the largest free part. */

import { createHash } from 'node:crypto';
import type { PgBoss } from 'pg-boss';
import type { Database } from '../db/database.ts';

/**
 * Id of the chunk at `ordinal` of a batch, and of its job: made of the place, so that the chunk behind another is found
 * by the key of the jobs. {@link idIn} is the same in SQL.
 */
export function chunkId(batchId: string, ordinal: number): string {
  const hex = createHash('sha256').update(`${batchId}:${ordinal}`).digest('hex');
  return [0, 8, 12, 16, 20].map((from, at) => hex.slice(from, [8, 12, 16, 20, 32][at])).join('-');
}

const idIn = (batch: string, ordinal: string): string =>
  `substr(encode(sha256(convert_to(${batch} || ':' || (${ordinal})::text, 'UTF8')), 'hex'), 1, 32)::uuid`;

/** Where a worker goes on in each batch. */
export interface Walk {
  /** By batch id, the batch taken from last at the end: ordinal of the chunk it would take next. */
  next: Map<string, number>;
}

export const openWalk = (): Walk => ({ next: new Map() });

/** Batches whose place is remembered: a queue's turns go round among a few. */
const remembered = 64;

function goOn(walk: Walk, batchId: string, ordinal: number): void {
  walk.next.delete(batchId);
  walk.next.set(batchId, ordinal);
  if (walk.next.size > remembered) walk.next.delete(walk.next.keys().next().value!);
}

/**
 * One statement, as pg-boss's own fetch is. `due` is the job it would give out: that decides whose turn it is. The chosen
 * one takes its place: the two change priorities, so that each turn is taken once. Rows are locked as pg-boss locks them,
 * and none is waited for. The due job itself is taken when no part of the batch is another worker's way to it: nothing
 * before it is open; when a worker had it before and lost it, since its rows were due long ago; when it says nothing of
 * its place; or with $4. Claiming writes what pg-boss 12.35's fetch writes.
 */
const claim = `
  with due as materialized (
    select j.id, j.priority, j.state = 'retry' as lost, j.group_id as batch, (j.data->>'ordinal')::integer as ordinal
    from pgboss.job j
    where j.name = $1 and j.state < 'active' and not j.blocked and j.start_after <= pgboss.job_now()
    order by j.priority desc, j.created_on limit 1 for update of j skip locked
  ), wanted as materialized (
    select j.id, j.priority from due join unnest($2::text[], $3::integer[]) as w (batch, ordinal) on w.batch = due.batch
      join pgboss.job j on j.name = $1 and j.id = ${idIn('w.batch', 'w.ordinal')}
    where not due.lost and j.state < 'active' and not j.blocked and j.start_after <= pgboss.job_now()
    for update of j skip locked
  ), chosen as (
    select id, priority from wanted
    union all
    select id, priority from due where not exists (select from wanted) and ($4 or lost or batch is null or ordinal is null
      or not exists (select from pgboss.job p where p.name = $1 and p.id = ${idIn('batch', 'ordinal - 1')} and p.state <= 'active'))
  ), waiting as (
    update pgboss.job j set priority = chosen.priority from due, chosen
    where j.name = $1 and j.id = due.id and due.id <> chosen.id
  ), claimed as (
    update pgboss.job j set state = 'active', started_on = pgboss.job_now(), heartbeat_on = pgboss.job_now(), priority = due.priority,
      retry_count = case when j.started_on is not null then j.retry_count + 1 else j.retry_count end
    from due, chosen where j.name = $1 and j.id = chosen.id
    returning j.id, j.retry_count, (j.data->>'ordinal')::integer as ordinal
  )
  select due.batch, due.lost, c.id, c.retry_count, c.ordinal from due left join claimed c on true`;

/**
 * Planned once a connection: planning takes 2.5 ms of the statement's 3.5. pg-boss hands its statements on to pg's pool,
 * which takes named ones too.
 */
const claimStatement = () => ({ name: 'claim-chunk', text: claim }) as unknown as string;

interface Claim {
  batch: string | null;
  lost: boolean;
  /** Null when a place in the batch is to be found first. */
  id: string | null;
  retry_count: number;
  ordinal: number | null;
}

/** Tries of one claim: others take the place that was found while it is looked for. */
const mostTries = 4;

/** Takes one job of `queue` for the worker of `walk`, or null when none waits. */
export async function takeNear(
  on: { boss: PgBoss; db: Database; queue: string },
  walk: Walk,
): Promise<{ id: string; retryCount: number } | null> {
  let plain = false;
  for (let tries = 1; ; tries++) {
    const places = plain ? [[], []] : [[...walk.next.keys()], [...walk.next.values()]];
    const { rows } = await on.boss.getDb().executeSql(claimStatement(), [on.queue, ...places, plain]);
    const found = rows[0] as Claim | undefined;
    if (found === undefined) return null;
    const { batch, id, ordinal } = found;
    if (id !== null) {
      const stays = found.lost && walk.next.has(batch!);
      if (batch !== null && ordinal !== null && !stays) goOn(walk, batch, ordinal + 1);
      return { id, retryCount: found.retry_count };
    }
    const place = await freePlace(on, batch!);
    if (place !== null) goOn(walk, batch!, place);
    plain = place === null || tries >= mostTries - 1;
  }
}

/** Places of a batch that are looked at when a worker needs one. */
const samples = 256;

/**
 * Places between the first and the last open chunk of a batch, all of them or {@link samples} at equal distances, and
 * whether the chunk there is open. Each is looked up by the index: reading all 40,000 open places of a batch took 90 ms, and
 * 16 workers that begin at once would wait for each other.
 */
const openPlaces = `
  with ends as materialized (
    select (select ordinal from chunks where queue = $1 and batch_id = $2 and state = 'open' order by ordinal limit 1) as low,
      (select ordinal from chunks where queue = $1 and batch_id = $2 and state = 'open' order by ordinal desc limit 1) as high
  ), places as materialized (
    select at, low + ((high - low)::bigint * at / least(high - low, ${samples}))::integer as ordinal
    from ends, generate_series(1, least(high - low, ${samples})) as at
    union all select 0, low from ends where low is not null
  )
  select ordinal, coalesce((select true from chunks c
    where c.queue = $1 and c.batch_id = $2 and c.ordinal = places.ordinal and c.state = 'open' limit 1), false) as open
  from places order by at`;

/**
 * Where one more worker of a batch begins: in its longest run of free chunks. When another comes near its beginning, in
 * its middle, so that each has half of it; else at its beginning. Null when no free chunk was seen.
 */
async function freePlace(on: { boss: PgBoss; db: Database; queue: string }, batchId: string): Promise<number | null> {
  const active = await on.boss.getDb().executeSql(
    `select (data->>'ordinal')::integer as ordinal from pgboss.job
     where name = $1 and group_id = $2 and state = 'active' and data ? 'ordinal'`,
    [on.queue, batchId],
  );
  const held = (active.rows as { ordinal: number }[]).map((row) => row.ordinal);
  const { rows } = await on.db.asSystem((q) =>
    q.query<{ ordinal: number; open: boolean }>({
      name: 'open-places',
      text: openPlaces,
      values: [on.queue, batchId],
    }),
  );
  return placeIn(rows, held);
}

/** The place to begin at, by what was seen of the batch's places and the chunks that are held. */
export function placeIn(places: { ordinal: number; open: boolean }[], held: number[]): number | null {
  const busy = new Set(held);
  let best = { from: 0, to: -1 };
  for (let from = 0; from < places.length; from++) {
    let to = from - 1;
    while (to + 1 < places.length && places[to + 1]!.open && !busy.has(places[to + 1]!.ordinal)) to += 1;
    if (to - from > best.to - best.from) best = { from, to };
    from = Math.max(from, to);
  }
  if (best.to < best.from) return null;
  const first = places[best.from]!.ordinal;
  const before = places[best.from - 1]?.ordinal ?? first - 1;
  const approached = held.some((ordinal) => ordinal >= before && ordinal < first);
  return approached ? places[Math.floor((best.from + best.to + 1) / 2)]!.ordinal : first;
}
