/** The answers that are judged at once: those of the request, or some of a benchmark, drawn by a seed. */

import type { PoolClient } from 'pg';
import type { JudgeNow } from '../../contracts/judge-now.ts';
import type { Database } from '../../db/database.ts';
import { AssayError } from '../../errors.ts';
import { promptMessages, promptText } from '../../runs/prompt-of.ts';
import { selectRun } from '../../runs/run-row.ts';
import type { CallItem } from '../asking/call-form.ts';
import { answersAt } from '../passes/judged-answers.ts';

/** An answer, and what tells it in the reply. */
export interface AskedItem extends CallItem {
  id: string;
  name: string | null;
}

/** @throws AssayError not_found, invalid_parameter (pairwise over a benchmark), conflict (it has no answer yet) */
export async function askedItems(db: Database, userId: string, asked: JudgeNow): Promise<AskedItem[]> {
  if (asked.items !== undefined) return asked.items.map((item, place) => itemOf(item, place, asked));
  if (asked.mode === 'pairwise') {
    const problem = 'compares two answers of each item; send them as items, or start a judge run over two benchmarks';
    throw new AssayError('invalid_parameter', { param: 'mode', problem, value: asked.mode }, { param: 'mode' });
  }
  return db.asUser(userId, (q) => drawnItems(q, asked.benchmark_id!, asked));
}

function itemOf(item: NonNullable<JudgeNow['items']>[number], place: number, { reference }: JudgeNow): AskedItem {
  const { id = String(place), input, answer, other_answer: other = null, expected = null } = item;
  const prompt = typeof input === 'string' ? input : promptText(promptMessages({ itemId: id, input, template: null }));
  return { id, name: null, prompt, answer, other, reference: reference ? expected : null };
}

/** The same answers each time for the same seed, as long as no other ones land. */
async function drawnItems(q: PoolClient, runId: string, { sample, seed, reference }: JudgeNow): Promise<AskedItem[]> {
  const run = await selectRun(q, runId);
  const { rows } = await q.query<{ ordinal: number; name: string }>(
    `select a.ordinal, i.name from answers a join items i on i.version_id = a.version_id and i.ordinal = a.ordinal
     where a.run_id = $1 and a.ok and a.content is not null
     order by md5($2::text || ' ' || i.item_id), a.ordinal limit $3`,
    [run.run_id, seed, sample],
  );
  if (rows.length === 0) {
    const remedy = 'Wait until one is there, or send items.';
    throw new AssayError('conflict', { what: `Benchmark ${runId} has no answer to judge`, remedy });
  }
  const ordinals = rows.map((row) => row.ordinal);
  const answers = await answersAt(q, { run_id: run.run_id, other_run_id: null }, ordinals);
  return rows.flatMap(({ ordinal, name }) => {
    const found = answers.get(ordinal);
    if (found === undefined) return [];
    const { itemId: id, prompt, content, expected } = found;
    return { id, name, prompt, answer: content ?? '', other: null, reference: reference ? expected : null };
  });
}
