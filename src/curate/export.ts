/** Streams the answers that a filter chooses in a format that other tools read, in flat memory. */

import { Readable } from 'node:stream';
import { currentRuns } from '../compare/grid-models.ts';
import type { ExportFormat } from '../contracts/curation.ts';
import type { AnnotationKind, GridFilter } from '../contracts/workbench.ts';
import { newestVersion } from '../datasets/version-items.ts';
import type { Database } from '../db/database.ts';
import { type Entry, type EntryAnswer, entryPages } from './entries.ts';
import { answerRow, csvHead, csvRow, type ExportOf } from './export-rows.ts';
import { labelTask } from './label-studio.ts';
import { completionRows, preferenceRows, sftRows } from './training-rows.ts';

export interface ExportQuery {
  format: ExportFormat;
  filter: GridFilter;
  /** Every answer; else those of which something is said. */
  all: boolean;
}

export interface ExportFile {
  filename: string;
  contentType: string;
  content: Readable;
}

/** A format: the pieces that an item gives, what stands before the first, between two, and behind the last. */
interface Form {
  extension: string;
  contentType: string;
  head: string;
  between: string;
  tail: string;
  pieces(entry: Entry, query: ExportQuery, of: ExportOf): string[];
}

const lines = {
  extension: 'jsonl',
  contentType: 'application/x-ndjson; charset=utf-8',
  head: '',
  between: '',
  tail: '',
};
const list = {
  extension: 'json',
  contentType: 'application/json; charset=utf-8',
  head: '[\n',
  between: ',\n',
  tail: '\n]\n',
};
const jsonLine = (row: unknown): string => `${JSON.stringify(row)}\n`;

const forms: Record<ExportFormat, Form> = {
  jsonl: { ...lines, pieces: (entry, _, of) => entry.answers.map((a) => jsonLine(answerRow(entry, a, of))) },
  json: { ...list, pieces: (entry, _, of) => entry.answers.map((a) => JSON.stringify(answerRow(entry, a, of))) },
  csv: {
    extension: 'csv',
    contentType: 'text/csv; charset=utf-8; header=present',
    head: csvHead,
    between: '',
    tail: '',
    pieces: (entry, _, of) => entry.answers.map((a) => csvRow(answerRow(entry, a, of))),
  },
  'label-studio': {
    ...list,
    pieces: (entry, _, of) => (entry.answers.length === 0 ? [] : [JSON.stringify(labelTask(entry, of))]),
  },
  sft: { ...lines, pieces: (entry, { all }, of) => sftRows(entry, all, of).map(jsonLine) },
  'prompt-completion': { ...lines, pieces: (entry, { all }, of) => completionRows(entry, all, of).map(jsonLine) },
  dpo: { ...lines, pieces: (entry, _, of) => preferenceRows(entry, of).map(jsonLine) },
};

/** Formats of which a row is one answer, so that a filter for golden answers leaves the other answers of an item out. */
const answerFormats = new Set<ExportFormat>(['jsonl', 'json', 'csv', 'sft', 'prompt-completion']);

/**
 * The file, not yet read. A row that changes while it is read is in it as before or as after. Throws not_found for the
 * dataset, invalid_parameter for a model of the filter that has no run; a dataset that is deleted meanwhile breaks the
 * stream off.
 */
export async function exportAnswers(db: Database, userId: string, query: ExportQuery): Promise<ExportFile> {
  const { format, filter, all } = query;
  const version = await db.asUser(userId, async (q) => {
    const found = await newestVersion(q, userId, filter.dataset_id);
    await currentRuns(q, found.versionId, filter.models);
    return found;
  });
  const now = new Date();
  const of = { datasetId: version.datasetId, exportedAt: Math.floor(now.getTime() / 1000) };
  const { versionId, datasetId } = version;
  const kinds: AnnotationKind[] | null = all ? null : ['golden', 'fix', 'wrong'];
  const pages = entryPages((work) => db.asUser(userId, work), { versionId, datasetId, filter, kinds });
  return {
    filename: nameOf(query, now),
    contentType: forms[format].contentType,
    content: Readable.from(texts(pages, query, of), { highWaterMark: 1 }),
  };
}

async function* texts(pages: AsyncIterable<Entry[]>, query: ExportQuery, of: ExportOf): AsyncGenerator<string> {
  const form = forms[query.format];
  const keep = keeper(query);
  yield form.head;
  let first = true;
  for await (const page of pages) {
    const pieces = page.flatMap((entry) => form.pieces({ ...entry, answers: entry.answers.filter(keep) }, query, of));
    if (pieces.length === 0) continue;
    yield `${first ? '' : form.between}${pieces.join(form.between)}`;
    first = false;
  }
  yield form.tail;
}

/** Which answers of the chosen items are exported. */
function keeper({ format, filter, all }: ExportQuery): (answer: EntryAnswer) => boolean {
  const kinds = answerFormats.has(format) ? kindsOf(filter) : [];
  if (kinds.length > 0) return ({ said }) => said !== null && kinds.includes(said.kind);
  // Tasks carry all answers as predictions, beside what is said of some.
  if (all || format === 'label-studio') return () => true;
  return ({ said }) => said !== null;
}

function kindsOf({ filter }: GridFilter): AnnotationKind[] {
  const kinds = { golden: 'golden', fixed: 'fix', wrong: 'wrong' } as const;
  return filter.flatMap((name) => (name in kinds ? kinds[name as keyof typeof kinds] : []));
}

/** golden_dataset_2026-11-21.jsonl, annotated_dataset_2026-11-21_sft.jsonl, … */
function nameOf({ format, filter, all }: ExportQuery, now: Date): string {
  const what = filter.filter[0] ?? (all ? 'whole' : 'annotated');
  const date = now.toISOString().slice(0, 10);
  const { extension } = forms[format];
  const suffix = format === extension ? '' : `_${format}`;
  return `${what}_dataset_${date}${suffix}.${extension}`;
}
