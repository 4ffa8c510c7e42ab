/** Tells apart what a failed statement means: the disk is full, the database is gone, or an error of the statement itself. */

import { DatabaseError } from 'pg';
import { AssayError } from '../errors.ts';

/**
 * SQLSTATE classes and codes that mean "not there now": https://www.postgresql.org/docs/current/errcodes-appendix.html. 08P01
 * is a statement that breaks the protocol, as one with too few parameters does: a fault of the program.
 */
const GONE = /^(08(?!P01)|57P0[1-5]|53300)/;
const DISK_FULL_TEXT = /ENOSPC|EFBIG|No space left on device|File too large/i;
/** What the pg client says, without a code, when its connection ended under it. */
const LOST_TEXT =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired)/;

/** The text of any thrown value; an AggregateError (several addresses tried) has its text in its parts. */
export function problemOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(problemOf).join('; ');
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.trim();
}

/**
 * Maps an error of a statement. SQLSTATE 53100 and the system's ENOSPC or EFBIG become disk_full, a lost connection
 * becomes database_unavailable (cause kept); an AssayError and everything else pass as they are.
 */
export function mapStatementError(error: unknown, connectionLost: boolean): unknown {
  if (error instanceof AssayError) return error;
  if (isDiskFull(error)) return new AssayError('disk_full', { problem: problemOf(error) }, { cause: error });
  const gone =
    connectionLost ||
    (error instanceof DatabaseError && GONE.test(error.code ?? '')) ||
    (error instanceof Error && LOST_TEXT.test(error.message));
  return gone ? new AssayError('database_unavailable', { problem: problemOf(error) }, { cause: error }) : error;
}

/** Maps an error of connecting: whatever it was, the database could not be used. The cause is kept. */
export function mapConnectError(error: unknown): AssayError {
  if (error instanceof AssayError) return error;
  if (isDiskFull(error)) return new AssayError('disk_full', { problem: problemOf(error) }, { cause: error });
  return new AssayError('database_unavailable', { problem: problemOf(error) }, { cause: error });
}

/** True for SQLSTATE 53100, and for what the system says (ENOSPC, EFBIG), also inside a longer text. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return code === '53100' || code === 'ENOSPC' || code === 'EFBIG' || DISK_FULL_TEXT.test(error.message);
}
