/** The bodies of calls: what stands in them, in which order, and that they can be made again byte for byte. */

import { describe, expect, test } from 'vitest';
import { newRubric } from '../../../src/contracts/judging.ts';
import { batchRequest, placed } from '../../../src/judge/asking/batch-prompt.ts';
import { builtInRubrics, defaultRubric } from '../../../src/judge/asking/default-rubric.ts';
import { shownText } from '../../../src/judge/asking/fence.ts';
import { combineOrders, pairwiseRequest } from '../../../src/judge/asking/pairwise-prompt.ts';
import { repairRequest } from '../../../src/judge/asking/repair-request.ts';
import { rubricWords } from '../../../src/judge/asking/rubric-words.ts';
import { singleRequest } from '../../../src/judge/asking/single-prompt.ts';
import { estimateTokens } from '../../../src/judge/asking/tokens.ts';

const { criteria } = defaultRubric;
const names = ['helpfulness', 'accuracy', 'clarity', 'safety', 'completeness'];
const item = { prompt: 'Capital of France?', answer: 'Paris.', reference: null };
const items = (n: number) =>
  placed(
    Array.from({ length: n }, (_, at) => ({ ...item, answer: `Answer ${at}` })),
    'seed',
  );
// biome-ignore lint/suspicious/noExplicitAny: a schema is looked into.
const schemaOf = (body: Record<string, unknown>) => (body.response_format as any).json_schema.schema;

describe('the built-in rubric', () => {
  test('has five criteria from 1 to 10 with their marks', () => {
    expect(newRubric.parse(defaultRubric)).toEqual(defaultRubric);
    expect(criteria.map(({ name, min, max, pass }) => [name, min, max, pass])).toEqual(
      names.map((name) => [name, 1, 10, name === 'safety' ? 8 : 7]),
    );
    for (const { description } of criteria) expect(description.match(/\b\d+:/g)?.length).toBeGreaterThanOrEqual(3);
    expect(builtInRubrics).toMatchObject([{ id: 'rb_default', version: 1, built_in: true, criteria }]);
  });
});

describe('one answer', () => {
  const body = singleRequest(defaultRubric, item, { id: 'k7dm2q' });

  test('reasons stand before scores, and scores before the confidence; nobody asks for an overall score', () => {
    const schema = schemaOf(body);
    expect(Object.keys(schema.properties)).toEqual(['reasoning', 'scores', 'confidence']);
    expect(schema.required).toEqual(['reasoning', 'scores', 'confidence']);
    expect(schema.properties.scores.required).toEqual(names);
    expect(schema.properties.scores.properties.safety).toEqual({
      type: 'integer',
      enum: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    });
    expect(JSON.stringify(body)).not.toMatch(/overall|total/i);
    expect(body).toMatchObject({ temperature: 0, response_format: { json_schema: { strict: true } } });
  });

  test('the same again byte for byte', () => {
    expect(JSON.stringify(singleRequest(defaultRubric, item, { id: 'k7dm2q' }))).toBe(JSON.stringify(body));
    expect(JSON.stringify(singleRequest(defaultRubric, item, { id: 'x4rp9w' }))).not.toBe(JSON.stringify(body));
  });

  test('a reference only where there is one', () => {
    expect(body.messages[1]!.content).not.toContain('REFERENCE');
    const withOne = singleRequest(defaultRubric, { ...item, reference: 'Paris' }, { id: 'k7dm2q' });
    expect(withOne.messages[1]!.content).toMatch(/=== REFERENCE k7dm2q (\S+) ===\nParis\n=== ANSWER k7dm2q \1 ===/);
    expect(withOne.messages[0]).toEqual(body.messages[0]);
  });

  test('room for the reply grows with the criteria, the reasons and the thoughts', () => {
    const tokens = (rubric = defaultRubric, more = {}) =>
      singleRequest(rubric, item, { id: 'k7dm2q', ...more }).max_tokens;
    expect(tokens({ ...defaultRubric, criteria: criteria.slice(0, 1) })).toBeLessThan(tokens());
    expect(tokens(defaultRubric, { reasoningChars: 2000 })).toBeGreaterThan(tokens());
    expect(tokens(defaultRubric, { thinkingTokens: 1000 })).toBe(tokens() + 1000);
    expect(tokens(defaultRubric, { reasoningChars: undefined })).toBe(tokens());
  });

  test('own scales and instructions', () => {
    const own = {
      instructions: ' Answers in verse are wrong. ',
      criteria: [
        { ...criteria[0]!, min: 0, max: 100 },
        { ...criteria[1]!, min: 0, max: 0.5 },
      ],
    };
    const { scores } = schemaOf(singleRequest(own, item, { id: 'k7dm2q', engine: 'llama-server' })).properties;
    expect(scores.properties).toEqual({
      helpfulness: { type: 'integer', minimum: 0, maximum: 100 },
      accuracy: { type: 'number' },
    });
    expect(rubricWords(own)).toContain('Beside the criteria this holds:\nAnswers in verse are wrong.\n');
    expect(rubricWords(own)).toContain('- helpfulness, from 0 (worst) to 100 (best): ');
  });

  test('services are asked nothing that they refuse; llama.cpp bounds the reasons', () => {
    for (const engine of [undefined, 'openai', 'anthropic', 'vllm'] as const) {
      const text = JSON.stringify(schemaOf(singleRequest(defaultRubric, item, { id: 'k7dm2q', engine })));
      expect(text).not.toMatch(/minimum|maximum|maxLength|minItems|maxItems|pattern/);
    }
    const bounded = (reasoningChars?: number) =>
      schemaOf(singleRequest(defaultRubric, item, { id: 'k7dm2q', engine: 'llama-server', reasoningChars })).properties;
    expect(bounded().reasoning.maxLength).toBe(600);
    expect(bounded(5000).reasoning.maxLength).toBe(1999);
  });
});

describe('many answers', () => {
  test('the schema names each id once, in the order of the items, and defines the verdict once', () => {
    const asked = items(50);
    const schema = schemaOf(batchRequest(defaultRubric, asked));
    const ids = asked.map(({ id }) => id);
    expect(Object.keys(schema.properties)).toEqual(ids);
    expect(schema.required).toEqual(ids);
    expect(schema.additionalProperties).toBe(false);
    expect(new Set(Object.values(schema.properties).map((one) => JSON.stringify(one)))).toEqual(
      new Set(['{"$ref":"#/$defs/verdict"}']),
    );
    // What OpenAI takes: 1,000 values in enums, 5,000 properties.
    expect(JSON.stringify(schema).length).toBeLessThan(10_000);
  });

  test('calls share all but the items; rubric first, ids last', () => {
    const [one, other] = [batchRequest(defaultRubric, items(10)), batchRequest(defaultRubric, items(3))];
    expect(one.messages[0]).toEqual(other.messages[0]);
    expect(one.messages[0]!.content.startsWith(rubricWords(defaultRubric))).toBe(true);
    expect(
      singleRequest(defaultRubric, item, { id: 'k7dm2q' }).messages[0]!.content.startsWith(rubricWords(defaultRubric)),
    ).toBe(true);
    for (const { id } of items(10)) expect(one.messages[0]!.content).not.toContain(id);
    expect(
      one.messages[1]!.content.endsWith(
        items(10)
          .map(({ id }) => id)
          .join(', '),
      ),
    ).toBe(true);
    expect(one.max_tokens / 10).toBe(other.max_tokens / 3);
  });

  test('the same again byte for byte', () => {
    expect(JSON.stringify(batchRequest(defaultRubric, items(10)))).toBe(
      JSON.stringify(batchRequest(defaultRubric, items(10))),
    );
  });
});

describe('pairs', () => {
  const pair = { prompt: 'Capital of France?', a: 'Paris.', b: 'Lyon.', reference: 'Paris' };

  test('both orders show the same answers under the same ids, in turns', () => {
    const ids = ['k7dm2q', 'x4rp9w'] as const;
    const [ab, ba] = (['ab', 'ba'] as const).map((order) => pairwiseRequest(defaultRubric, pair, { order, ids }));
    const at = (text: string, what: string) => text.indexOf(what);
    const [first, second] = [ab!.messages[1]!.content, ba!.messages[1]!.content];
    expect(at(first, 'Paris.')).toBeLessThan(at(first, 'Lyon.'));
    expect(at(second, 'Lyon.')).toBeLessThan(at(second, 'Paris.'));
    expect(first).toMatch(/=== ANSWER k7dm2q \S+ ===\nParis\./);
    expect(second).toMatch(/=== ANSWER k7dm2q \S+ ===\nParis\./);
    expect(schemaOf(ab!).properties.preferred.enum).toEqual(['k7dm2q', 'x4rp9w', 'tie']);
    expect(schemaOf(ba!).properties.preferred.enum).toEqual(['x4rp9w', 'k7dm2q', 'tie']);
    expect(ab!.messages[0]).toEqual(ba!.messages[0]);
    expect(first).toContain('REFERENCE');
    expect(
      pairwiseRequest(defaultRubric, { ...pair, reference: null }, { order: 'ab', ids }).messages[1]!.content,
    ).not.toContain('REFERENCE');
  });

  test.each([
    ['a', 'a', 'a'],
    ['b', 'b', 'b'],
    ['tie', 'tie', 'tie'],
    ['a', 'b', 'undecided'],
    ['b', 'a', 'undecided'],
    ['a', 'tie', 'undecided'],
    ['tie', 'b', 'undecided'],
  ] as const)('%s and %s are %s', (ab, ba, together) => expect(combineOrders(ab, ba)).toBe(together));
});

test('asked once more: the call as it was, the reply, its fault', () => {
  const body = singleRequest(defaultRubric, item, { id: 'k7dm2q' });
  const again = repairRequest(body, `Nine!<|im_end|>${'x'.repeat(9000)}`, 'there is no score for accuracy');
  expect(again.messages.slice(0, 2)).toEqual(body.messages);
  expect(again.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  expect(again.messages[2]!.content).toMatch(/^Nine!< \|im_end\|>x+$/);
  expect(again.messages[2]!.content.length).toBe(4000);
  expect(again.messages[3]!.content).toContain('cannot be used: there is no score for accuracy.');
  expect({ ...again, messages: [] }).toEqual({ ...body, messages: [] });
  expect(repairRequest(body, ' ', 'the reply is empty').messages[2]!.content).toBe('(nothing)');
});

test.each([
  ['<|im_end|>', '< |im_end|>'],
  ['<\uff5cUser\uff5c>', '< \uff5cUser\uff5c>'],
  ['</s>[INST]x[/INST]', '< /s>[ INST]x[ /INST]'],
  ['<start_of_turn><think></tool_call>', '< start_of_turn>< think>< /tool_call>'],
  ['<<SYS>>', '< <SYS>>'],
  ['a <| b |> c, <b>bold</b>, [INFO] x[0], if (a < s) {}', 'a <| b |> c, <b>bold</b>, [INFO] x[0], if (a < s) {}'],
  ['NUL\0, half a pair \ud83d', 'NUL, half a pair \ufffd'],
])('%j is shown as %j', (text, shown) => expect(shownText(text)).toBe(shown));

test('tokens by characters', () => {
  expect([
    estimateTokens(''),
    estimateTokens('word'),
    estimateTokens('2024'),
    estimateTokens('水'),
    estimateTokens('😀'),
  ]).toEqual([0, 1, 4, 1, 1]);
});
