/** Puts rows into the table requests, some hundred at a time, while the next ones are still being read. */

import type { PoolClient } from 'pg';

/** Characters gathered before they are handed to the database; twice as many may be on their way meanwhile. */
const segmentChars = 256 * 1024;

/** A row as the table keeps it. */
export interface SinkRow {
  line: number;
  customId: string;
  /** In hex. */
  prefixKey: string;
  promptChars: number;
  /** JSON text, which holds no raw line end. */
  body: string;
  /** In hex; null where its answer may not be taken over. Kept in a batch that takes part in that. */
  reuseKey: string | null;
}

export interface RowSink {
  /** Waits when the database is behind. */
  write(row: SinkRow): Promise<void> | undefined;
  /** Resolves when all rows are in; throws what the database said of any of them. */
  end(): Promise<void>;
}

interface Segment {
  lines: number[];
  customIds: string[];
  prefixKeys: string[];
  promptChars: number[];
  bodies: string[];
  reuseKeys: string[];
  chars: number;
}

const emptySegment = (): Segment => ({
  lines: [],
  customIds: [],
  prefixKeys: [],
  promptChars: [],
  bodies: [],
  reuseKeys: [],
  chars: 0,
});

// Row level security keeps COPY out of the table; keys and bodies hold no line end, so that one text carries them all.
const putRows = `
  insert into requests (batch_id, line, user_id, custom_id, prefix_key, prompt_chars, body)
  select $1, r.line, $2, r.custom_id, decode(r.prefix_key, 'hex'), r.prompt_chars, r.body
  from unnest($3::integer[], $4::text[], string_to_array($5, E'\\n'), $6::integer[], string_to_array($7, E'\\n'))
    as r (line, custom_id, prefix_key, prompt_chars, body)`;

/** The same with keys by which answers are taken over. */
const putKeyedRows = `
  insert into requests (batch_id, line, user_id, custom_id, prefix_key, prompt_chars, body, reuse_key)
  select $1, r.line, $2, r.custom_id, decode(r.prefix_key, 'hex'), r.prompt_chars, r.body, decode(nullif(r.reuse_key, ''), 'hex')
  from unnest($3::integer[], $4::text[], string_to_array($5, E'\\n'), $6::integer[], string_to_array($7, E'\\n'),
    string_to_array($8, E'\\n')) as r (line, custom_id, prefix_key, prompt_chars, body, reuse_key)`;

/** Each segment is one statement; one runs and one waits for its turn while the next segment is parsed. */
export function openRowSink(q: PoolClient, batch: { batchId: string; userId: string; keyed: boolean }): RowSink {
  const statement = batch.keyed
    ? { name: 'put-keyed-requests', text: putKeyedRows }
    : { name: 'put-requests', text: putRows };
  let held = emptySegment();
  let putting: Promise<unknown> = Promise.resolve();
  let before: Promise<unknown> = Promise.resolve();

  const turn = async () => {
    const rows = held;
    held = emptySegment();
    await before;
    before = putting;
    putting = q.query({
      ...statement,
      values: [
        batch.batchId,
        batch.userId,
        `{${rows.lines.join(',')}}`,
        rows.customIds,
        rows.prefixKeys.join('\n'),
        `{${rows.promptChars.join(',')}}`,
        rows.bodies.join('\n'),
        ...(batch.keyed ? [rows.reuseKeys.join('\n')] : []),
      ],
    });
    // Told when the next segment is handed over, or at the end.
    putting.catch(() => undefined);
  };

  return {
    write(row) {
      held.lines.push(row.line);
      held.customIds.push(row.customId);
      held.prefixKeys.push(row.prefixKey);
      held.promptChars.push(row.promptChars);
      held.bodies.push(row.body);
      if (batch.keyed) held.reuseKeys.push(row.reuseKey ?? '');
      held.chars += row.body.length + row.customId.length + row.prefixKey.length;
      return held.chars >= segmentChars ? turn() : undefined;
    },
    async end() {
      if (held.lines.length > 0) await turn();
      await Promise.all([before, putting]);
    },
  };
}
