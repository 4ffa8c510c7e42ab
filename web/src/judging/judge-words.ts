/** What is known of a model as a judge, in words: whether it can be asked, what it costs. */

import type { JudgingChoices } from '../../../src/contracts/judge-now.ts';
import { costText } from '../app/figures.ts';

export type Judge = JudgingChoices['judges'][number];

/** The judge of this id, or else what is known of its provider; null where nothing is. */
export function judgeOf(id: string, judges: readonly Judge[]): Judge | null {
  const exact = judges.find((judge) => judge.id === id);
  if (exact !== undefined) return exact;
  const [provider] = id.split('/', 1);
  const near = id.includes('/')
    ? judges.find((judge) => judge.provider !== null && judge.provider === provider)
    : undefined;
  const unknown = { prompt_per_million: null, completion_per_million: null, price_as_of: null };
  return near === undefined ? null : { ...near, id, ...unknown };
}

export const wantingText = ({ api_key_env }: Pick<Judge, 'api_key_env'>): string =>
  api_key_env === null ? 'cannot be asked now' : `needs ${api_key_env}, which is not set where the server runs`;

export function priceText({ prompt_per_million: input, completion_per_million: output, price_as_of }: Judge): string {
  if (input === null || output === null) return 'price unknown';
  const of = price_as_of === null ? '' : `, as of ${price_as_of}`;
  return `${costText(input)} in and ${costText(output)} out a million tokens${of}`;
}
