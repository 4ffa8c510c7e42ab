/** Sends rows to PostgreSQL with COPY, in text format, waiting when the server is slower than the reader. */

import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** Bytes gathered before they are handed to the connection. */
const pieceLength = 64 * 1024;

/** Opens a COPY with `sql`; each row is the values of its columns, already in COPY's text form (see {@link copyText}). */
export function openCopy(
  q: PoolClient,
  sql: string,
): { write(row: string): Promise<void> | undefined; end(): Promise<void> } {
  const stream = q.query(copyFrom(sql));
  const done = finished(stream);
  done.catch(() => undefined);
  let held = '';
  const flush = async () => {
    const piece = held;
    held = '';
    if (!stream.write(piece)) await Promise.race([once(stream, 'drain'), done]);
  };
  return {
    write(row) {
      held += row;
      return held.length >= pieceLength ? flush() : undefined;
    },
    async end() {
      stream.end(held);
      held = '';
      await done;
    },
  };
}

/** A text value in COPY's text format: backslash, tab and line ends escaped. */
export function copyText(value: string): string {
  return /[\\\n\r\t]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
    : value;
}
