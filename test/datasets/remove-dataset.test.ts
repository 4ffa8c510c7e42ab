/** Deleting a dataset: what hangs on it is named and goes with it; one whose run is running stays. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultOf } from './files.ts';
import { type DatasetBench, jsonl, openBench } from './room.ts';

let bench: DatasetBench;
beforeAll(async () => {
  bench = await openBench('remove');
});
afterAll(() => bench.end());

/** A dataset with two runs (the first by the batch `status`), three answers, an annotation and a golden set. */
async function used(mark: string, status: string) {
  const dataset = await bench.put(
    `${mark}.jsonl`,
    jsonl([
      { custom_id: 'a', mark },
      { custom_id: 'b', mark },
    ]),
  );
  const { id, version_id } = dataset;
  await bench.db.asUser('local', async (q) => {
    await q.query(
      `insert into batches (batch_id, user_id, endpoint, input_file_id, completion_window, status, output_file_id,
         error_file_id, created_at, expires_at)
       values ($1, 'local', '/v1/chat/completions', 'file-1', '24h', $2, $3, $4, now(), now())`,
      [`batch_${mark}`, status, `file-o${mark}`, `file-e${mark}`],
    );
    for (const [run, batch] of [
      [`bm_${mark}_1`, `batch_${mark}`],
      [`bm_${mark}_2`, null],
    ]) {
      await q.query(
        `insert into runs (run_id, user_id, dataset_id, version_id, model_id, source, batch_id, total)
         values ($1, 'local', $2, $3, 'model-x', $4, $5, 2)`,
        [run, id, version_id, batch === null ? 'import' : 'batch', batch],
      );
    }
    for (const [run, ordinal] of [
      [1, 0],
      [1, 1],
      [2, 0],
    ]) {
      await q.query(
        `insert into answers (run_id, ordinal, user_id, version_id, model_id, seq, ok, parse)
         values ($1, $2, 'local', $3, 'model-x', 1, true, 'none')`,
        [`bm_${mark}_${run}`, ordinal, version_id],
      );
    }
    await q.query(`insert into item_states (version_id, ordinal, user_id, decisions) values ($1, 0, 'local', '{}')`, [
      version_id,
    ]);
    await q.query(
      `insert into annotations (dataset_id, item_id, model_id, user_id, seq, kind, annotator)
       values ($1, 'a', 'model-x', 'local', 1, 'golden', 'local')`,
      [id],
    );
    await q.query(
      `insert into golden_sets (golden_set_id, user_id, dataset_id, name, version, origin, items)
       values ($1, 'local', $2, 'gold', 1, '{}', 1)`,
      [`gs_${mark}`, id],
    );
    await q.query(
      `insert into golden_set_items (golden_set_id, place, user_id, item_id, entry) values ($1, 0, 'local', 'a', '{}')`,
      [`gs_${mark}`],
    );
  });
  return dataset;
}

const tables =
  'datasets dataset_versions items runs answers item_states annotations golden_sets golden_set_items'.split(' ');
const counts = async () => {
  const entries = tables.map(async (table) => [
    table,
    Number((await bench.query(`select count(*) from ${table}`))[0]!.count),
  ]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, number>;
};

it('names what hangs on a dataset, and takes it all with it, and nothing else', async () => {
  await used('kept', 'completed');
  const before = await counts();
  const { id } = await used('gone', 'completed');
  const use = { runs: 2, answers: 3, annotations: 1, golden_sets: 1 };
  expect(await bench.room.use('local', id)).toEqual(use);
  expect(await bench.room.remove('local', id)).toEqual(use);
  expect(await counts()).toEqual(before);
  expect((await faultOf(() => bench.room.get('local', id))).code).toBe('not_found');
  expect((await faultOf(() => bench.room.remove('local', id))).code).toBe('not_found');
  // The batch is the batch room's.
  expect(await bench.query(`select 1 from batches where batch_id = 'batch_gone'`)).toHaveLength(1);
  // The content is unknown again.
  expect((await used('anew', 'failed')).duplicate_of).toBeNull();
});

it.each(['validating', 'in_progress', 'finalizing', 'cancelling'])('stays while a run is %s', async (status) => {
  const { id } = await used(status, status);
  const before = await counts();
  expect(await faultOf(() => bench.room.remove('local', id))).toMatchObject({
    code: 'conflict',
    status: 409,
    message: `Dataset ${id} cannot be deleted: its run bm_${status}_1 of model model-x is ${status}. Cancel it with POST /admin/benchmarks/bm_${status}_1/cancel, or wait until it has ended, then delete again.`,
  });
  expect(await counts()).toEqual(before);
  await bench.query(`update batches set status = 'cancelled' where batch_id = $1`, [`batch_${status}`]);
  await bench.room.remove('local', id);
});

it('an unused dataset takes nothing with it', async () => {
  const { id } = await bench.put('plain.jsonl', jsonl([{ prompt: 'plain' }]));
  expect(await bench.room.remove('local', id)).toEqual({ runs: 0, answers: 0, annotations: 0, golden_sets: 0 });
});
