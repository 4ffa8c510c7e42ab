/** Makes golden sets: named, versioned copies of golden answers and fixes, which later changes do not touch. */

import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { PoolClient } from 'pg';
import { comparisonOf } from '../compare/comparison.ts';
import { currentRuns } from '../compare/grid-models.ts';
import { type Reading, readAnswer } from '../compare/read-answer.ts';
import type { GoldenSet } from '../contracts/curation.ts';
import type { AnnotationKind, GridFilter } from '../contracts/workbench.ts';
import { idText, newestVersion } from '../datasets/version-items.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { promptMessages } from '../runs/prompt-of.ts';
import { checkText } from './annotation-row.ts';
import { type Entry, type EntryAnswer, entryPages } from './entries.ts';

interface GoldenSetRow {
  golden_set_id: string;
  dataset_id: string;
  name: string;
  version: number;
  items: number;
  origin: Record<string, unknown>;
  created_at: Date;
}

const columns = 'golden_set_id, dataset_id, name, version, items, origin, created_at';

/** Entries that a stream reads at a time. */
const pageEntries = 200;

/** An entry of a set, as it is kept. `content` is the mended answer of a fix, whose `original` was the model's. */
interface GoldenEntry {
  candidate_id: string;
  name: string;
  category: string | null;
  truth: string | null;
  messages: unknown[];
  model_id: string;
  content: string;
  original: string | null;
  decision: string | null;
  kind: AnnotationKind;
  note: string | null;
  annotator: string;
  annotated_at: number;
  run_id: string | null;
  version_id: string;
  dataset_version: string;
}

/**
 * Freezes the dataset's golden answers and fixes that the filter leaves; a name that was used before gets the next
 * version. Throws not_found for the dataset, conflict when there is nothing to freeze.
 */
export async function makeGoldenSet(
  db: Database,
  userId: string,
  set: { name: string; filter: GridFilter },
): Promise<GoldenSet> {
  checkText('name', set.name);
  return db.asUser(userId, async (q) => {
    const { datasetId, versionId } = await newestVersion(q, userId, set.filter.dataset_id);
    await currentRuns(q, versionId, set.filter.models);
    const how = await comparisonOf(q, datasetId);
    // Held to the end: two sets of one name get two versions, and the dataset stays while its answers are copied.
    await q.query('select from datasets where dataset_id = $1 for no key update', [datasetId]);
    const id = `gs_${randomUUID().replaceAll('-', '')}`;
    await q.query(
      `insert into golden_sets (golden_set_id, user_id, dataset_id, name, version, origin, items)
       select $1, $2, $3, $4, coalesce(max(version), 0) + 1, '{}', 0 from golden_sets
       where user_id = $2 and dataset_id = $3 and name = $4`,
      [id, userId, datasetId, set.name],
    );
    const seen = { items: 0, models: new Set<string>(), annotators: new Set<string>(), versions: new Set<string>() };
    const choice = { versionId, datasetId, filter: set.filter, kinds: goldenKinds(set.filter) };
    for await (const page of entryPages((work) => work(q), choice)) {
      const entries = page.flatMap((entry) => goldenEntries(entry, choice.kinds, how));
      await insertEntries(q, { id, userId, from: seen.items }, entries);
      seen.items += entries.length;
      for (const entry of entries) {
        seen.models.add(entry.model_id);
        seen.annotators.add(entry.annotator);
        seen.versions.add(entry.dataset_version);
      }
    }
    if (seen.items === 0) {
      throw new AssayError('conflict', {
        what: 'None of the answers that the filter leaves is golden or fixed',
        remedy: 'Mark some first, or widen the filter.',
      });
    }
    const origin = {
      filter: set.filter,
      version_id: versionId,
      dataset_versions: [...seen.versions].sort(),
      models: [...seen.models].sort(),
      annotators: [...seen.annotators].sort(),
    };
    const { rows } = await q.query<GoldenSetRow>(
      `update golden_sets set items = $2, origin = $3 where golden_set_id = $1 returning ${columns}`,
      [id, seen.items, JSON.stringify(origin).toWellFormed()],
    );
    return goldenSetOf(rows[0]!);
  });
}

/** What a set takes; a filter for golden or for fixed answers takes these only. */
function goldenKinds({ filter }: GridFilter): AnnotationKind[] {
  const golden = filter.includes('golden');
  const fixed = filter.includes('fixed');
  if (golden === fixed) return ['golden', 'fix'];
  return golden ? ['golden'] : ['fix'];
}

function goldenEntries(entry: Entry, kinds: AnnotationKind[], how: Reading): GoldenEntry[] {
  return entry.answers.flatMap((answer) => {
    const { said } = answer;
    if (said === null || !kinds.includes(said.kind)) return [];
    const content = said.kind === 'fix' ? said.content! : answer.content;
    return content === null ? [] : goldenEntry({ entry, answer, content }, said, how);
  });
}

function goldenEntry(
  { entry, answer, content }: { entry: Entry; answer: EntryAnswer; content: string },
  said: NonNullable<EntryAnswer['said']>,
  how: Reading,
): GoldenEntry {
  const { itemId, name, category, truth } = entry;
  return {
    candidate_id: itemId,
    name,
    category,
    truth,
    messages: promptMessages({ itemId, input: answer.input, template: answer.template }),
    model_id: answer.modelId,
    content,
    original: said.kind === 'fix' && said.holds ? answer.content : null,
    decision: said.kind === 'fix' ? readAnswer(content, how).decision : answer.decision,
    kind: said.kind,
    note: said.note,
    annotator: said.annotator,
    annotated_at: Math.floor(said.at.getTime() / 1000),
    run_id: answer.runId,
    version_id: answer.versionId,
    dataset_version: answer.versionHash,
  };
}

async function insertEntries(
  q: PoolClient,
  set: { id: string; userId: string; from: number },
  entries: GoldenEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await q.query(
    `insert into golden_set_items (golden_set_id, place, user_id, item_id, model_id, entry)
     select $1, $2 + e.place::integer - 1, $3, e.entry ->> 'candidate_id', e.entry ->> 'model_id', e.entry
     from unnest($4::jsonb[]) with ordinality as e (entry, place)`,
    [set.id, set.from, set.userId, entries.map((entry) => JSON.stringify(entry))],
  );
}

/** Newest first. @throws AssayError not_found for the dataset */
export async function listGoldenSets(db: Database, userId: string, datasetId: string): Promise<GoldenSet[]> {
  return db.asUser(userId, async (q) => {
    const dataset = await newestVersion(q, userId, datasetId);
    const { rows } = await q.query<GoldenSetRow>(
      `select ${columns} from golden_sets where dataset_id = $1 and user_id = $2
       order by created_at desc, version desc, golden_set_id limit 1000`,
      [dataset.datasetId, userId],
    );
    return rows.map(goldenSetOf);
  });
}

/** Its entries as JSON lines. The stream fails with not_found before its first byte. */
export function goldenSetItems(db: Database, userId: string, id: string): Readable {
  return Readable.from(entryLines(db, userId, id), { highWaterMark: 1 });
}

async function* entryLines(db: Database, userId: string, id: string): AsyncGenerator<string> {
  await db.asUser(userId, (q) => selectGoldenSet(q, userId, id));
  for (let after = -1; ; ) {
    const { rows } = await db.asUser(userId, (q) =>
      q.query<{ place: number; entry: GoldenEntry }>(
        `select place, entry from golden_set_items where golden_set_id = $1 and place > $2 order by place limit ${pageEntries}`,
        [id, after],
      ),
    );
    if (rows.length > 0) yield rows.map((row) => `${JSON.stringify(row.entry)}\n`).join('');
    if (rows.length < pageEntries) return;
    after = rows.at(-1)!.place;
  }
}

/** @throws AssayError not_found */
export async function removeGoldenSet(db: Database, userId: string, id: string): Promise<void> {
  await db.asUser(userId, async (q) => {
    await selectGoldenSet(q, userId, id);
    await q.query('delete from golden_sets where golden_set_id = $1 and user_id = $2', [id, userId]);
  });
}

async function selectGoldenSet(q: PoolClient, userId: string, id: string): Promise<GoldenSetRow> {
  const { rows } = await q.query<GoldenSetRow>(
    `select ${columns} from golden_sets where golden_set_id = $1 and user_id = $2`,
    [idText(id), userId],
  );
  if (rows[0] !== undefined) return rows[0];
  const list = '/admin/golden-sets?dataset_id=…';
  throw new AssayError('not_found', { kind: 'golden set', id, list }, { param: 'id' });
}

function goldenSetOf(row: GoldenSetRow): GoldenSet {
  const { golden_set_id: id, created_at, ...set } = row;
  return { id, ...set, created_at: Math.floor(created_at.getTime() / 1000) };
}
