/** assay analyze on output files and on a batch of a real server with a fake remote engine. */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAnswer } from '../../src/cli/analyze-answer.ts';
import type { Summary } from '../../src/cli/analyze-summary.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';
import { command } from './command.ts';

let folder = '';
const analyze = (...args: string[]) => command({ data: join(folder, 'data'), cwd: folder }, ['analyze', ...args]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-analyze-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Made {
  text?: string | null;
  finish?: string;
  usage?: object;
}

const answered = (custom_id: string, { text = 'hi', finish = 'stop', usage = {} }: Made = {}) => ({
  id: 'r',
  custom_id,
  response: {
    status_code: 200,
    request_id: 'q',
    body: { model: 'tiny', choices: [{ message: { role: 'assistant', content: text }, finish_reason: finish }], usage },
  },
  error: null,
});

const usage = (prompt: number, completion: number, cached?: number) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
});

const refused = (custom_id: string, code: string, message: string) => ({
  id: 'r',
  custom_id,
  response: { status_code: 400, request_id: 'q', body: { error: { message, type: 'invalid_request_error', code } } },
  error: null,
});

const hostile = '\u001b]0;owned\u0007\u001b[31m<img src=x onerror=alert(1)>\u202e"\'&';

async function write(name: string, lines: unknown[]): Promise<string> {
  await writeFile(join(folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return name;
}

const verdict = (value: string) => JSON.stringify({ recommendation: value, reasoning: `because of ${value}` });

const run = [
  answered('a', { text: verdict('Yes'), usage: usage(100, 10, 50) }),
  answered('b', { text: `\`\`\`json\n${verdict('No')}\n\`\`\``, usage: usage(200, 30, 150) }),
  answered('c', { text: `Well: ${verdict('yes')}`, usage: usage(300, 20) }),
  answered('d', { text: 'I would say ye', finish: 'length', usage: usage(100, 512, 0) }),
  answered('e', { text: '  ', usage: usage(100, 0, 0) }),
  refused('f', 'context_length_exceeded', 'too long'),
  refused('g', 'context_length_exceeded', 'too long too'),
  { id: 'r', custom_id: 'h', response: null, error: { code: 'batch_expired', message: 'expired' } },
];

describe('an output file', () => {
  it('sums up counts, tokens, errors, answers and decisions', async () => {
    const { code, out } = await analyze(await write('run.jsonl', run), '--json', '-');
    expect(code).toBe(0);
    const summary: Summary = JSON.parse(out);
    expect(summary).toMatchObject({
      kind: 'file',
      model: 'tiny',
      rows: { total: 8, succeeded: 5, failed: 3, pending: 0, success_share: 0.625 },
      tokens: {
        prompt: { count: 5, total: 800, mean: 160, min: 100, max: 300 },
        completion: { total: 572, max: 512 },
        cached: { total: 200, share: 0.4, unknown_rows: 1 },
        reasoning: null,
      },
      time: { run_seconds: null, total_ms: null },
      throughput: null,
      errors: [
        {
          code: 'context_length_exceeded',
          count: 2,
          example: { custom_id: 'f', line: 6, status_code: 400, message: 'too long' },
        },
        {
          code: 'batch_expired',
          count: 1,
          example: { custom_id: 'h', line: 8, status_code: null, message: 'expired' },
        },
      ],
      finish_reasons: [
        { reason: 'stop', count: 4 },
        { reason: 'length', count: 1 },
      ],
      answers: { read: 5, empty: 1, cut_off: 1, parsed: { json: 1, fenced: 1, embedded: 1, none: 1 } },
      decision: {
        field: 'recommendation',
        guessed: true,
        values: [
          { value: 'Yes', count: 2 },
          { value: 'No', count: 1 },
        ],
      },
    });
    expect(summary.longest.map((row) => row.custom_id)).toEqual(['d', 'b', 'c', 'a', 'e']);
  });

  it('writes text, JSON and a page', async () => {
    const args = ['--json', 'a.json', '--html', 'a.html', '--decision-field', 'reasoning'];
    const { code, out, err } = await analyze(await write('run.jsonl', run), ...args);
    expect(code).toBe(0);
    expect(out).toContain('5 succeeded (62.5 %), 3 failed, 8 in all');
    expect(out).toMatch(/^prompt +800 +160 +100/m);
    expect(out).toMatch(/^context_length_exceeded +2 +e\.g\. f \(line 6\): too long$/m);
    expect(out).toContain('Decision    field reasoning\n');
    expect(err).toMatch(/Wrote .*a\.json\nWrote .*a\.html\n/);
    expect(JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8')).decision.field).toBe('reasoning');
    const page = readFileSync(join(folder, 'a.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).not.toMatch(/<(script|link|img|iframe)|src=|href=|url\(|@import/i);
  });

  it('lets nothing in the data act on a terminal or in the page', async () => {
    const lines = [
      answered(hostile, { text: JSON.stringify({ label: hostile }), finish: hostile, usage: usage(1, 1) }),
      answered('x', { text: JSON.stringify({ label: hostile, [hostile]: hostile }) }),
      refused(hostile, hostile, hostile),
    ];
    lines[0]!.response!.body = { ...lines[0]!.response!.body, model: hostile } as never;
    const { code, out } = await analyze(
      await write('hostile.jsonl', lines),
      '--html',
      'h.html',
      '--decision-field',
      'label',
    );
    expect(code).toBe(0);
    expect(out).toContain('<img src=x onerror=alert(1)>');
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    const page = readFileSync(join(folder, 'h.html'), 'utf8');
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
    expect(page).not.toContain('<img');
    expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it('reads BOM, CRLF and a last line without its end', async () => {
    const lines = run.map((line) => JSON.stringify(line)).join('\r\n');
    await writeFile(join(folder, 'crlf.jsonl'), `\ufeff${lines}`);
    expect(JSON.parse((await analyze('crlf.jsonl', '--json', '-')).out).rows.total).toBe(8);
  });

  it.each([
    ['empty.jsonl', '', 'line 1: the file is empty'],
    ['torn.jsonl', `${JSON.stringify(run[0])}\n{"custom_id": "b", "resp`, 'line 2: not valid JSON'],
    ['requests.jsonl', '{"custom_id":"a","method":"POST","body":{}}\n', 'line 1: not a line of a batch output file'],
    ['latin.jsonl', Buffer.from([0x7b, 0xff, 0x0a]), 'not UTF-8'],
  ])('%s: says what is wrong', async (name, content, problem) => {
    await writeFile(join(folder, name), content);
    const { code, out, err } = await analyze(name);
    expect(err).toContain(problem);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  it('says when the target is neither a file nor a batch id', async () => {
    const { code, err } = await analyze('nowhere');
    expect(code).toBe(1);
    expect(err).toContain('nowhere: this is neither a batch id (batch_…) nor a file');
  });

  it('needs no more memory for many rows', async () => {
    const line = (i: number) =>
      JSON.stringify(
        answered(`row-${i}`, { text: verdict(i % 3 ? 'Yes' : 'No') + 'x'.repeat(1000), usage: usage(i % 500, i % 90) }),
      );
    const block = (from: number) => Array.from({ length: 1000 }, (_, i) => `${line(from + i)}\n`).join('');
    const file = join(folder, 'many.jsonl');
    await writeFile(file, '');
    for (let from = 0; from < 120_000; from += 1000) await writeFile(file, block(from), { flag: 'a' });
    const env = { NODE_OPTIONS: '--max-old-space-size=96' };
    const { code, out } = await command({ data: join(folder, 'data'), cwd: folder, env }, [
      'analyze',
      'many.jsonl',
      '--json',
      '-',
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out).rows.succeeded).toBe(120_000);
  }, 120_000);
});

describe('readAnswer', () => {
  it('reads the four endpoints', () => {
    const of = (body: object) => readAnswer({ custom_id: 'a', response: { status_code: 200, body }, error: null });
    expect(of({ choices: [{ text: 't', finish_reason: 'stop' }] })).toMatchObject({ text: 't', finishReason: 'stop' });
    expect(
      of({ choices: [{ message: { content: null, tool_calls: [{}] }, finish_reason: 'tool_calls' }] }),
    ).toMatchObject({
      text: null,
      toolCalls: true,
    });
    expect(
      of({
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output: [{ type: 'message', content: [{ type: 'output_text', text: 'r' }] }],
        usage: {
          input_tokens: 3,
          output_tokens: 4,
          input_tokens_details: { cached_tokens: 1 },
          output_tokens_details: { reasoning_tokens: 2 },
        },
      }),
    ).toMatchObject({
      text: 'r',
      finishReason: 'length',
      promptTokens: 3,
      completionTokens: 4,
      cachedTokens: 1,
      reasoningTokens: 2,
    });
    expect(of({ data: [{ embedding: [1] }], usage: { prompt_tokens: 5 } })).toMatchObject({
      ok: true,
      text: null,
      promptTokens: 5,
    });
  });

  it('is null for what is no output line', () => {
    for (const line of [null, 1, {}, { custom_id: 1, response: {} }, { custom_id: 'a' }])
      expect(readAnswer(line)).toBeNull();
  });
});

describe('a batch of a server', () => {
  let upstream: FakeOpenAi;
  let server: RunningAssay;

  beforeAll(async () => {
    upstream = await startFakeOpenAi(({ marker }) =>
      marker.startsWith('bad') ? { do: 'status', status: 400 } : { do: 'answer', text: verdict(marker), delayMs: 20 },
    );
    const models = join(folder, 'models.yaml');
    await writeFile(models, `- {id: fake, engine: openai, base_url: "${upstream.url}", concurrency: 4}\n`);
    server = await startAssay({ dataFolder: join(folder, 'server'), env: { ASSAY_MODELS: models } });
  }, 180_000);
  afterAll(async () => {
    await server?.remove();
    await upstream?.close();
  });

  it('has times, throughput, attempts, and the messages of its errors', async () => {
    const prompts = [...Array.from({ length: 30 }, (_, i) => (i % 3 ? 'Yes' : 'No')), 'bad'];
    // Each prompt differs in its parameters, so that none is answered from another's result.
    const lines = prompts.map((prompt, i) => JSON.stringify({ id: `r${i}`, prompt, seed: i }));
    await writeFile(join(folder, 'in.jsonl'), `${lines.join('\n')}\n`);
    const place = { data: server.dataFolder, cwd: folder };
    const ran = await command(place, ['run', 'in.jsonl', '-m', 'fake', '--json']);
    const id: string = JSON.parse(ran.out.trimEnd().split('\n').at(-1)!).results[0].batch_id;
    const { code, out, err } = await command(place, ['analyze', id, '--json', '-', '--html', 'batch.html']);
    expect({ code, err }).toMatchObject({ code: 0 });
    const summary: Summary = JSON.parse(out);
    expect(summary).toMatchObject({
      kind: 'batch',
      target: id,
      model: 'fake',
      endpoint: '/v1/chat/completions',
      status: 'completed',
      rows: { total: 31, succeeded: 30, failed: 1, pending: 0 },
      attempts: { total: 31, retried_rows: 0 },
      answers: { read: 30, empty: 0 },
      decision: {
        field: 'recommendation',
        values: [
          { value: 'Yes', count: 20 },
          { value: 'No', count: 10 },
        ],
      },
    });
    expect(summary.errors).toHaveLength(1);
    expect(summary.errors[0]).toMatchObject({ count: 1, example: { custom_id: 'r30', line: 31 } });
    expect(summary.errors[0]!.example.message).toBeTruthy();
    expect(summary.time.total_ms!.min).toBeGreaterThanOrEqual(15);
    expect(summary.time.run_seconds).toBeGreaterThan(0);
    expect(summary.throughput!.rows_per_s).toBeGreaterThan(0);
    expect(summary.slowest).toHaveLength(10);
    expect(readFileSync(join(folder, 'batch.html'), 'utf8')).toContain(id);
    const text = await command(place, ['analyze', id]);
    expect(text.out).toMatch(/^Throughput {2}.* rows\/s/m);
    expect(text.out).toMatch(/^total +\d+ ms/m);
  }, 180_000);

  it('says when there is no such batch', async () => {
    const { code, err } = await command({ data: server.dataFolder, cwd: folder }, [
      'analyze',
      `batch_${'0'.repeat(32)}`,
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: .*No batch with id batch_0+/);
  });
});
