/** Rows of Parquet files: codecs, types, many row groups, large row groups, and files that are wrong. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { parquetColumns } from '../../src/datasets/parquet-rows.ts';
import { faultOf, rowsOf, valuesOf, write } from './files.ts';

// Written by pyarrow 26.0.1, five rows in row groups of two; the same table under each codec.
const fixture = (codec: string): string => fileURLToPath(new URL(`fixtures/pyarrow-${codec}.parquet`, import.meta.url));

const [first, second, third, fourth] = [
  {
    id: 'p0',
    text: 'plain',
    big: 1,
    small: 1,
    share: 0.5,
    flag: true,
    day: '2024-02-29',
    at: '2024-01-02T03:04:05.678Z',
    price: 0.3,
    tags: ['a', 'b'],
    messages: [{ role: 'user', content: 'hi 0' }],
  },
  { text: 'Grüße, 你好 "quoted"\nnext', big: 2 ** 40, share: null, day: null, at: null, tags: [] },
  { text: null, big: -3, flag: null, day: '1969-12-31', price: null, tags: null },
  { text: '', big: '4611686018427387904', price: -1.1 },
];

function writeParquet(name: string, rows: number, rowGroupSize: number): string {
  const data = Array.from({ length: rows }, (_, i) => `${i}:${'x'.repeat(200)}`);
  const buffer = parquetWriteBuffer({ columnData: [{ name: 'text', data, type: 'STRING' }], rowGroupSize });
  return write(name, new Uint8Array(buffer));
}

describe('readParquet', () => {
  it.each(['snappy', 'gzip', 'brotli', 'zstd', 'none'])('%s: reads every type', async (codec) => {
    const rows = await rowsOf(fixture(codec));
    expect(rows.map((row) => row.number)).toEqual([1, 2, 3, 4, 5]);
    expect(rows[0]).toEqual({ number: 1, line: null, values: first });
    expect(rows[1]!.values).toMatchObject(second!);
    expect(rows[2]!.values).toMatchObject(third!);
    expect(rows[3]!.values).toMatchObject(fourth!);
  });

  it('names a codec that it cannot read, and the column', async () => {
    const fault = await faultOf(() => rowsOf(fixture('lz4')));
    expect(fault).toMatchObject({ code: 'input_unreadable' });
    expect(fault.message).toMatch(
      /pyarrow-lz4\.parquet: column id is compressed with LZ4_RAW.*SNAPPY, GZIP, BROTLI, ZSTD/,
    );
  });

  it('reads only the columns that are wanted', async () => {
    const columns = ['id', 'small', 'not there'];
    expect((await valuesOf(fixture('snappy'), { columns }))[4]).toEqual({ id: 'p4', small: 5 });
    expect(await parquetColumns(fixture('snappy'))).toContain('messages');
  });

  it('reads every row once over many groups, and over many slices of one group', async () => {
    for (const [rows, group] of [
      [10_000, 777],
      [200_000, 200_000],
    ] as const) {
      const file = writeParquet(`g${group}.parquet`, rows, group);
      const ids = (await rowsOf(file)).map((row) => Number.parseInt(String(row.values.text), 10));
      expect(ids).toEqual(Array.from({ length: rows }, (_, i) => i));
    }
  });

  it('says what is wrong with a file that is cut off or is not Parquet', async () => {
    const bytes = readFileSync(fixture('snappy'));
    for (const [name, content] of [
      ['cut.parquet', bytes.subarray(0, bytes.length - 100)],
      ['text.parquet', Buffer.from('hello, world, this is no parquet file')],
    ] as const) {
      const fault = await faultOf(() => rowsOf(write(name, content), { format: 'parquet' }));
      expect(fault).toMatchObject({ code: 'input_unreadable' });
      expect(fault.message).toContain(`${name}: not a complete Parquet file`);
    }
  });

  it('says which rows hold broken data', async () => {
    const bytes = Buffer.from(readFileSync(fixture('none')));
    bytes[bytes.indexOf('plain')] = 0xff;
    const fault = await faultOf(() => rowsOf(write('broken.parquet', bytes)));
    expect(fault.message).toContain('rows 1 to 2 cannot be read: a text value is not UTF-8');
  });
});
