/** The states of a request, as the contract has them. */

import type { RequestRow } from '../../../src/contracts/openai-batch.ts';

export const requestStates = ['queued', 'completed', 'failed'] as const satisfies RequestRow['state'][];
