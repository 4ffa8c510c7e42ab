/** Shapes of what Label Studio answers: strict in what is read here, loose in all else. */

import { z } from 'zod';

export const versionShape = z.looseObject({
  release: z.string().optional(),
  'label-studio-os-package': z.looseObject({ version: z.string() }).optional(),
});

export const accountShape = z.looseObject({ id: z.number(), email: z.string() });
export const accountsShape = z.array(accountShape);

export const projectShape = z.looseObject({
  id: z.number().int(),
  title: z.string(),
  label_config: z.string().nullish(),
  /** null in the answer that makes it. */
  task_number: z.number().int().nullish(),
});

export const projectPage = z.looseObject({ next: z.string().nullable(), results: z.array(projectShape) });

/** An older Label Studio gives objects; the number is what both have. */
const resultShape = z.looseObject({
  id: z.string().optional(),
  from_name: z.string(),
  to_name: z.string(),
  type: z.string(),
  value: z.record(z.string(), z.unknown()),
});

/** Regions without a control, as relations, are not read. */
const results = z
  .array(z.unknown())
  .nullish()
  .transform((entries) => (entries ?? []).flatMap((entry) => resultShape.safeParse(entry).data ?? []));

const time = z.string().transform((text) => new Date(text));

const annotationFields = z.looseObject({
  id: z.number().int(),
  completed_by: z.union([z.number(), z.looseObject({ id: z.number(), email: z.string().optional() })]).nullish(),
  result: results,
  was_cancelled: z.boolean().nullish(),
  created_at: time,
  updated_at: time,
});

/** What is read of an annotation, and the whole of it as it came. */
export const annotationShape = z.record(z.string(), z.unknown()).transform((raw, context) => {
  const read = annotationFields.safeParse(raw);
  if (read.success) return { raw, read: read.data };
  for (const { path, message } of read.error.issues) context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});
export type AnnotationShape = z.output<typeof annotationShape>;

/** The export gives numbers alone. */
export const predictionShape = z.looseObject({ id: z.number().int(), model_version: z.string().nullish() });

export const taskShape = z.looseObject({
  id: z.number().int(),
  data: z.record(z.string(), z.unknown()),
  meta: z.record(z.string(), z.unknown()).nullish().catch(null),
  updated_at: time,
  annotations: z.array(annotationShape).nullish(),
  predictions: z.array(z.union([z.number().int(), predictionShape])).nullish(),
});
export type TaskShape = z.output<typeof taskShape>;

export const taskPage = z.looseObject({ tasks: z.array(taskShape) });
export const imported = z.looseObject({ task_ids: z.array(z.number().int()).optional() });
export const numbered = z.looseObject({ id: z.number().int() });
