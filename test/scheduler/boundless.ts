/** The capacity of an engine of which nothing is known but that it answers. */

import type { Capacity } from '../../src/scheduler/capacity.ts';

export const boundless: Capacity = {
  sharedTokens: () => null,
  learnShared: async () => null,
  countTokens: async () => null,
  load: () => null,
  card: () => null,
  keepPrefix: async () => undefined,
};
