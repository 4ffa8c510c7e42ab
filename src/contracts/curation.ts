/** What people say of answers, golden sets, example libraries and exports. */

import { z } from 'zod';
import { unixSeconds } from './lists.ts';
import { annotationKinds, gridFilter } from './workbench.ts';

const count = z.number().int();

/** Body of POST /admin/annotations/{kind}/{dataset_id}/{candidate_id}. A fix needs `content`. */
export const newAnnotation = z.object({
  model_id: z.string(),
  content: z.string().max(1_000_000).optional(),
  note: z.string().max(10_000).optional(),
});
export type NewAnnotation = z.output<typeof newAnnotation>;

export const annotationObject = z.object({
  dataset_id: z.string(),
  candidate_id: z.string(),
  model_id: z.string(),
  /** null: nothing is said of the answer (any more). */
  kind: z.enum(annotationKinds).nullable(),
  content: z.string().nullable(),
  note: z.string().nullable(),
  annotator: z.string(),
  created_at: unixSeconds,
});
export type AnnotationObject = z.output<typeof annotationObject>;

/** POST /admin/annotations/bulk. Without `confirm` = the count, nothing is written and the count comes back. */
export const bulkAnnotation = z.object({
  kind: z.enum(['golden', 'wrong', 'clear']),
  model_id: z.string(),
  filter: gridFilter,
  confirm: count.optional(),
  note: z.string().max(10_000).optional(),
});
export type BulkAnnotation = z.output<typeof bulkAnnotation>;

/** POST /admin/golden-sets. Takes golden answers and fixes of the dataset, narrowed by the filter. */
export const newGoldenSet = z.object({ name: z.string().min(1).max(200), filter: gridFilter });
export const goldenSet = z.object({
  id: z.string(),
  dataset_id: z.string(),
  name: z.string(),
  version: count,
  items: count,
  origin: z.record(z.string(), z.unknown()),
  created_at: unixSeconds,
});
export type GoldenSet = z.output<typeof goldenSet>;

/** POST /admin/examples/preview: an in-context example library, chosen for diversity. */
export const exampleRequest = z.object({
  filter: gridFilter,
  /** The decisions that count as strong positive and strong negative; guessed when absent. */
  positive: z.string().optional(),
  negative: z.string().optional(),
  positives: z.number().int().min(0).max(50).default(5),
  negatives: z.number().int().min(0).max(50).default(5),
  edges: z.number().int().min(0).max(20).default(2),
  seed: z.number().int().default(1),
});
export type ExampleRequest = z.output<typeof exampleRequest>;

export const exampleLibrary = z.object({
  examples: z.array(
    z.object({
      candidate_id: z.string(),
      name: z.string(),
      group: z.enum(['positive', 'negative', 'edge']),
      input: z.string(),
      answer: z.string(),
      decision: z.string().nullable(),
      /** For an edge case: what each model said. */
      explanation: z.string().nullable(),
    }),
  ),
  /** The prompt block they become. */
  block: z.string(),
  /** Groups for which fewer were found than asked, in words. */
  notes: z.array(z.string()),
});
export type ExampleLibrary = z.output<typeof exampleLibrary>;

/** A prompt template kept by name; `example_items` are left out of the figures of runs that use it. */
export const newTemplate = z.object({
  name: z.string().min(1).max(200),
  text: z.string().min(1).max(200_000),
  example_items: z.array(z.string()).max(200).default([]),
});
export const templateObject = newTemplate.extend({ id: z.string(), created_at: unixSeconds });
export type TemplateObject = z.output<typeof templateObject>;

export const exportFormats = ['jsonl', 'csv', 'json', 'label-studio', 'sft', 'prompt-completion', 'dpo'] as const;
export type ExportFormat = (typeof exportFormats)[number];
