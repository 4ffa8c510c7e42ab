/** Keeps zod from making code out of texts, which the policy of the page forbids; to be imported before any schema. */

import { config } from 'zod';

config({ jitless: true });
