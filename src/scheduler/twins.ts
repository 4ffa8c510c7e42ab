/** Rows that are answered with another row's answer: read with the chunk of that row, landed right after it. */

import type { PoolClient } from 'pg';
import type { LandedRow } from '../contracts/landing.ts';

/** A row that asks the same as the one it is held with. */
export interface Twin {
  line: number;
  customId: string;
}

/** A twin whose first row has landed, but which has not: a worker was killed between the two. It runs by itself. */
export interface LeftTwin extends Twin {
  chunkId: string;
  prefixKey: Buffer;
  promptChars: number;
  body: string;
}

/** Twins without a result of the rows of some chunks: by "chunk line" of their first row, and those left alone. */
export async function twinsOf(
  q: PoolClient,
  chunkIds: string[],
): Promise<{ held: Map<string, Twin[]>; left: LeftTwin[] }> {
  const held = new Map<string, Twin[]>();
  const left: LeftTwin[] = [];
  const { rows } = await q.query<[string, number, number, string, Buffer | null, number, string | null]>({
    name: 'chunk-twins',
    text: `select c.chunk_id, t.same_as, t.line, r.custom_id, case when x.line is not null then r.prefix_key end,
             r.prompt_chars, case when x.line is not null then r.body end
           from chunks c join twins t on t.batch_id = c.batch_id and t.same_as = any (c.lines)
             join requests r on r.batch_id = t.batch_id and r.line = t.line
             left join results x on x.batch_id = t.batch_id and x.line = t.same_as
           where c.chunk_id = any ($1::uuid[])
             and not exists (select from results y where y.batch_id = t.batch_id and y.line = t.line)
           order by t.line`,
    values: [chunkIds],
    rowMode: 'array',
  });
  for (const [chunkId, sameAs, line, customId, prefixKey, promptChars, body] of rows) {
    if (prefixKey !== null) left.push({ chunkId, line, customId, prefixKey, promptChars, body: body! });
    else {
      const key = `${chunkId} ${sameAs}`;
      const twins = held.get(key);
      if (twins === undefined) held.set(key, [{ line, customId }]);
      else twins.push({ line, customId });
    }
  }
  return { held, left };
}

/** The end of a twin: that of its first row, at no cost of its own. `requestId` is the line's own id. */
export function twinRow(first: LandedRow, twin: Twin, requestId: string): LandedRow {
  // A quote inside the custom_id is escaped, so this is where the answer begins.
  const answer = first.output.slice(first.output.indexOf(',"response":'));
  return {
    ...first,
    line: twin.line,
    customId: twin.customId,
    output: `{"id":"${requestId}","custom_id":${JSON.stringify(twin.customId)}${answer}`,
    promptTokens: 0,
    completionTokens: 0,
    cachedTokens: 0,
    reasoningTokens: 0,
    attempts: 0,
  };
}
