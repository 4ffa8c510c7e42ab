/** Keeps what concerns all users in the hands of the one who runs the server. */

import { AssayError } from '../errors.ts';

/** `what` ends the sentence "User x may not …". @throws AssayError owner_only for any other than the local user */
export function ownerOnly(userId: string, what: string): void {
  if (userId !== 'local') throw new AssayError('owner_only', { value: userId, what });
}
