/** Puts items into the table items, a block at a time, while the next ones are still being read. */

import type { PoolClient } from 'pg';
import { copyText, openCopy } from './copy-rows.ts';
import type { Labels } from './derive-item.ts';

/** Characters that end a block before it has all its rows. */
const blockChars = 1024 * 1024;

/** Words of items that wait to be sorted into their index. */
const heldWords = '64MB';

/** An item on its way in; `input` as JSON text, `words` the text it is found by. */
export interface NewItem extends Labels {
  ordinal: number;
  itemId: string;
  input: string;
  words: string;
}

export interface ItemSink {
  /** Takes an item; waits when the database is behind. */
  write(item: NewItem): Promise<void> | undefined;
  /** Resolves when all items are in. */
  end(): Promise<void>;
  /** Resolves when nothing runs any more, whatever came of it: before a rollback. */
  settle(): Promise<void>;
}

/** Ids of a block in which one is used twice, or that holds one used before; they are in no table then. */
export class RepeatedIds extends Error {
  readonly ids: Set<string>;
  constructor(ids: Set<string>) {
    super('an item id occurs twice');
    this.ids = ids;
  }
}

/**
 * Row level security keeps COPY out of the table itself, so each block goes through a temporary one.
 * `write` and `end` throw RepeatedIds, and what the database says.
 */
export async function openItemSink(
  q: PoolClient,
  version: { versionId: string; userId: string; blockRows: number },
): Promise<ItemSink> {
  await q.query(
    'create temp table item_staging (ordinal integer, item_id text, name text, category text, truth text, input text, words text) on commit drop',
  );
  // Words too long for the index are left out of it; a notice for each would only cost.
  await q.query('set local client_min_messages = warning');
  // Sorted in seldom and many at once, words cost a third less on 200,000 items, and ever less on more.
  await q.query(`set local gin_pending_list_limit = '${heldWords}'`);
  let held: NewItem[] = [];
  let heldChars = 0;
  let putting: Promise<void> = Promise.resolve();

  const turn = async () => {
    const block = held;
    held = [];
    heldChars = 0;
    await putting;
    putting = putBlock(q, version, block);
    // Told when the next block is handed over, or at the end.
    putting.catch(() => undefined);
  };
  return {
    write(item) {
      held.push(item);
      heldChars += item.input.length + item.words.length;
      return held.length >= version.blockRows || heldChars >= blockChars ? turn() : undefined;
    },
    async end() {
      if (held.length > 0) await turn();
      await putting;
    },
    settle: () => putting.catch(() => undefined),
  };
}

async function putBlock(
  q: PoolClient,
  version: { versionId: string; userId: string },
  block: NewItem[],
): Promise<void> {
  const copy = openCopy(q, 'copy item_staging from stdin');
  for (const item of block) await copy.write(copyRow(item));
  await copy.end();
  try {
    await q.query(
      `insert into items (version_id, ordinal, user_id, item_id, name, category, truth, input, words)
       select $1, ordinal, $2, item_id, name, category, truth, input::json, to_tsvector('simple', words) from item_staging`,
      [version.versionId, version.userId],
    );
  } catch (error) {
    const { code, constraint } = error as { code?: string; constraint?: string };
    if (code === '23505' && constraint === 'items_by_id')
      throw new RepeatedIds(new Set(block.map((item) => item.itemId)));
    throw error;
  }
  await q.query('truncate item_staging');
}

function copyRow({ ordinal, itemId, name, category, truth, input, words }: NewItem): string {
  const texts = [itemId, name, category, truth, input, words];
  return `${ordinal}\t${texts.map((text) => (text === null ? '\\N' : copyText(text))).join('\t')}\n`;
}
