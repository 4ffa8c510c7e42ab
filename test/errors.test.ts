/** The error table: each code documented, placeholders filled, statuses that fit, OpenAI's shape on the wire. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, describe as group, test } from 'vitest';
import { AssayError, describe, type ErrorCode, errorBody, errorTable } from '../src/errors.ts';

const codes = Object.keys(errorTable) as ErrorCode[];
const page = readFileSync(resolve(import.meta.dirname, '../docs/reference/errors.md'), 'utf8');

group('every code', () => {
  test.each(codes)('%s stands in the reference with its status and type', (code) => {
    const { status, type } = errorTable[code];
    expect(page.includes(`| \`${code}\` | ${status} | \`${type}\` |`), 'run: npm run generate').toBe(true);
  });

  test.each(codes)('%s fills all its placeholders', (code) => {
    const names = [...errorTable[code].message.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
    const message = describe(code, Object.fromEntries(names.map((name) => [name, `<${name}>`])));
    for (const name of names) expect(message).toContain(`<${name}>`);
    expect(message).not.toMatch(/(^|[^{])\{\w+\}/);
  });

  test.each(codes)('%s has an HTTP status of a fault', (code) => {
    expect(errorTable[code].status).toBeGreaterThanOrEqual(400);
    expect(errorTable[code].status).toBeLessThan(600);
  });
});

test('a placeholder without a value stays visible, so that a forgotten one is seen', () => {
  expect(describe('not_found', { kind: 'batch' })).toBe('No batch with id {id}. List what there is with GET {list}.');
});

test('braces of a template survive around a column name', () => {
  const message = describe('template_column_missing', { file: 'a.txt', column: 'name', known: 'x, y' });
  expect(message).toContain('{{name}}');
  expect(message).not.toContain('{{{');
});

test('an offending value is cut to 200 characters', () => {
  const message = describe('invalid_parameter', { param: 'limit', problem: 'too long', value: 'x'.repeat(5000) });
  expect(message).toContain(`${'x'.repeat(200)}…`);
  expect(message).not.toContain('x'.repeat(201));
});

test('a value that is no text is shown as JSON', () => {
  expect(describe('invalid_parameter', { param: 'limit', problem: 'no', value: { a: [1] } })).toContain('{"a":[1]}');
});

test('the error carries status, type, place and cause', () => {
  const cause = new Error('below');
  const error = new AssayError('empty_file', {}, { param: 'input_file_id', line: 3, cause });
  expect(error).toMatchObject({ code: 'empty_file', status: 400, type: 'invalid_request_error', line: 3, cause });
  expect(errorBody(error)).toEqual({
    error: { message: error.message, type: 'invalid_request_error', param: 'input_file_id', code: 'empty_file' },
  });
});
