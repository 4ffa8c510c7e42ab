/** Which format a file has, and the faults that any file may have. */

import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../src/datasets/read-rows.ts';
import { faultOf, pathOf, rowsOf, valuesOf, write } from './files.ts';

describe('detectFormat', () => {
  it.each([
    ['a.jsonl', 'x', 'jsonl'],
    ['a.ndjson', 'x', 'jsonl'],
    ['a.CSV', 'x', 'csv'],
    ['a.tsv', 'x', 'csv'],
    ['a.txt', '\ufeff {"a": 1}', 'jsonl'],
    ['b.txt', 'a,b\n1,2', 'csv'],
    ['c.csv', 'PAR1....', 'parquet'],
  ])('%s', async (name, content, format) => {
    expect(await detectFormat(write(name, content))).toBe(format);
  });
});

describe('faults of any file', () => {
  it('names a file that is not there, and a folder', async () => {
    const missing = await faultOf(() => rowsOf(pathOf('nowhere.csv')));
    expect(missing).toMatchObject({ code: 'input_unreadable' });
    expect(missing.message).toContain('nowhere.csv: there is no such file');
    expect((await faultOf(() => rowsOf(pathOf('.')))).message).toContain('this is not a file');
  });

  it.each(['empty.jsonl', 'empty.csv', 'empty.unknown'])('%s: says that it is empty', async (name) => {
    const fault = await faultOf(() => rowsOf(write(name, '')));
    expect(fault).toMatchObject({ code: 'input_invalid', line: 1 });
    expect(fault.message).toContain(`${name}, line 1: the file is empty`);
  });

  it.each([
    ['blank.jsonl', '\n\n \n'],
    ['header.csv', 'a,b\n'],
    ['blank.csv', '\n\n'],
  ])('%s: says that there is no row', async (name, content) => {
    expect((await faultOf(() => rowsOf(write(name, content)))).message).toMatch(/no row|not a single row/);
  });

  it('asks for UTF-8 instead of UTF-16', async () => {
    const utf16 = Buffer.from('\ufeffa,b\r\n1,2\r\n', 'utf16le');
    const fault = await faultOf(() => rowsOf(write('wide.csv', utf16)));
    expect(fault.message).toContain('the file is UTF-16; save it as UTF-8');
  });

  it('a format that is given goes over the name', async () => {
    expect(await valuesOf(write('data.csv', '{"a": 1}'), { format: 'jsonl' })).toEqual([{ a: 1 }]);
  });

  it('keeps its progress up to date and ends with all', async () => {
    const progress = { share: 0 };
    await rowsOf(write('p.jsonl', '{"a":1}\n{"a":2}\n'), { progress });
    expect(progress.share).toBe(1);
  });
});
