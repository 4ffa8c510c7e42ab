/** Shapes one model's answer as the grid, the item page and the live feed show it. */

import type { AnnotationKind, Cell } from '../contracts/workbench.ts';

/** Longest content in the grid, in characters. */
export const gridContent = 2000;
/** Longest answer whose fields the grid carries, in characters; those of longer ones come with the whole item. */
const gridFields = 16_384;

/** Columns of `answers a` for a cell of the grid. */
export const gridCellColumns = `a.run_id, a.ordinal, a.model_id, a.ok, left(a.content, ${gridContent}) as content,
  coalesce(char_length(a.content) > ${gridContent}, false) as cut, a.error_code, a.decision,
  case when char_length(a.content) <= ${gridFields} then a.fields end as fields, a.parse, a.completion_tokens,
  a.prompt_tokens, a.cached_tokens, a.latency_ms, a.first_token_ms, a.finish_reason, a.scores, a.correct`;

/** Columns of `answers a` for a whole cell. */
export const wholeCellColumns = `a.run_id, a.ordinal, a.model_id, a.ok, a.content, false as cut, a.error_code, a.decision, a.fields,
  a.parse, a.completion_tokens, a.prompt_tokens, a.cached_tokens, a.latency_ms, a.first_token_ms, a.finish_reason, a.scores, a.correct`;

export interface CellRow {
  run_id: string;
  ordinal: number;
  model_id: string;
  ok: boolean;
  content: string | null;
  cut: boolean;
  error_code: string | null;
  decision: string | null;
  fields: Record<string, unknown> | null;
  parse: Cell['parse'];
  completion_tokens: number | null;
  prompt_tokens: number | null;
  cached_tokens: number | null;
  latency_ms: number | null;
  first_token_ms: number | null;
  finish_reason: string | null;
  scores: Record<string, number> | null;
  correct: boolean | null;
}

export function toCell(row: CellRow, annotation: AnnotationKind | null): Cell {
  return {
    run_id: row.run_id,
    status: row.ok ? 'ok' : 'failed',
    content: row.content,
    cut: row.cut,
    error: row.error_code,
    decision: row.decision,
    fields: row.fields,
    parse: row.parse,
    tokens: row.completion_tokens,
    prompt_tokens: row.prompt_tokens,
    cached_tokens: row.cached_tokens,
    latency_ms: row.latency_ms,
    first_token_ms: row.first_token_ms,
    finish_reason: row.finish_reason,
    scores: row.scores,
    right: row.correct,
    annotation,
  };
}

/** What the models `models` differ in, by the classes in the state of an item. */
export function differences(
  classes: Record<string, Record<string, number>> | null,
  models: string[],
): { differs: boolean; diff_fields: string[] } {
  const apart = (of: Record<string, number>) => new Set(models.flatMap((model) => of[model] ?? [])).size > 1;
  const paths = Object.entries(classes ?? {}).flatMap(([path, of]) => (apart(of) ? [path] : []));
  return { differs: paths.length > 0, diff_fields: paths.filter((path) => path !== '').sort() };
}
