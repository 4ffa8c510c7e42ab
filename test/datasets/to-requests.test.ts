/** Rows as OpenAI batch lines: every kind of row, names, parameters, endpoints, and rows that cannot be one. */

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { newTally, type RequestOptions, requestLines } from '../../src/datasets/to-requests.ts';
import { parseTemplate } from '../../src/prompts/template.ts';
import { faultOf, write } from './files.ts';

type Line = { custom_id: string; method: string; url: string; body: Record<string, unknown> };

async function linesOf(file: string, options: Partial<RequestOptions> = {}): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of requestLines({ file, model: 'm', maxLineBytes: 100_000, ...options })) {
    expect(line).not.toContain('\n');
    lines.push(JSON.parse(line));
  }
  return lines;
}

const jsonl = (...rows: unknown[]): string => write('in.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
const user = (content: unknown) => [{ role: 'user', content }];

describe('plain lines', () => {
  it('turns prompts and messages into chat requests', async () => {
    const messages = [{ role: 'system', content: 's' }, ...user([{ type: 'text', text: 'hi' }])];
    const file = jsonl({ prompt: 'p' }, { messages }, { prompt: 'q', system: 'be brief' });
    expect(await linesOf(file)).toEqual([
      {
        custom_id: 'row-000001',
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model: 'm', messages: user('p') },
      },
      { custom_id: 'row-000002', method: 'POST', url: '/v1/chat/completions', body: { model: 'm', messages } },
      {
        custom_id: 'row-000003',
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model: 'm', messages: [{ role: 'system', content: 'be brief' }, ...user('q')] },
      },
    ]);
  });

  it("lets a line's own fields go over the parameters, and sends no data", async () => {
    const file = jsonl(
      { prompt: 'p', temperature: 0.5, category: 'x', expected: 'y', model: 'other', reasoning: 'z', text: 't' },
      { prompt: 'q' },
    );
    const bodies = (await linesOf(file, { params: { temperature: 0, max_tokens: 9 } })).map((line) => line.body);
    expect(bodies).toEqual([
      { model: 'm', messages: user('p'), temperature: 0.5, max_tokens: 9 },
      { model: 'm', messages: user('q'), temperature: 0, max_tokens: 9 },
    ]);
  });

  it('writes the prompt as each endpoint wants it', async () => {
    const file = jsonl({ prompt: 'p' });
    const bodyFor = async (endpoint: string) => (await linesOf(file, { endpoint }))[0]!.body;
    expect(await bodyFor('/v1/completions')).toEqual({ model: 'm', prompt: 'p' });
    expect(await bodyFor('/v1/embeddings')).toEqual({ model: 'm', input: 'p' });
    expect(await bodyFor('/v1/responses')).toEqual({ model: 'm', input: user('p') });
    const responses = await linesOf(jsonl({ messages: user('p'), reasoning: { effort: 'low' } }), {
      endpoint: '/v1/responses',
    });
    expect(responses[0]!.body).toEqual({ model: 'm', input: user('p'), reasoning: { effort: 'low' } });
    const embeddings = await linesOf(jsonl({ input: ['a', 'b'] }), { endpoint: '/v1/embeddings' });
    expect(embeddings[0]!.body).toEqual({ model: 'm', input: ['a', 'b'] });
  });

  it('reads messages that a table carries as JSON text', async () => {
    const file = write('t.csv', 'id,messages,temperature\n7,"[{""role"":""user"",""content"":""hi""}]",hot\n');
    expect(await linesOf(file)).toMatchObject([{ custom_id: '7', body: { model: 'm', messages: user('hi') } }]);
    expect((await linesOf(file))[0]!.body).not.toHaveProperty('temperature');
  });
});

describe('OpenAI batch lines', () => {
  const line = { custom_id: 'a', method: 'POST', url: '/v1/embeddings', body: { model: 'gpt', input: 'x', user: 'u' } };

  it('keep their body and url; only the model is replaced', async () => {
    expect(await linesOf(jsonl(line))).toEqual([{ ...line, body: { ...line.body, model: 'm' } }]);
    const [filled] = await linesOf(jsonl(line), { params: { user: 'w', dimensions: 8 } });
    expect(filled!.body).toEqual({ model: 'm', input: 'x', user: 'u', dimensions: 8 });
  });

  it('are refused for another endpoint, with the line', async () => {
    const fault = await faultOf(() => linesOf(jsonl(line), { endpoint: '/v1/completions' }));
    expect(fault).toMatchObject({ code: 'input_invalid', line: 1 });
    expect(fault.message).toContain('/v1/embeddings differs from the endpoint /v1/completions');
  });
});

describe('custom_id', () => {
  it('comes from the named column, else custom_id, id, or the row number', async () => {
    const file = jsonl(
      { prompt: 'p', custom_id: 'c', id: 1, key: 'k' },
      { prompt: 'p', id: 2, key: 3 },
      { prompt: 'p', key: 4 },
    );
    const ids = async (options = {}) => (await linesOf(file, options)).map((line) => line.custom_id);
    expect(await ids()).toEqual(['c', '2', 'row-000003']);
    expect(await ids({ idColumn: 'key' })).toEqual(['k', '3', '4']);
  });

  it('says where the named column is empty or not there', async () => {
    const file = write('ids.csv', 'key,prompt\na,p\n,q\n');
    expect((await faultOf(() => linesOf(file, { idColumn: 'key' }))).message).toContain('line 3: column key');
    const fault = await faultOf(() => linesOf(file, { idColumn: 'kye' }));
    expect(fault.message).toContain('no column kye to take custom_id from; columns there are: key, prompt');
  });
});

describe('templates', () => {
  const template = parseTemplate('t.txt', '--- system ---\nRate.\n--- user ---\n{{name}}: {{note}}');

  it('render each row and count the empty values', async () => {
    const tally = newTally();
    const file = write('t.csv', 'id,name,note,prompt\n1,Ann,good,x\n2,Bo,,x\n3,,,x\n');
    const lines = await linesOf(file, { template, tally, params: { seed: 1 } });
    expect(lines[0]).toEqual({
      custom_id: '1',
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'm', messages: [{ role: 'system', content: 'Rate.' }, ...user('Ann: good')], seed: 1 },
    });
    expect(tally).toEqual({ rows: 3, emptyValues: 3, emptyByColumn: { name: 1, note: 2 }, progress: { share: 1 } });
  });

  it('name a missing column before the first request', async () => {
    const file = write('t.csv', 'id,name\n1,Ann\n');
    const fault = await faultOf(() => linesOf(file, { template }));
    expect(fault).toMatchObject({ code: 'template_column_missing' });
    expect(fault.message).toContain('{{note}}');
    expect(fault.message).toContain('Columns there are: id, name.');
  });

  it('take a field that only some lines of JSONL have', async () => {
    const lines = await linesOf(jsonl({ name: 'A' }, { note: 'n' }), { template });
    expect(lines.map((line) => (line.body.messages as { content: string }[])[1]!.content)).toEqual(['A: ', ': n']);
    expect((await faultOf(() => linesOf(jsonl({ name: 'A' }, { x: 1 }), { template }))).message).toContain('name, x');
  });

  it('read the columns they name of a Parquet file', async () => {
    const file = fileURLToPath(new URL('fixtures/pyarrow-zstd.parquet', import.meta.url));
    const lines = await linesOf(file, { template: parseTemplate('p.txt', '{{big}} {{day}} {{tags}}') });
    expect(lines.map((line) => [line.custom_id, (line.body.messages as { content: string }[])[0]!.content])).toEqual([
      ['p0', '1 2024-02-29 ["a","b"]'],
      ['p1', '1099511627776  []'],
      ['p2', '-3 1969-12-31 '],
      ['p3', '4611686018427387904 2000-01-01 ["c"]'],
      ['p4', ' 2025-06-01 ["d","e"]'],
    ]);
    const fault = await faultOf(() => linesOf(file, { template }));
    expect(fault.message).toContain('{{name}}');
    expect(fault.message).toContain('Columns there are: id, text, big, small');
    expect((await linesOf(file))[0]!.body.messages).toEqual(user('hi 0'));
  });

  it('are one text for completions', async () => {
    const one = parseTemplate('o.txt', 'Say {{prompt}}');
    const file = jsonl({ prompt: 'hi' });
    expect((await linesOf(file, { template: one, endpoint: '/v1/completions' }))[0]!.body.prompt).toBe('Say hi');
    expect((await faultOf(() => linesOf(file, { template, endpoint: '/v1/completions' }))).message).toContain(
      'takes one text',
    );
  });
});

describe('rows that cannot be a request', () => {
  it.each([
    [
      { question: 'q', answer: 'a' },
      'no prompt, messages or body; give a template (--template FILE) that uses: question, answer',
    ],
    [{ prompt: 7 }, 'prompt must be text, not a number'],
    [{ prompt: ' ' }, 'prompt is empty'],
    [{ messages: [] }, 'messages must be a list'],
    [{ messages: 'hi' }, 'messages must be a list'],
  ])('%j', async (row, problem) => {
    const fault = await faultOf(() => linesOf(jsonl({ prompt: 'fine' }, row)));
    expect(fault).toMatchObject({ code: 'input_invalid', line: 2 });
    expect(fault.message).toContain(problem);
  });

  it('never put control characters of the input into a message', async () => {
    const esc = '\u001b[31m';
    const template = parseTemplate('t.txt', '{{x}}');
    for (const [name, content] of [
      ['esc.jsonl', `{"a": ${esc}}`],
      ['keys.jsonl', JSON.stringify({ [esc]: 1 })],
      ['names.csv', `a${esc},b\n1\n`],
      ['values.csv', `a,b\n1,2,${esc}\n`],
      ['twice.csv', `${esc},${esc}\n1,2\n`],
      ['open.csv', `a,${esc}\n1,"2\n`],
    ] as const) {
      const file = write(name, content);
      for (const options of [{}, { template }, { idColumn: 'x' }]) {
        const { message } = await faultOf(() => linesOf(file, options));
        expect(message).not.toMatch(/[\u0000-\u001f]/);
      }
    }
  });

  it('refuses an endpoint that is none', async () => {
    expect(await faultOf(() => linesOf(jsonl({ prompt: 'p' }), { endpoint: '/v1/chat' }))).toMatchObject({
      code: 'invalid_parameter',
    });
  });
});

it('gives the same bytes each time', async () => {
  const file = jsonl({ prompt: 'p', id: 'é' }, { prompt: 'q' });
  expect(JSON.stringify(await linesOf(file))).toBe(JSON.stringify(await linesOf(file)));
});
