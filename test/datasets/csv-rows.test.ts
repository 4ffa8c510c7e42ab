/** Rows of CSV files: delimiters, quotes, line ends, and records that are wrong. */

import { describe, expect, it } from 'vitest';
import { findDelimiter } from '../../src/datasets/csv-rows.ts';
import { faultOf, rowsOf, valuesOf, write } from './files.ts';

describe('readCsv', () => {
  it('reads BOM, CRLF, quoted line breaks and a last line without its end, and counts lines', async () => {
    const file = write('mixed.csv', '\ufeffname,note\r\nA,"one\r\ntwo, ""three"""\r\n\r\nB,\r\nΓ,x');
    expect(await rowsOf(file)).toEqual([
      { number: 1, line: 2, values: { name: 'A', note: 'one\r\ntwo, "three"' } },
      { number: 2, line: 5, values: { name: 'B', note: '' } },
      { number: 3, line: 6, values: { name: 'Γ', note: 'x' } },
    ]);
  });

  it.each([
    ['a,b\n', ','],
    ['a;b;c,d\n', ';'],
    ['a\tb\n1,2,3,4\n', '\t'],
    ['"a,b,c";d\n', ';'],
    ['\n\na;b\n', ';'],
    ['alone\n', ','],
  ])('%j: finds the delimiter', (head, delimiter) => {
    expect(findDelimiter(head)).toBe(delimiter);
  });

  it('takes a delimiter that is given, and names columns without a name', async () => {
    const file = write('semicolon.csv', ' a ;,,,;\n1;2;3\n');
    expect(await valuesOf(file, { delimiter: ';' })).toEqual([{ a: '1', ',,,': '2', column_3: '3' }]);
  });

  it('keeps values that look like properties of objects', async () => {
    const [row] = await rowsOf(write('proto.csv', '__proto__,constructor\nx,y\n'));
    expect(Object.entries(row!.values)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it.each([
    ['a,b\n1,2\n3\n', 3, '1 values, but the header has 2 columns (nothing for b)'],
    ['a,b\n"x\ny",2\n3,4,5\n', 4, 'nothing in the header for value 3, "5"'],
    ['a,b\n1,"two\n3,4\n', 2, 'column b: a quote opened in this record is never closed'],
    ['a,b\n1,2\n"x" y,2\n', 3, 'column a: text follows a closing quote'],
    ['a,b\n1,6" pipe\n', 2, 'column b: a quote inside a value that is not quoted'],
    ['a,b,a\n1,2,3\n', 1, 'the column a occurs twice'],
    [`a,b\n1,"${'x'.repeat(300)}\n`, 2, 'column b: the record is longer than 200 bytes; a quote may be unterminated'],
  ])('%j: fault on line %d', async (content, line, problem) => {
    const fault = await faultOf(() => rowsOf(write('bad.csv', content), { maxLineBytes: 200 }));
    expect(fault).toMatchObject({ code: 'input_invalid', line });
    expect(fault.message).toContain(`bad.csv, line ${line}: `);
    expect(fault.message).toContain(problem);
  });

  it('names the line and byte that are not UTF-8, far into the file', async () => {
    const head = `a,b\n${'ä,"ö\nü"\n'.repeat(50_000)}`;
    const bytes = Buffer.concat([Buffer.from(`${head}x,ab`), Buffer.from([0xff]), Buffer.from('\n')]);
    const fault = await faultOf(() => rowsOf(write('latin.csv', bytes)));
    expect(fault).toMatchObject({ code: 'input_invalid', line: 100_002 });
    expect(fault.message).toContain('byte 5 of the line is not UTF-8');
  });

  it('names a character that the end of the file cuts off', async () => {
    const bytes = Buffer.concat([Buffer.from('a\nb'), Buffer.from('好').subarray(0, 2)]);
    expect((await faultOf(() => rowsOf(write('cut.csv', bytes)))).message).toContain('line 2: byte 2 of the line');
  });
});
