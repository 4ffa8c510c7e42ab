/** Reads the answers that a judge run is about, with what the judge needs of their items. */

import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { promptMessages, promptText } from '../../runs/prompt-of.ts';
import type { JudgeRunRow } from './judge-run-row.ts';

/** An answer, with its item. `content` is null when its request failed; `other` is the answer it is compared with. */
export interface JudgedAnswer {
  ordinal: number;
  /** Grows with each answer that lands, in the order of the commits. */
  seq: number;
  itemId: string;
  category: string | null;
  input: Record<string, unknown>;
  expected: string | null;
  prompt: string;
  ok: boolean;
  content: string | null;
  finishReason: string | null;
  fields: unknown;
  other: string | null;
}

interface Row {
  ordinal: number;
  seq: string;
  item_id: string;
  category: string | null;
  input: Record<string, unknown>;
  truth: string | null;
  template: string | null;
  ok: boolean;
  content: string | null;
  finish_reason: string | null;
  fields: unknown;
  other: string | null;
  other_ok: boolean | null;
}

const columns = `a.ordinal, a.seq, i.item_id, i.category, i.input, i.truth, r.settings->>'template' as template, a.ok, a.content,
  a.finish_reason, a.fields, o.content as other, o.ok as other_ok`;
const tables = `answers a join items i on i.version_id = a.version_id and i.ordinal = a.ordinal join runs r on r.run_id = a.run_id
  left join answers o on o.run_id = $2 and o.ordinal = a.ordinal`;

/** The next answers, in the order in which they landed, beyond `after`; fewer than `limit` only at the end of what has landed. */
export async function nextAnswers(
  q: PoolClient,
  run: Pick<JudgeRunRow, 'judge_run_id' | 'run_id' | 'other_run_id'>,
  { after, limit }: { after: string; limit: number },
): Promise<JudgedAnswer[]> {
  const { rows } = await q.query<Row>(
    `select ${columns} from ${tables} where a.run_id = $1 and a.seq > $3 order by a.seq limit $4`,
    [run.run_id, run.other_run_id, after, limit],
  );
  return rows.map(toAnswer);
}

/** Those of `ordinals`, by ordinal; what has been deleted since is left out. */
export async function answersAt(
  q: PoolClient,
  run: Pick<JudgeRunRow, 'run_id' | 'other_run_id'>,
  ordinals: number[],
): Promise<Map<number, JudgedAnswer>> {
  const { rows } = await q.query<Row>(
    `select ${columns} from ${tables} where a.run_id = $1 and a.ordinal = any ($3::int[])`,
    [run.run_id, run.other_run_id, ordinals],
  );
  return new Map(rows.map((row) => [row.ordinal, toAnswer(row)]));
}

function toAnswer(row: Row): JudgedAnswer {
  return {
    ordinal: row.ordinal,
    seq: Number(row.seq),
    itemId: row.item_id,
    category: row.category,
    input: row.input,
    expected: row.truth,
    prompt: promptText(promptMessages({ itemId: row.item_id, input: row.input, template: row.template })),
    ok: row.ok && row.other_ok !== false,
    content: row.content,
    finishReason: row.finish_reason,
    fields: row.fields,
    other: row.other,
  };
}

/** A number from 0 (with) to 1 (without) that an item always gets by a seed, so that the same items are drawn again. */
export function drawOf(seed: number, purpose: string, itemId: string): number {
  const hash = createHash('sha256').update(`${seed}\0${purpose}\0${itemId}`).digest();
  return hash.readUIntBE(0, 6) / 2 ** 48;
}
