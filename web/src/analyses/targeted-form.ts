/** What is asked of targeted data as its form holds it, what is wrong with it, and what the server is sent. */

import type { z } from 'zod';
import type { targetedOptions } from '../../../src/contracts/mining.ts';

/** Numbers are '' while their field is empty. */
export interface TargetedForm {
  model: string | null;
  /** null: the model that writes the prompts. */
  answerModel: string | null;
  /** null: rules alone check. */
  judge: string | null;
  rows: number | '';
  balance: 'equal' | 'proportional';
  usd: number | '';
  calls: number | '';
}

export type TargetedFaults = Partial<Record<keyof TargetedForm, string>>;
export type TargetedBody = z.input<typeof targetedOptions>;

export const emptyTargeted: TargetedForm = {
  model: null,
  answerModel: null,
  judge: null,
  rows: 50,
  balance: 'equal',
  usd: '',
  calls: '',
};

const MOST_ROWS = 100_000;

export function targetedFaults({ model, rows, usd, calls }: TargetedForm): TargetedFaults {
  const faults: TargetedFaults = {};
  if (model === null) faults.model = 'Choose the model that writes';
  if (rows === '' || !Number.isInteger(rows) || rows < 1 || rows > MOST_ROWS) {
    faults.rows = 'A whole number from 1 to 100,000';
  }
  if (usd !== '' && usd <= 0) faults.usd = 'More than 0, or empty';
  if (calls !== '' && (!Number.isInteger(calls) || calls < 1)) faults.calls = 'A whole number from 1, or empty';
  return faults;
}

/** The body for a form without faults. `clusters`: those that rows are written for; absent: all. */
export function targetedOf(form: TargetedForm, clusters?: readonly number[]): TargetedBody {
  const budget = {
    ...(form.usd === '' ? {} : { usd: form.usd }),
    ...(form.calls === '' ? {} : { calls: form.calls }),
  };
  return {
    model: form.model ?? '',
    ...(form.answerModel === null ? {} : { answer_model: form.answerModel }),
    judge: form.judge,
    rows: form.rows as number,
    balance: form.balance,
    ...(clusters === undefined ? {} : { clusters: [...clusters] }),
    ...(Object.keys(budget).length === 0 ? {} : { budget }),
  };
}

/** The form of what was asked for before; anything that cannot be read is as usual. */
export function targetedFormOf(settings: unknown): TargetedForm {
  const before = (typeof settings === 'object' && settings !== null ? settings : {}) as Partial<
    z.output<typeof targetedOptions>
  >;
  return {
    model: before.model ?? null,
    answerModel: before.answer_model ?? null,
    judge: before.judge ?? null,
    rows: before.rows ?? emptyTargeted.rows,
    balance: before.balance ?? emptyTargeted.balance,
    usd: before.budget?.usd ?? '',
    calls: before.budget?.calls ?? '',
  };
}

const fields: Record<string, keyof TargetedForm> = {
  model: 'model',
  answer_model: 'answerModel',
  judge: 'judge',
  rows: 'rows',
  balance: 'balance',
  'budget.usd': 'usd',
  'budget.calls': 'calls',
};

/** The field that a refusal is about, by its path within `generate`; null where it is about none. */
export const targetedFieldOf = (param: string): keyof TargetedForm | null => fields[param] ?? null;
