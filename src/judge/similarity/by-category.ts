/** Which metric fits the items of a category, and from which value on an answer passes. */

import type { CategoryMetric, MetricName, SimilarityTable } from '../../contracts/similarity.ts';

/** Where to begin: marks to set anew once some answers were looked at, not calibrated ones. */
export const defaultThresholds: Record<MetricName, number> = {
  exact: 1,
  normalised: 1,
  numeric: 1,
  code: 0.8,
  rouge_l: 0.3,
  chrf: 0.5,
  chrf_pp: 0.5,
  token_f1: 0.5,
  cosine: 0.7,
};

const creative: CategoryMetric = { metric: 'cosine', without_embeddings: 'rouge_l' };

/**
 * By the usual names of categories. `other` is for all that are not named here: chrF, which works in every script and
 * for short and long answers.
 */
export const defaultCategories: Record<string, CategoryMetric> = {
  math: { metric: 'numeric' },
  mathematics: { metric: 'numeric' },
  arithmetic: { metric: 'numeric' },
  code: { metric: 'code' },
  coding: { metric: 'code' },
  programming: { metric: 'code' },
  qa: { metric: 'token_f1' },
  question_answering: { metric: 'token_f1' },
  extraction: { metric: 'token_f1' },
  classification: { metric: 'normalised' },
  creative,
  writing: creative,
  roleplay: creative,
  reasoning: { metric: 'chrf_pp' },
  translation: { metric: 'chrf' },
  summarization: { metric: 'rouge_l' },
  other: { metric: 'chrf' },
};

export interface ChosenMetric {
  metric: MetricName;
  threshold: number;
}

/** For a category as the item has it (case and blanks do not count), or `other`. `embeddings`: whether cosine can be had. */
export function metricFor(
  category: string | null,
  { table, embeddings }: { table?: SimilarityTable; embeddings: boolean },
): ChosenMetric {
  const categories = new Map(
    Object.entries({ ...defaultCategories, ...table?.categories }).map(([name, entry]) => [categoryKey(name), entry]),
  );
  const entry = categories.get(categoryKey(category ?? 'other')) ?? categories.get('other')!;
  if (entry.metric !== 'cosine' || embeddings)
    return { metric: entry.metric, threshold: entry.threshold ?? thresholdOf(entry.metric, table) };
  // The category's own mark is one of cosine, which says nothing of another metric.
  const metric = entry.without_embeddings ?? 'chrf';
  return { metric, threshold: thresholdOf(metric, table) };
}

/** The mark of a metric, by the table or built in. */
export function thresholdOf(metric: MetricName, table?: SimilarityTable): number {
  return table?.thresholds[metric] ?? defaultThresholds[metric];
}

function categoryKey(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
}
