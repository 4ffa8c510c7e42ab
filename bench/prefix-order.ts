/**
 * What the order of rows saves on an engine with a paged prefix cache of limited size, simulated: prefix order against file
 * order, shuffled, and grouping by the system message alone, beside the bound H*. `node bench/prefix-order.ts [--rows
 * 100000] [--blocks 2000] [--record]`.
 */

import { parseArgs } from 'node:util';
import { prefixKey } from '../src/prompts/prefix-key.ts';
import { seededRandom, shuffled } from '../test/harness/random.ts';
import { type NestedRow, nestedPrompts, perfectShare } from '../test/prompts/nested-prompts.ts';
import { simulateCache } from '../test/scheduler/simulated-cache.ts';
import { record } from './measure.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    blocks: { type: 'string', default: '2000' },
    flight: { type: 'string', default: '32' },
    record: { type: 'boolean', default: false },
  },
});
const count = Number(values.rows);
const engine = { blocks: Number(values.blocks), inFlight: Number(values.flight) };
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const orders: Record<string, (rows: NestedRow[]) => NestedRow[]> = {
  'file order': (rows) => rows,
  shuffled: (rows) => shuffled(rows, seededRandom(2)),
  'by system message': (rows) => rows.toSorted((a, b) => (a.system < b.system ? -1 : a.system > b.system ? 1 : 0)),
  'prefix order': (rows) =>
    rows
      .map((row) => ({ row, key: prefixKey(row.text) }))
      .sort((a, b) => Buffer.compare(a.key, b.key))
      .map(({ row }) => row),
};

for (const groups of [1, 10, 100, 1000]) {
  const rows = nestedPrompts({ rows: count, groups, seed: 1 });
  const bound = perfectShare(rows);
  const shares = Object.entries(orders).map(([name, order]) => {
    const { prompt, cached } = simulateCache(order(rows), engine);
    return `${name} ${percent(cached / prompt)} (${percent(cached / prompt / bound)} of H*)`;
  });
  const line = `prefix order on a simulated cache of ${engine.blocks} blocks, ${count} rows, ${groups} groups: H* ${percent(bound)}; ${shares.join('; ')}`;
  console.log(line);
  if (values.record) await record(line);
}
