/** Who calls: the header of a legacy token, or the short-lived one that a personal token is exchanged for. */

import { z } from 'zod';
import type { TokenKind } from '../../../contracts/label-studio.ts';
import { AssayError } from '../../../errors.ts';
import { detailOf, type Place, sendCall, shownUrl } from './call.ts';

/** Gives the header of a call. */
export interface Access {
  /** @throws AssayError label_studio_refused, label_studio_unreachable */
  header(): Promise<string>;
  /** The header `used` was refused: whether there is another to try. */
  renewable(used: string): boolean;
}

/** personal: a JSON web token, of three parts; anything else is a legacy one. */
export function tokenKind(token: string): TokenKind {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) ? 'personal' : 'legacy';
}

/** Seconds that an access token serves where it does not say so itself, and before whose end it is exchanged. */
const ASSUMED_SECONDS = 300;
const EARLY_SECONDS = 30;

interface Held {
  header: string;
  /** By the clock of this process. */
  endsAt: number;
}

export function openAccess(place: Place, token: string): Access {
  if (tokenKind(token) === 'legacy') {
    return { header: async () => `Token ${token}`, renewable: () => false };
  }
  let held: Held | null = null;
  let refreshing: Promise<Held> | null = null;
  const refresh = (): Promise<Held> => {
    // One exchange serves all who wait.
    refreshing ??= exchange(place, token).finally(() => {
      refreshing = null;
    });
    return refreshing;
  };
  return {
    async header() {
      if (held === null || performance.now() >= held.endsAt) held = await refresh();
      return held.header;
    },
    renewable(used) {
      if (held?.header === used) held = null;
      return true;
    },
  };
}

const refreshed = z.object({ access: z.string().min(1) });

async function exchange(place: Place, token: string): Promise<Held> {
  const asked = { method: 'POST', path: '/api/token/refresh/', body: { refresh: token }, harmless: true } as const;
  const answer = await sendCall(place, { ...asked, what: 'exchange the personal token' }, null);
  const { data } = refreshed.safeParse(answer.json);
  if (answer.status === 200 && data !== undefined) {
    return { header: `Bearer ${data.access}`, endsAt: performance.now() + 1000 * secondsOf(data.access) };
  }
  if ([400, 401, 403].includes(answer.status)) {
    throw new AssayError('label_studio_refused', { url: shownUrl(place), problem: detailOf(answer) });
  }
  const problem = `the personal token cannot be exchanged at ${asked.path}: it answers ${answer.status}, ${detailOf(answer)}`;
  throw new AssayError('label_studio_failed', { url: shownUrl(place), what: 'connect', problem });
}

const claims = z.object({ exp: z.number(), iat: z.number() });

/** How long an access token serves; by its own two times, so that clocks that differ do no harm. */
function secondsOf(token: string): number {
  let seconds = ASSUMED_SECONDS;
  try {
    const said = claims.parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')));
    seconds = said.exp - said.iat;
  } catch {
    // Its parts are its own affair: then the usual time is taken.
  }
  return Math.max(1, seconds - EARLY_SECONDS);
}
