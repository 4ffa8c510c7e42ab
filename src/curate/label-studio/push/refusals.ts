/** Tells of tasks that Label Studio does not take, and ends a push of which it takes none. */

import type { AssayError } from '../../../errors.ts';
import { afterCall } from './held-push.ts';
import type { Pass } from './push-work.ts';

/** Refused one after the other, with none taken between: then it is not the tasks. */
const refusedAtMost = 25;

/** @throws AssayError the error itself, when too many were refused one after the other */
export async function noteRefusal(
  { work, memory }: Pass,
  { item, error }: { item: string; error: AssayError },
): Promise<void> {
  memory.refusedInARow += 1;
  memory.refusal = `Task ${item} was not taken, and is left out: ${error.message}`;
  await afterCall(work, async (_q, held) => {
    if (held?.record.state === 'running') held.record.problem = memory.refusal;
  });
  if (memory.refusedInARow >= refusedAtMost) throw error;
}
