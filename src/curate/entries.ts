/** Reads chosen items page by page, each with its models' answers and what is said of them: what exports are made of. */

import type { PoolClient } from 'pg';
import type { AnnotationKind } from '../contracts/workbench.ts';
import { AssayError } from '../errors.ts';
import { type Ask, type Choice, chosenItems } from './chosen-items.ts';

/** An answer. `input` is that of the version it was given to; `template` the text its run was made with. */
export interface EntryAnswer {
  modelId: string;
  /** Null for a fix whose run was removed. */
  runId: string | null;
  versionId: string;
  /** Hexadecimal sha256 of that version's content. */
  versionHash: string;
  input: Record<string, unknown>;
  template: string | null;
  ok: boolean;
  errorCode: string | null;
  content: string | null;
  parse: string;
  fields: Record<string, unknown> | null;
  decision: string | null;
  /** Whether it is the item's expected answer; null where that cannot be told. */
  correct: boolean | null;
  promptTokens: number | null;
  completionTokens: number | null;
  latencyMs: number | null;
  scores: Record<string, number> | null;
  /** Whether its run is the one that the grid shows. */
  current: boolean;
  said: Said | null;
}

/** What is said of an answer; `content` is the mended answer of a fix. */
export interface Said {
  kind: AnnotationKind;
  content: string | null;
  note: string | null;
  annotator: string;
  at: Date;
  /** Whether the answer is still the one that it was said of; its row may have run again. */
  holds: boolean;
}

export interface Entry {
  ordinal: number;
  itemId: string;
  name: string;
  category: string | null;
  truth: string | null;
  input: Record<string, unknown>;
  answers: EntryAnswer[];
}

/** Items of a page at first and at most; characters that a page should hold. */
const firstItems = 50;
const pageItems = 500;
const pageChars = 2 * 1024 * 1024;

/** Yields the chosen items by ordinal, in pages, each read in a call of `ask` of its own. */
export async function* entryPages(ask: Ask, choice: Choice): AsyncGenerator<Entry[]> {
  let limit = firstItems;
  for await (const block of chosenItems(ask, choice)) {
    for (let from = 0; from < block.length; ) {
      const ordinals = block.slice(from, from + limit);
      const page = await ask((q) => readEntries(q, choice, ordinals));
      from += ordinals.length;
      yield page;
      limit = Math.max(1, Math.min(pageItems, Math.floor((pageChars * page.length) / Math.max(1, sizeOf(page)))));
    }
  }
}

const itemColumns = 'i.ordinal, i.item_id as "itemId", i.name, i.category, i.truth, i.input';

const answerColumns = `a.ok, a.error_code as "errorCode", a.content, a.parse, a.fields, a.decision, a.correct,
  a.prompt_tokens as "promptTokens", a.completion_tokens as "completionTokens", a.latency_ms as "latencyMs", a.scores,
  r.settings ->> 'template' as template`;

const currentAnswers = `
  select a.ordinal, a.model_id as "modelId", a.run_id as "runId", ${answerColumns}
  from runs r join answers a on a.run_id = r.run_id
  where r.version_id = $1 and r.superseded_by is null and a.ordinal = any($2)
    and (cardinality($3::text[]) = 0 or r.model_id = any($3))`;

// What is said stays with the answer that it was said of, also when a newer run or version has taken its place. A row
// that ran again after it was marked is another answer: only a fix, which has its own content, still holds.
const annotatedAnswers = `
  select n.item_id as "itemId", n.model_id as "modelId", a.run_id as "runId", ${answerColumns},
    r.version_id as "versionId", encode(v.content_hash, 'hex') as "versionHash",
    case when o.version_id <> $1 then o.input end as input,
    a.run_id is not null and (n.answer_hash is null and a.content is null
      or n.answer_hash = sha256(convert_to(a.content, 'UTF8'))) as same,
    n.kind, n.content as "saidContent", n.note, n.annotator, n.created_at as at
  from annotations n
  left join runs r on r.run_id = n.run_id
  left join items o on o.version_id = r.version_id and o.item_id = n.item_id
  left join answers a on a.run_id = r.run_id and a.ordinal = o.ordinal
  left join dataset_versions v on v.version_id = r.version_id
  where n.dataset_id = $2 and n.item_id = any($4) and n.kind is not null
    and (cardinality($3::text[]) = 0 or n.model_id = any($3))`;

type AnswerRow = Omit<EntryAnswer, 'versionId' | 'versionHash' | 'input' | 'current' | 'said'> & { ordinal: number };
type SaidRow = Omit<AnswerRow, 'ordinal'> & {
  itemId: string;
  versionId: string | null;
  versionHash: string | null;
  input: Record<string, unknown> | null;
  same: boolean;
  kind: AnnotationKind;
  saidContent: string | null;
  note: string | null;
  annotator: string;
  at: Date;
};

/** The items at `ordinals`, which are all there, by ordinal. */
export async function readEntries(q: PoolClient, choice: Choice, ordinals: number[]): Promise<Entry[]> {
  const { versionId, datasetId, filter } = choice;
  if (ordinals.length === 0) return [];
  const items = await q.query<Omit<Entry, 'answers'> & { hash: string }>(
    `select ${itemColumns}, encode(v.content_hash, 'hex') as hash from items i join dataset_versions v using (version_id)
     where i.version_id = $1 and i.ordinal = any($2) order by i.ordinal`,
    [versionId, ordinals],
  );
  // Short of items is short of lines: a file that ends too early must not look whole.
  if (items.rows.length < ordinals.length) {
    throw new AssayError('not_found', { kind: 'dataset', id: datasetId, list: '/admin/datasets' });
  }
  const entries = new Map(
    items.rows.map(({ hash: _hash, ...item }) => [item.ordinal, { ...item, answers: [] } as Entry]),
  );
  const own = { versionId, versionHash: items.rows[0]!.hash };
  const current = await q.query<AnswerRow>(currentAnswers, [versionId, ordinals, filter.models]);
  for (const { ordinal, ...answer } of current.rows) {
    const entry = entries.get(ordinal)!;
    entry.answers.push({ ...answer, ...own, input: entry.input, current: true, said: null });
  }
  const byId = new Map([...entries.values()].map((entry) => [entry.itemId, entry]));
  const said = await q.query<SaidRow>(annotatedAnswers, [versionId, datasetId, filter.models, [...byId.keys()]]);
  for (const row of said.rows) addSaid(byId.get(row.itemId)!, row, own);
  for (const entry of entries.values()) entry.answers.sort(inOrderOf(filter.models));
  return [...entries.values()];
}

/** Marks the answer that the annotation is of, or adds it when the grid shows another one by now. */
function addSaid(entry: Entry, row: SaidRow, own: { versionId: string; versionHash: string }): void {
  if (!row.same && row.kind !== 'fix') return;
  const { kind, note, annotator, at, same: holds } = row;
  const said: Said = { kind, content: row.saidContent, note, annotator, at, holds };
  const shown = entry.answers.find((answer) => answer.runId === row.runId && row.runId !== null);
  if (shown) {
    shown.said = said;
    return;
  }
  const { itemId: _i, same: _s, kind: _k, saidContent: _c, note: _n, annotator: _a, at: _t, ...answer } = row;
  entry.answers.push({
    ...answer,
    versionId: row.versionId ?? own.versionId,
    versionHash: row.versionHash ?? own.versionHash,
    input: row.input ?? entry.input,
    ok: row.ok ?? false,
    parse: row.parse ?? 'none',
    current: false,
    said,
  });
}

function inOrderOf(models: string[]): (a: EntryAnswer, b: EntryAnswer) => number {
  const place = (model: string) => (models.includes(model) ? models.indexOf(model) : models.length);
  return (a, b) =>
    place(a.modelId) - place(b.modelId) ||
    (a.modelId < b.modelId ? -1 : Number(a.modelId > b.modelId)) ||
    Number(b.current) - Number(a.current);
}

/** Characters of a page, near enough. */
function sizeOf(page: Entry[]): number {
  let chars = 0;
  for (const { input, answers } of page) {
    chars += JSON.stringify(input).length;
    for (const { content, said } of answers) chars += (content?.length ?? 0) + (said?.content?.length ?? 0) + 300;
  }
  return chars;
}
