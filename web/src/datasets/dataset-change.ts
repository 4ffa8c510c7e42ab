/** The settings of a dataset as a form holds them, and the change that they make. */

import type { ChangeDataset, DatasetObject, DecisionRule, Normaliser } from '../../../src/contracts/datasets.ts';

/** Empty texts mean: guessed. */
export interface DatasetForm {
  name: string;
  namePath: string;
  categoryPath: string;
  truthPath: string;
  decisionPath: string;
  rules: DecisionRule[];
  normalisers: Record<string, Normaliser>;
}

export function formOf({ name, reading, comparing }: DatasetObject): DatasetForm {
  return {
    name,
    namePath: reading.name_path ?? '',
    categoryPath: reading.category_path ?? '',
    truthPath: reading.truth_path ?? '',
    decisionPath: comparing.decision_path ?? '',
    rules: comparing.rules,
    normalisers: comparing.normalisers,
  };
}

/** What PATCH is sent: only what differs; null when nothing does. */
export function changeOf(dataset: DatasetObject, form: DatasetForm): ChangeDataset | null {
  const { reading: read, comparing: compared } = dataset;
  const reading = changed(
    { name_path: read.name_path, category_path: read.category_path, truth_path: read.truth_path },
    { name_path: pathIn(form.namePath), category_path: pathIn(form.categoryPath), truth_path: pathIn(form.truthPath) },
  );
  const comparing = changed(
    { decision_path: compared.decision_path, rules: compared.rules, normalisers: compared.normalisers },
    {
      decision_path: pathIn(form.decisionPath),
      rules: form.rules.filter(({ pattern }) => pattern.trim() !== ''),
      normalisers: form.normalisers,
    },
  );
  const name = form.name.trim();
  const change = {
    ...(name !== '' && name !== dataset.name ? { name } : {}),
    ...(reading ? { reading } : {}),
    ...(comparing ? { comparing } : {}),
  };
  return Object.keys(change).length === 0 ? null : change;
}

/** What is wrong with a rule; null when nothing is. */
export function ruleFault({ pattern, flags }: DecisionRule): string | null {
  if (!/^[imsu]*$/.test(flags)) return 'Flags are of i, m, s and u';
  try {
    new RegExp(pattern, flags);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function pathIn(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

function changed<T extends Record<string, unknown>>(before: T, after: T): Partial<T> | null {
  const names = Object.keys(after).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return names.length === 0 ? null : (Object.fromEntries(names.map((name) => [name, after[name]])) as Partial<T>);
}
