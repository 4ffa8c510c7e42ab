/** Rows of JSONL files: line ends, BOM, and lines that are wrong. */

import { describe, expect, it } from 'vitest';
import { faultOf, rowsOf, valuesOf, write } from './files.ts';

describe('readJsonl', () => {
  it('reads BOM, CRLF, blank lines and a last line without its end, and counts lines', async () => {
    const file = write('mixed.jsonl', '\ufeff{"a":1}\r\n\r\n{"a":2}\n\n{"a":"π"}');
    expect(await rowsOf(file)).toEqual([
      { number: 1, line: 1, values: { a: 1 } },
      { number: 2, line: 3, values: { a: 2 } },
      { number: 3, line: 5, values: { a: 'π' } },
    ]);
  });

  it('reads lines longer than a piece of the stream', async () => {
    const text = 'ü'.repeat(400_000);
    const file = write('long.jsonl', `{"a":"${text}"}\n{"a":"b"}\n`);
    expect(await valuesOf(file, { maxLineBytes: 1e6 })).toEqual([{ a: text }, { a: 'b' }]);
  });

  it.each([
    ['{"a": 1}\n{"a": }\n', 2, 'not valid JSON'],
    ['{"a": 1}\n\n"text"\n', 3, 'holds a string, not a JSON object'],
    ['null\n', 1, 'holds null, not a JSON object'],
    ['[{"a": 1}]\n', 1, 'this is a JSON array; write one JSON object on each line'],
    ['[\n  {"a": 1}\n]\n', 1, 'this is a JSON array'],
    [`{"a":1}\n{"a":"${'x'.repeat(200)}"}\n`, 2, '208 bytes long; at most 100 are taken'],
  ])('%j: fault on line %d', async (content, line, problem) => {
    const fault = await faultOf(() => rowsOf(write('bad.jsonl', content), { maxLineBytes: 100 }));
    expect(fault).toMatchObject({ code: 'input_invalid', line });
    expect(fault.message).toContain(`bad.jsonl, line ${line}: `);
    expect(fault.message).toContain(problem);
  });

  it('names the line and byte that are not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Buffer.from([0xe4]), Buffer.from('"}\n')]);
    const fault = await faultOf(() => rowsOf(write('latin.jsonl', bytes)));
    expect(fault).toMatchObject({ code: 'input_invalid', line: 2 });
    expect(fault.message).toContain('not UTF-8, first at byte 7');
  });
});
