/** Writes what models answered: every answer of the runs as a line, and the figures of each run. */

import { itemsOf } from '../../datasets/version-items.ts';
import type { Database } from '../../db/database.ts';
import { promptMessages, promptText } from '../../runs/prompt-of.ts';
import { selectRun } from '../../runs/run-row.ts';

/** Answers read at once. */
const pageRows = 500;

interface AnswerRow {
  ordinal: number;
  candidate_id: string;
  name: string;
  category: string | null;
  expected: string | null;
  model_id: string;
  benchmark_id: string;
  ok: boolean;
  content: string | null;
  finish_reason: string | null;
  error: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  latency_ms: number | null;
  template: string | null;
}

/** The lines of model_outputs.jsonl, run after run, each in the order of the items. @throws AssayError not_found */
export async function* outputLines(db: Database, userId: string, runIds: string[]): AsyncGenerator<string> {
  for (const runId of runIds) {
    const { version_id: versionId } = await db.asUser(userId, (q) => selectRun(q, runId));
    for (let after = -1; ; ) {
      const page = await db.asUser(userId, async (q) => {
        const { rows } = await q.query<AnswerRow>(
          `select a.ordinal, i.item_id as candidate_id, i.name, i.category, i.truth as expected, r.model_id, r.run_id as benchmark_id, a.ok,
             a.content, a.finish_reason, a.error_code as error, a.prompt_tokens, a.completion_tokens, a.latency_ms, r.settings->>'template' as template
           from answers a join items i on i.version_id = a.version_id and i.ordinal = a.ordinal join runs r on r.run_id = a.run_id
           where a.run_id = $1 and a.ordinal > $2 order by a.ordinal limit $3`,
          [runId, after, pageRows],
        );
        const prompts = new Map<number, string>();
        for await (const items of itemsOf(
          q,
          versionId,
          rows.map(({ ordinal }) => ordinal),
        ))
          for (const { ordinal, itemId, input } of items)
            prompts.set(ordinal, promptText(promptMessages({ itemId, input, template: rows[0]!.template })));
        return rows.map(({ template: _, ...row }) => ({ ...row, prompt: prompts.get(row.ordinal) ?? '' }));
      });
      if (page.length === 0) break;
      yield page.map((row) => `${JSON.stringify(row)}\n`).join('');
      after = page.at(-1)!.ordinal;
    }
  }
}

/** generation_stats.json: by run, from its answers and its batch. Times in seconds, lengths in tokens. */
export async function generationStats(db: Database, userId: string, runIds: string[]): Promise<unknown> {
  const { rows } = await db.asUser(userId, (q) =>
    q.query(
      `select r.run_id as benchmark_id, r.model_id, b.batch_id, count(*)::int as answers, count(*) filter (where not a.ok)::int as failed,
         coalesce(sum(a.prompt_tokens), 0)::int as prompt_tokens, coalesce(sum(a.completion_tokens), 0)::int as completion_tokens,
         max(b.cached_tokens)::int as cached_tokens,
         percentile_cont(array[0.25, 0.5, 0.75, 0.95]) within group (order by a.completion_tokens) as completion_tokens_p25_p50_p75_p95,
         percentile_cont(array[0.5, 0.95]) within group (order by a.latency_ms) as latency_ms_p50_p95,
         count(*) filter (where a.finish_reason = 'length')::int as cut_at_max_tokens,
         extract(epoch from max(b.last_commit_at) - max(b.first_dispatch_at)) as seconds
       from answers a join runs r on r.run_id = a.run_id left join batches b on b.batch_id = r.batch_id
       where r.run_id = any ($1) group by r.run_id, r.model_id, b.batch_id order by array_position($1, r.run_id)`,
      [runIds],
    ),
  );
  return { runs: rows };
}
