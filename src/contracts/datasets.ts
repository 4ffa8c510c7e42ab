/** Datasets as the workbench sees them: what was uploaded, its versions, its fields, how its items are read. */

import { z } from 'zod';
import { unixSeconds } from './lists.ts';

/** A path into an item's input or an answer: names joined by dots, positions as numbers; dots in names are written `\.`. */
export const fieldPath = z.string().min(1).max(200);

/** A field of the inputs of a dataset, as seen at the import. */
export const column = z.object({
  path: fieldPath,
  kind: z.enum(['text', 'number', 'boolean', 'list', 'object', 'mixed']),
  /** Items that have it. */
  seen: z.number().int(),
  /** Its values, when there are 50 or fewer different ones. */
  values: z.array(z.string()).nullable(),
});
export type Column = z.output<typeof column>;

/** Where an item's name, category and expected answer stand in its input; null: guessed. */
export const reading = z.object({
  name_path: fieldPath.nullable().default(null),
  category_path: fieldPath.nullable().default(null),
  truth_path: fieldPath.nullable().default(null),
});
export type Reading = z.output<typeof reading>;

/** How two values of a field are compared. */
export const normaliser = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('exact') }),
  /** Case, accents and runs of white space do not count. */
  z.object({ kind: z.literal('text') }),
  /** Numbers equal within an absolute or a relative tolerance; the last number of a text counts. */
  z.object({
    kind: z.literal('number'),
    absolute: z.number().nonnegative().default(0),
    relative: z.number().nonnegative().default(1e-6),
  }),
  z.object({ kind: z.literal('date') }),
  /** Lists whose order does not count. */
  z.object({ kind: z.literal('set') }),
  /** Never compared, such as free prose. */
  z.object({ kind: z.literal('ignore') }),
]);
export type Normaliser = z.output<typeof normaliser>;

/** A rule that reads the decision out of an answer that is not JSON: the first group of the first pattern that matches. */
export const decisionRule = z.object({
  pattern: z.string().min(1).max(500),
  flags: z
    .string()
    .regex(/^[imsu]*$/)
    .default('i'),
});
export type DecisionRule = z.output<typeof decisionRule>;

/** How answers are compared; null: guessed from the answers. */
export const comparing = z.object({
  decision_path: fieldPath.nullable().default(null),
  rules: z.array(decisionRule).max(20).default([]),
  normalisers: z.record(z.string(), normaliser).default({}),
});
export type Comparing = z.output<typeof comparing>;

export const datasetObject = z.object({
  id: z.string(),
  name: z.string(),
  count: z.number().int(),
  /** Hexadecimal sha256 of the newest version's content. */
  version: z.string(),
  version_id: z.string(),
  versions: z.number().int(),
  filename: z.string(),
  format: z.enum(['jsonl', 'csv', 'parquet']),
  bytes: z.number().int(),
  created_at: unixSeconds,
  columns: z.array(column),
  categories: z.array(z.object({ category: z.string().nullable(), count: z.number().int() })),
  /** Items with an expected answer. */
  with_truth: z.number().int(),
  reading: reading,
  /** The same with its nulls replaced by what was guessed; null: there is none. */
  read_at: reading.optional(),
  comparing: comparing,
  /**
   * Reading of all answers anew after `comparing` (or where the expected answer stands) was changed: items done and items
   * there are; null when none is under way.
   */
  comparing_progress: z.object({ done: z.number().int(), total: z.number().int() }).nullable(),
});
export type DatasetObject = z.output<typeof datasetObject>;

/** Answer of POST /admin/datasets/upload. */
export const uploadedDataset = datasetObject.extend({ duplicate_of: z.string().nullable() });

/** A version of a dataset: what one upload held. */
export const datasetVersion = z.object({
  version_id: z.string(),
  /** Hexadecimal sha256 of its content. */
  version: z.string(),
  /** From 1, in the order of the uploads. */
  ordinal: z.number().int(),
  /** Items. */
  count: z.number().int(),
  /** Items with an expected answer. */
  with_truth: z.number().int(),
  filename: z.string(),
  format: datasetObject.shape.format,
  bytes: z.number().int(),
  created_at: unixSeconds,
  /** Runs over it, superseded ones among them. */
  runs: z.number().int(),
});
export type DatasetVersion = z.output<typeof datasetVersion>;

/** Answer of GET /admin/datasets/{id}/versions: the newest first. */
export const datasetVersions = z.object({ versions: z.array(datasetVersion) });

/** What a deletion takes with it. */
export const datasetUse = z.object({
  runs: z.number().int(),
  answers: z.number().int(),
  annotations: z.number().int(),
  golden_sets: z.number().int(),
});
export type DatasetUse = z.output<typeof datasetUse>;

/**
 * PATCH /admin/datasets/{id}. Changed reading renames the items; changed comparing reads all answers anew, behind the
 * request: see `comparing_progress`. What is absent stays, so the defaults of a new dataset are taken off.
 */
export const changeDataset = z.object({
  name: z.string().min(1).max(200).optional(),
  reading: z
    .object({
      name_path: reading.shape.name_path.unwrap(),
      category_path: reading.shape.category_path.unwrap(),
      truth_path: reading.shape.truth_path.unwrap(),
    })
    .partial()
    .optional(),
  comparing: z
    .object({
      decision_path: comparing.shape.decision_path.unwrap(),
      rules: comparing.shape.rules.unwrap(),
      normalisers: comparing.shape.normalisers.unwrap(),
    })
    .partial()
    .optional(),
});
export type ChangeDataset = z.output<typeof changeDataset>;

/** An item as GET /admin/datasets/{id}/items shows it; `preview` is the beginning of its prompt, 300 characters at most. */
export const datasetItem = z.object({
  candidate_id: z.string(),
  ordinal: z.number().int(),
  name: z.string(),
  category: z.string().nullable(),
  truth: z.string().nullable(),
  preview: z.string(),
});
export type DatasetItem = z.output<typeof datasetItem>;

/** A page of items in the order of the file; `next` is the `after` of the next page. */
export const datasetItems = z.object({ data: z.array(datasetItem), next: z.number().int().nullable() });
export type DatasetItems = z.output<typeof datasetItems>;
