/** Rows of the table annotations: what they hold, how they read on the wire, and how a change keeps what stood before. */

import type { AnnotationObject } from '../contracts/curation.ts';
import { isStorable } from '../contracts/openai-batch.ts';
import type { AnnotationKind } from '../contracts/workbench.ts';
import { AssayError } from '../errors.ts';

export interface AnnotationRow {
  dataset_id: string;
  item_id: string;
  model_id: string;
  seq: string;
  kind: AnnotationKind | null;
  content: string | null;
  note: string | null;
  annotator: string;
  created_at: Date;
}

/** The columns of an {@link AnnotationRow} in the table called `n`. */
export const annotationColumns =
  'n.dataset_id, n.item_id, n.model_id, n.seq, n.kind, n.content, n.note, n.annotator, n.created_at';

/** What stands before the first change. */
export const nothingBefore = '[{"kind": null}]';

/**
 * The history of `n` with what stands now put behind it. At most 50 changes can be undone; a history of more than 4 MB
 * (long fixes, over and over) keeps its last entry only.
 */
export const historyWithPresent = `
  case when jsonb_array_length(n.history) >= 50 then n.history - 0
    when octet_length(n.history::text) > 4000000 then jsonb_build_array(n.history -> -1)
    else n.history end
  || jsonb_build_object('kind', n.kind, 'content', n.content, 'note', n.note, 'annotator', n.annotator,
    'run_id', n.run_id, 'answer_hash', encode(n.answer_hash, 'hex'), 'created_at', n.created_at)`;

/** The hash of the answer `a` that an annotation is said of. */
export const answerHash = `sha256(convert_to(a.content, 'UTF8'))`;

export function annotationOf(row: AnnotationRow): AnnotationObject {
  return {
    dataset_id: row.dataset_id,
    candidate_id: row.item_id,
    model_id: row.model_id,
    kind: row.kind,
    content: row.content,
    note: row.note,
    annotator: row.annotator,
    created_at: Math.floor(row.created_at.getTime() / 1000),
  };
}

/** @throws AssayError invalid_parameter for a text that PostgreSQL cannot hold. */
export function checkText(param: string, text: string | undefined): void {
  if (text === undefined || isStorable(text)) return;
  const problem = 'must not hold U+0000 or half of a surrogate pair';
  throw new AssayError('invalid_parameter', { param, problem, value: text.toWellFormed() }, { param });
}
