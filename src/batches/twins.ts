/** Finds rows of a batch that ask the same and would be answered alike; all but the first get its answer instead of a call. */

import type { PoolClient } from 'pg';
import type { BatchEndpoint } from '../contracts/engine.ts';
import { type LineSet, openLineSet } from './line-set.ts';
import type { OrderedRows } from './order.ts';

/** Groups of equal bodies looked at together. */
const pageGroups = 200;
/** Rows that one answer serves at most, since a worker holds them while it runs; one more of them is asked again. */
export const twinsAtMost = 10_000;

/** Whether an engine gives the same answer each time: embeddings, and one answer by greedy decoding (temperature 0). */
export function isDeterministic(endpoint: BatchEndpoint, body: Record<string, unknown>): boolean {
  if (endpoint === '/v1/embeddings') return true;
  return body.temperature === 0 && (body.n === undefined || body.n === null || body.n === 1);
}

/**
 * Notes each row of the batch that is the twin of an earlier one; gives the rows to be run, in their order, without them.
 * Costs a pass over the rows of equal prefix keys; to be called when there are such. Rows of `answered` have their end.
 */
export async function setTwinsAside(
  q: PoolClient,
  batch: { batchId: string; userId: string; endpoint: BatchEndpoint; answered: LineSet },
  rows: OrderedRows,
): Promise<OrderedRows> {
  const aside = openLineSet();
  await q.query({
    text: `declare alike cursor for
           select array_agg(line order by line), min(body) from requests
           where batch_id = $1 and prefix_key in (
             select prefix_key from requests where batch_id = $1 group by prefix_key having count(*) > 1)
           group by prefix_key, md5(body) having count(*) > 1`,
    values: [batch.batchId],
  });
  for (;;) {
    const { rows: groups } = await q.query<[number[], string]>({
      text: `fetch ${pageGroups} from alike`,
      rowMode: 'array',
    });
    for (const [lines, body] of groups) {
      // The answer to one was the answer to all of them.
      if (batch.answered.has(lines[0]!)) continue;
      if (!isDeterministic(batch.endpoint, JSON.parse(body) as Record<string, unknown>)) continue;
      for (let from = 0; from < lines.length; from += twinsAtMost + 1) {
        const [first, ...twins] = lines.slice(from, from + twinsAtMost + 1);
        if (twins.length > 0) await note(q, batch, { first: first!, twins });
        for (const line of twins) aside.add(line);
      }
    }
    if (groups.length < pageGroups) break;
  }
  await q.query('close alike');
  return without(rows, aside);
}

async function note(
  q: PoolClient,
  batch: { batchId: string; userId: string },
  group: { first: number; twins: number[] },
): Promise<void> {
  await q.query(
    'insert into twins (batch_id, user_id, same_as, line) select $1, $2, $3, line from unnest($4::integer[]) as t (line)',
    [batch.batchId, batch.userId, group.first, group.twins],
  );
}

/** The rows whose lines are not among `lines`, in their order. */
export function without(rows: OrderedRows, lines: LineSet): OrderedRows {
  if (lines.size === 0) return rows;
  const kept = { lines: new Int32Array(rows.lines.length), chars: new Int32Array(rows.lines.length) };
  let count = 0;
  for (let place = 0; place < rows.lines.length; place++) {
    if (lines.has(rows.lines[place]!)) continue;
    kept.lines[count] = rows.lines[place]!;
    kept.chars[count++] = rows.chars[place]!;
  }
  return { lines: kept.lines.subarray(0, count), chars: kept.chars.subarray(0, count) };
}
