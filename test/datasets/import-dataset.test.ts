/** Imports: every form of a line, the three formats, ids, columns, categories, and errors that leave nothing behind. */

import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultOf } from './files.ts';
import { type DatasetBench, jsonl, openBench } from './room.ts';

let bench: DatasetBench;
beforeAll(async () => {
  bench = await openBench('import');
});
afterAll(() => bench.end());

const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const itemsOf = async (rows: unknown[]) => bench.items((await bench.put('rows.jsonl', jsonl(rows))).version_id);
const tables = ['datasets', 'dataset_versions', 'items'];
const rowCounts = async () =>
  Promise.all(tables.map(async (table) => (await bench.query(`select count(*) from ${table}`))[0]));

describe('lines of JSON', () => {
  it('batch lines', async () => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], metadata: { category: 'greeting' } };
    const row = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body };
    expect(await itemsOf([row])).toEqual([
      { ordinal: 0, item_id: 'a', name: 'a', category: 'greeting', truth: null, input: row },
    ]);
  });

  it('messages, prompts, completions, any object', async () => {
    const rows = [
      { messages: [{ role: 'user', content: 'Hi' }] },
      { prompt: 'What is 1 + 1?', completion: '2' },
      { id: 7, question: 'Why?', answer: 42, type: 'deep' },
      { name: 'Natalie P', title: 'Engineer', company: 'Meta', metadata: { category: 'c' } },
    ];
    const names = ['Hi', 'What is 1 + 1?', '7', 'Natalie P (Engineer at Meta)'];
    for (const [i, row] of rows.entries()) {
      const [item] = await itemsOf([row]);
      expect(item).toEqual({
        ordinal: 0,
        item_id: i === 2 ? '7' : 'row-1',
        name: names[i],
        category: [null, null, 'deep', 'c'][i],
        truth: [null, '2', '42', null][i],
        input: row,
      });
    }
  });

  it('keeps what is odd as it is: halves of surrogate pairs become U+FFFD, escapes stay', async () => {
    const text =
      '{"custom_id":"odd","prompt":"\\ud83d half, \\\\ud83d written, \\ud83d\\ude00 whole, \\\\u0000 written"}\n';
    const [item] = await bench.items((await bench.put('odd.jsonl', text)).version_id);
    expect(item!.input.prompt).toBe('\ufffd half, \\ud83d written, 😀 whole, \\u0000 written');
  });

  it('finds words of name, id and prompt', async () => {
    const { version_id } = await bench.put(
      'words.jsonl',
      jsonl([{ custom_id: 'cand-9', name: 'Zoë', prompt: `Judge the violinist ${'x'.repeat(30_000)} unfindable` }]),
    );
    const found = (words: string) =>
      bench.query(`select ordinal from items where version_id = $1 and words @@ plainto_tsquery('simple', $2)`, [
        version_id,
        words,
      ]);
    for (const words of ['Zoë', 'cand-9', 'VIOLINIST']) expect(await found(words)).toHaveLength(1);
    expect(await found('unfindable')).toEqual([]);
  });
});

describe('tables', () => {
  it('CSV: the candidates of the examples', async () => {
    const dataset = await bench.putFile(example('candidates.csv'));
    expect(dataset).toMatchObject({
      id: expect.stringMatching(/^ds_[0-9a-f]{24}$/),
      version_id: expect.stringMatching(/^dv_[0-9a-f]{24}$/),
      version: expect.stringMatching(/^[0-9a-f]{64}$/),
      name: 'candidates',
      filename: 'candidates.csv',
      format: 'csv',
      count: 200,
      versions: 1,
      with_truth: 0,
      duplicate_of: null,
      read_at: { name_path: null, category_path: 'category', truth_path: null },
    });
    expect(dataset.categories).toHaveLength(5);
    expect(dataset.categories.reduce((sum, each) => sum + each.count, 0)).toBe(200);
    expect(dataset.columns.map(({ path }) => path)).toEqual(
      'id name current_role current_company location years_experience education skills history notes category'.split(
        ' ',
      ),
    );
    expect(dataset.columns.find(({ path }) => path === 'category')!.values).toHaveLength(5);
    const [item] = await bench.items(dataset.version_id);
    expect(item).toMatchObject({
      item_id: 'cand-001',
      name: 'Amara Jarvela (Deputy Principal at Ferrous Lane Academy)',
      category: 'strong',
      input: { location: 'Casablanca', years_experience: '10' },
    });
  });

  it('Parquet', async () => {
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: 'id', data: [11, 12, 13], type: 'INT32' },
        { name: 'name', data: ['Åsa', '王小明', null], type: 'STRING' },
        { name: 'label', data: ['yes', 'no', 'yes'], type: 'STRING' },
      ],
    });
    const dataset = await bench.put('people.parquet', new Uint8Array(buffer));
    expect(dataset).toMatchObject({ format: 'parquet', count: 3, with_truth: 3, categories: [] });
    const items = await bench.items(dataset.version_id);
    expect(items.map(({ item_id, name, truth }) => [item_id, name, truth])).toEqual([
      ['11', 'Åsa', 'yes'],
      ['12', '王小明', 'no'],
      ['13', '13', 'yes'],
    ]);
  });

  it('a name is taken, cleaned, in place of that of the file', async () => {
    const row = jsonl([{ prompt: 'named' }]);
    expect((await bench.put('a.jsonl', row, { name: ' My\nset\u202e ' })).name).toBe('My set');
    expect((await bench.put('.jsonl', `${row}\n`)).name).toBe('.jsonl');
  });
});

describe('ids', () => {
  it('a field id whose values repeat gives none: rows are numbered', async () => {
    const items = await itemsOf([
      { id: 'doc', n: 1 },
      { id: 'other', n: 2 },
      { id: 'doc', n: 3 },
    ]);
    expect(items.map(({ item_id }) => item_id)).toEqual(['row-1', 'row-2', 'row-3']);
  });

  it('rows without an id are numbered beside the others', async () => {
    const items = await itemsOf([
      { custom_id: 'a' },
      { custom_id: ' ', n: 2 },
      { id: 'x'.repeat(513) },
      { custom_id: 4 },
    ]);
    expect(items.map(({ item_id }) => item_id)).toEqual(['a', 'row-2', 'row-3', '4']);
  });

  it('a custom_id used twice is told with both lines, also far apart', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => ({ custom_id: `c${i}` }));
    rows[450] = { custom_id: 'c3' };
    rows[451] = { custom_id: 'c2' };
    const text = `\n${jsonl(rows)}`;
    const fault = await faultOf(() => bench.put('twice.jsonl', text));
    expect(fault).toMatchObject({ code: 'input_invalid', line: 452 });
    expect(fault.message).toBe(
      'twice.jsonl, line 452: the custom_id "c3" was already used on line 5; each item needs its own.',
    );
    const numbered = await faultOf(() => bench.put('taken.jsonl', jsonl([{ n: 1 }, { custom_id: 'row-1' }])));
    expect(numbered.message).toContain('line 2: the custom_id "row-1" was already used on line 1');
  });
});

it('a guess that the first rows gave and all rows refute is put right', async () => {
  const few = Array.from({ length: 1000 }, () => ({ prompt: 'p', answer: 'early' }));
  const most = Array.from({ length: 1500 }, () => ({ prompt: 'p', label: 'late', topic: 't' }));
  const dataset = await bench.put('turn.jsonl', jsonl([...few, ...most]));
  expect(dataset).toMatchObject({ with_truth: 1500, read_at: { truth_path: 'label', category_path: 'topic' } });
  expect(dataset.categories).toEqual([
    { category: 't', count: 1500 },
    { category: null, count: 1000 },
  ]);
});

describe('what is wrong is told with its place, and nothing stays', () => {
  const deep = `{"prompt":${'['.repeat(300)}${']'.repeat(300)}}\n`;
  const good = jsonl(Array.from({ length: 350 }, (_, i) => ({ custom_id: `g${i}` })));
  it.each([
    ['nothing', ['empty.jsonl', ''], 'empty.jsonl, line 1: the file is empty'],
    ['a header alone', ['head.csv', 'a,b\n'], 'there is a header at most'],
    ['broken JSON', ['broken.jsonl', `${good}{"a":\n`], 'broken.jsonl, line 351: not valid JSON'],
    ['an array', ['list.json', '[{"a":1}]'], 'list.json, line 1: this is a JSON array'],
    ['a value too many', ['wide.csv', 'a,b\n1,2\n1,2,3\n'], 'wide.csv, line 3: 3 values, but the header has 2 columns'],
    ['a quote', ['quote.csv', 'a,b\n1,"2\n3'], 'quote.csv, line 2: column b: a quote opened'],
    ['a line too long', ['long.jsonl', `{"a":"${'x'.repeat(200_000)}"}\n`], 'long.jsonl, line 1: '],
    ['U+0000', ['nul.jsonl', `${good}{"prompt":"a\\u0000b"}\n`], 'nul.jsonl, line 351: holds the character U+0000'],
    ['nested', ['deep.jsonl', deep], 'deep.jsonl, line 1: lists and objects stand more than 200 deep'],
    [
      'a long id',
      ['id.jsonl', jsonl([{ custom_id: 'x'.repeat(513) }])],
      'id.jsonl, line 1: the custom_id is 513 characters',
    ],
    ['Excel', ['book.xlsx', 'PK\u0003\u0004rest'], 'book.xlsx: this is an Excel workbook'],
    ['gzip', ['rows.jsonl.gz', Buffer.from([0x1f, 0x8b, 8, 0])], 'rows.jsonl.gz: this is compressed with gzip'],
    ['no Parquet', ['cut.parquet', 'PAR1 and no more'], 'cut.parquet: not a complete Parquet file'],
  ] as [string, [string, string | Uint8Array], string][])('%s', async (_, [name, content], message) => {
    const before = await rowCounts();
    const fault = await faultOf(() => bench.put(name, content));
    expect(fault.message).toContain(message);
    expect(fault.status).toBe(400);
    expect(await rowCounts()).toEqual(before);
  });

  it('too many items', async () => {
    const small = await openBench('import_small', { maxItems: 250 });
    try {
      const fault = await faultOf(() => small.put('many.jsonl', good));
      expect(fault.message).toBe(
        'many.jsonl: there are more than 250 items; split the file, or raise ASSAY_DATASET_MAX_ITEMS.',
      );
      expect(await small.query('select 1 from datasets')).toEqual([]);
      const lines = good.split('\n').slice(0, 250).join('\n');
      expect((await small.put('enough.jsonl', lines)).count).toBe(250);
    } finally {
      await small.end();
    }
  });
});
