/** Makes the rows of exports that list answers (JSONL, JSON, CSV), and the note on each of what made it. */

import { plainText } from '../datasets/input-text.ts';
import { csvLine } from './csv-text.ts';
import type { Entry, EntryAnswer } from './entries.ts';

/** What all rows of an export share. `exportedAt` is Unix seconds. */
export interface ExportOf {
  datasetId: string;
  exportedAt: number;
}

/** What made a row: dataset version, model, run, and who said what of it. */
export interface Origin {
  dataset_id: string;
  dataset_version: string;
  version_id: string;
  model: string;
  run_id: string | null;
  kind: string | null;
  annotator: string | null;
  annotated_at: number | null;
  note: string | null;
  exported_at: number;
}

export function originOf(answer: EntryAnswer, { datasetId, exportedAt }: ExportOf): Origin {
  const { said } = answer;
  return {
    dataset_id: datasetId,
    dataset_version: answer.versionHash,
    version_id: answer.versionId,
    model: answer.modelId,
    run_id: answer.runId,
    kind: said?.kind ?? null,
    annotator: said?.annotator ?? null,
    annotated_at: said === null ? null : Math.floor(said.at.getTime() / 1000),
    note: said?.note ?? null,
    exported_at: exportedAt,
  };
}

/** One answer with its item. `content` is the model's; `fixed` the mended answer of a fix. */
export function answerRow(entry: Entry, answer: EntryAnswer, of: ExportOf) {
  return {
    candidate_id: entry.itemId,
    name: entry.name,
    category: entry.category,
    truth: entry.truth,
    input: answer.input,
    model_id: answer.modelId,
    status: answer.ok ? 'ok' : 'failed',
    error: answer.errorCode,
    content: answer.content,
    fixed: answer.said?.content ?? null,
    decision: answer.decision,
    parse: answer.parse,
    fields: answer.fields,
    annotation: answer.said?.kind ?? null,
    prompt_tokens: answer.promptTokens,
    completion_tokens: answer.completionTokens,
    latency_ms: answer.latencyMs,
    scores: answer.scores,
    meta: originOf(answer, of),
  };
}

const metaColumns = [
  'dataset_id',
  'dataset_version',
  'version_id',
  'model',
  'run_id',
  'kind',
  'annotator',
  'annotated_at',
  'note',
  'exported_at',
] as const;

const columns = [
  'candidate_id',
  'name',
  'category',
  'truth',
  'input',
  'model_id',
  'status',
  'error',
  'content',
  'fixed',
  'decision',
  'parse',
  'fields',
  'annotation',
  'prompt_tokens',
  'completion_tokens',
  'latency_ms',
  'scores',
] as const;

export const csvHead = csvLine([...columns, ...metaColumns.map((name) => `meta.${name}`)]);

/** The same row as a CSV line: the input as its prompt's text, fields and scores as JSON. */
export function csvRow({ meta, ...row }: ReturnType<typeof answerRow>): string {
  const cells = { ...row, input: plainText(row.input), fields: json(row.fields), scores: json(row.scores) };
  return csvLine([...columns.map((name) => cells[name]), ...metaColumns.map((name) => meta[name])]);
}

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
