/** How keys go through a list of samples. */

import type { SampleMovement } from '../../../src/contracts/predictions.ts';

/** Where a key leads from the chosen sample; null: nowhere, or it is no key of the list. */
export function sampleByKey(
  key: string,
  samples: readonly Pick<SampleMovement, 'sample_index'>[],
  chosen: number | null,
): number | null {
  const at = samples.findIndex(({ sample_index }) => sample_index === chosen);
  const to = { ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), Home: 0, End: samples.length - 1 }[key];
  return to === undefined ? null : (samples[to]?.sample_index ?? null);
}
