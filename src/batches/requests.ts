/** A page of a batch's requests, each with its state, cost and failed tries. */

import type { Page } from '../contracts/lists.ts';
import type { ListRequestsQuery, RequestRow } from '../contracts/openai-batch.ts';
import type { Database } from '../db/database.ts';
import { selectBatch } from './read.ts';

type Row = Pick<
  RequestRow,
  | 'line'
  | 'custom_id'
  | 'state'
  | 'status_code'
  | 'error_code'
  | 'attempts'
  | 'prompt_tokens'
  | 'completion_tokens'
  | 'cached_tokens'
  | 'reasoning_tokens'
  | 'queue_ms'
  | 'first_token_ms'
  | 'total_ms'
  | 'same_as'
  | 'reused_from'
  | 'trimmed'
>;

interface AttemptRow {
  line: number;
  attempt: number;
  code: string;
  status_code: number | null;
  message: string;
  started_at: number;
  ended_at: number;
}

/** Requests after line `after`, in input order. */
export async function listRequests(
  db: Database,
  on: { userId: string; batchId: string },
  query: ListRequestsQuery,
): Promise<Page<RequestRow> & { last_id: number | null }> {
  return db.asUser(on.userId, async (q) => {
    await selectBatch(q, on.batchId);
    const ended = query.state === 'completed' || query.state === 'failed' || query.error_code !== undefined;
    const { rows } = await q.query<Row>(
      `select r.line, r.custom_id,
         case when x.line is null then 'queued' when x.ok then 'completed' else 'failed' end as state,
         x.status_code, x.error_code, coalesce(x.attempts, 0) as attempts, x.prompt_tokens, x.completion_tokens, x.cached_tokens,
         x.reasoning_tokens, x.queue_ms, x.first_token_ms, x.total_ms, extract(epoch from x.finished_at)::float as finished_at,
         (select f.custom_id from twins t join requests f on f.batch_id = t.batch_id and f.line = t.same_as
          where t.batch_id = r.batch_id and t.line = r.line) as same_as,
         case when x.reused_batch_id is not null then jsonb_build_object('batch_id', x.reused_batch_id, 'custom_id',
           (select f.custom_id from requests f where f.batch_id = x.reused_batch_id and f.line = x.reused_line)) end as reused_from,
         (select jsonb_build_object('strategy', m.strategy, 'messages', m.messages, 'tokens_before', m.tokens_before,
            'tokens_after', m.tokens_after) from trims m where m.batch_id = r.batch_id and m.line = r.line) as trimmed
       from requests r ${ended ? 'join' : 'left join'} results x on x.batch_id = r.batch_id and x.line = r.line
       where r.batch_id = $1 and r.line > $2 and ($3::text is null or x.error_code = $3)
         and ($4::text is null or $4 = 'queued' and x.line is null or $4 = 'completed' and x.ok or $4 = 'failed' and not x.ok)
       order by r.line limit $5`,
      [on.batchId, query.after ?? 0, query.error_code ?? null, query.state ?? null, query.limit + 1],
    );
    const page = rows.slice(0, query.limit);
    const { rows: attempts } = await q.query<AttemptRow>(
      `select line, attempt, code, status_code, message, extract(epoch from started_at)::float as started_at,
         extract(epoch from ended_at)::float as ended_at
       from attempts where batch_id = $1 and line = any ($2) order by line, generation, attempt`,
      [on.batchId, page.map((row) => row.line)],
    );
    const histories = Map.groupBy(attempts, (attempt) => attempt.line);
    return {
      data: page.map((row) => ({
        ...row,
        attempts_history: (histories.get(row.line) ?? []).map(({ line: _, ...attempt }) => attempt),
      })),
      has_more: rows.length > query.limit,
      last_id: page.at(-1)?.line ?? null,
    };
  });
}
