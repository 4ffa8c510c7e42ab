/** The lines of output and error files, in OpenAI's batch output format. */

import { expect, test } from 'vitest';
import { z } from 'zod';
import type { EngineAnswer } from '../../src/contracts/engine.ts';
import { AssayError } from '../../src/errors.ts';
import { answeredRow, failedRow } from '../../src/scheduler/output-line.ts';
import { lease, workRow } from './work-row.ts';

/** BatchRequestOutput of OpenAI's API description; nothing else may stand in a line. */
const outputLine = z.strictObject({
  id: z.string().regex(/^batch_req_[0-9a-f]{32}$/),
  custom_id: z.string(),
  response: z
    .strictObject({ status_code: z.int(), request_id: z.string(), body: z.record(z.string(), z.unknown()) })
    .nullable(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
});

const answer = (more: Partial<EngineAnswer> = {}): EngineAnswer => ({
  status: 200,
  requestId: 'req "1"',
  body: { id: 'x', choices: [{ message: { content: 'line\nend "quoted" 😀\u2028\0' } }] },
  usage: { prompt: 11, completion: 7, cached: null, reasoning: 0 },
  firstTokenMs: 12.6,
  totalMs: 99.4,
  ...more,
});

const row = workRow(5, {
  customId: 'odd "id"\n😀',
  chunk: lease({ chunkId: 'c9', epoch: 4 }),
  attempts: 2,
  promptChars: 33,
});

test('an answered row: one line with the whole answer, and its cost', () => {
  const landed = answeredRow(row, answer(), { sentAt: 1250, trim: null });
  expect(landed).toMatchObject({
    line: 5,
    chunkId: 'c9',
    epoch: 4,
    customId: row.customId,
    promptChars: 33,
    ok: true,
    statusCode: 200,
    errorCode: null,
    promptTokens: 11,
    completionTokens: 7,
    cachedTokens: null,
    reasoningTokens: 0,
    queueMs: 250,
    firstTokenMs: 13,
    totalMs: 99,
    attempts: 3,
  });
  expect(landed.output).not.toContain('\n');
  const parsed = outputLine.parse(JSON.parse(landed.output));
  expect(parsed).toMatchObject({
    custom_id: row.customId,
    error: null,
    response: { status_code: 200, request_id: 'req "1"', body: answer().body },
  });
  expect(answeredRow(row, answer({ firstTokenMs: null }), { sentAt: 1250, trim: null }).firstTokenMs).toBeNull();
});

test("a final 4xx goes to the error file with its body; its code is the engine's, else its type, else the status", () => {
  const refused = (error: unknown, status = 400) =>
    answeredRow(row, answer({ status, body: { error } }), { sentAt: 1000, trim: null });
  const landed = refused({ message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' });
  expect(landed).toMatchObject({ ok: false, statusCode: 400, errorCode: 'context_length_exceeded' });
  expect(outputLine.parse(JSON.parse(landed.output))).toMatchObject({
    error: null,
    response: { status_code: 400, body: { error: { message: 'too long' } } },
  });
  expect(refused({ type: 'invalid_request_error', code: null }).errorCode).toBe('invalid_request_error');
  expect(refused({ message: 'no' }, 404).errorCode).toBe('http_404');
  expect(refused({ code: 422 }).errorCode).toBe('422');
  expect(answeredRow(row, answer({ status: 403, body: {} }), { sentAt: 1000, trim: null }).errorCode).toBe('http_403');
});

test('a row that failed for good: with its last status a response, without one an error', () => {
  const error = new AssayError('engine_error', { status: 500, attempts: 5, problem: 'out of "memory"\n' });
  const answered = failedRow(row, error, { status: 500, sentAt: 1100 });
  expect(answered).toMatchObject({
    ok: false,
    statusCode: 500,
    errorCode: 'engine_error',
    attempts: 2,
    queueMs: 100,
    promptTokens: null,
  });
  expect(outputLine.parse(JSON.parse(answered.output))).toMatchObject({
    custom_id: row.customId,
    error: null,
    response: {
      status_code: 500,
      body: { error: { code: 'engine_error', type: 'server_error', message: error.message, param: null } },
    },
  });
  const silent = failedRow(row, new AssayError('request_timeout', { value: 5, attempts: 5 }), {
    status: null,
    sentAt: 1100,
  });
  expect(silent).toMatchObject({ ok: false, statusCode: null, errorCode: 'request_timeout' });
  expect(outputLine.parse(JSON.parse(silent.output))).toMatchObject({
    response: null,
    error: { code: 'request_timeout', message: expect.stringContaining('5 times') },
  });
  expect(silent.output).not.toContain('\n');
});
