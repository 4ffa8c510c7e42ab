/** A push as its form holds it, what is wrong with it, and what the server is sent. */

import type { z } from 'zod';
import type { newPush, PushSelection } from '../../../src/contracts/label-studio.ts';

export type PushBody = z.input<typeof newPush>;

export interface PushForm {
  select: PushSelection;
  categories: string[];
  /** Words that the item or one of its answers holds. */
  words: string;
  /** '' while its field is empty. */
  limit: number | '';
}

export const emptyPush: PushForm = { select: 'differences', categories: [], words: '', limit: 1000 };

const MOST = 1_000_000;
const WORDS_LENGTH = 500;

export interface PushFaults {
  limit?: string;
  words?: string;
}

export function pushFaults({ limit, words }: PushForm): PushFaults {
  const whole = limit !== '' && Number.isInteger(limit) && limit >= 1 && limit <= MOST;
  return {
    ...(whole ? {} : { limit: 'A whole number from 1 to 1,000,000' }),
    ...(words.length > WORDS_LENGTH ? { words: 'At most 500 characters' } : {}),
  };
}

/** The body for a form without faults; what chooses nothing is left out. */
export function pushOf({ select, categories, words, limit }: PushForm): PushBody {
  const q = words.trim();
  return {
    select,
    filter: { ...(categories.length === 0 ? {} : { category: categories }), ...(q === '' ? {} : { q }) },
    ...(limit === '' ? {} : { limit }),
  };
}
