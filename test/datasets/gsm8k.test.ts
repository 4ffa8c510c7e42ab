/** Real data: the 1,319 questions of GSM8K, read as they were published. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { openBench } from './room.ts';

const folder = process.env.ASSAY_TEST_DATA ?? resolve(import.meta.dirname, '../../../shared/data');
const file = resolve(folder, 'gsm8k/example_model_solutions.jsonl');

it.skipIf(!existsSync(file))(
  `GSM8K's questions and their solutions (${existsSync(file) ? 'there' : `no ${file}`})`,
  async () => {
    const bench = await openBench('gsm8k');
    try {
      const dataset = await bench.putFile(file);
      expect(dataset).toMatchObject({
        count: 1319,
        with_truth: 1319,
        categories: [],
        read_at: { truth_path: 'ground_truth', category_path: null },
      });
      const items = await bench.items(dataset.version_id);
      expect(items[0]).toMatchObject({ item_id: 'row-1', truth: expect.stringMatching(/\nA: 18$/) });
      expect(items[0]!.name).toMatch(/^Janet\u2019s ducks lay 16 eggs per day\./);
      expect(items.every(({ truth }) => /A: -?[\d.,]+$/.test(truth!))).toBe(true);
      expect(items[1318]!.item_id).toBe('row-1319');
    } finally {
      await bench.end();
    }
  },
);
