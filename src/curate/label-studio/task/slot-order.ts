/** Draws which model's answer stands in which block of a task: by the project's seed and the item, and nothing else. */

import { createHash } from 'node:crypto';
import { slotLetters } from '../config/generate-config.ts';

export interface SlotDraw {
  seed: number;
  itemId: string;
  models: string[];
}

/** The models in the order of the blocks. The order in which they are given does not matter. */
export function modelOrder({ seed, itemId, models }: SlotDraw): string[] {
  const drawn = (model: string) =>
    createHash('sha256')
      .update(JSON.stringify([seed, itemId, model]))
      .digest('hex');
  return models
    .map((model) => ({ model, place: drawn(model) }))
    .sort((a, b) => (a.place < b.place ? -1 : Number(a.place > b.place)))
    .map(({ model }) => model);
}

/** The model of each block: `{a: 'model-2', b: 'model-1'}`. */
export const slotOrder = (draw: SlotDraw): Record<string, string> =>
  Object.fromEntries(modelOrder(draw).map((model, at) => [slotLetters[at]!, model]));
