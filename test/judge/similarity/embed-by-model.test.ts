/** Embeddings asked of a model: some texts a request, vectors by their index, and faults that name the model. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { complete } from '../../../src/engines/complete.ts';
import { openEmbed } from '../../../src/judge/similarity/embed-by-model.ts';
import { openSimilarity } from '../../../src/judge/similarity/open-similarity.ts';
import { type Behaviour, type FakeOpenAi, type FakeRequest, startFakeOpenAi } from '../../harness/fake-openai.ts';
import { endpoint } from '../../scheduler/workplace.ts';

let engine: FakeOpenAi;
let behave: (request: FakeRequest) => Behaviour;
let held = 0;
beforeAll(async () => {
  engine = await startFakeOpenAi((request) => behave(request));
});
afterAll(() => engine.close());

const embed = (texts: string[], textsAtOnce = 2) =>
  openEmbed({
    engines: {
      acquire: async (_, modelId) => {
        held += 1;
        return endpoint({ modelId, baseUrl: engine.url, upstreamModel: modelId, concurrency: 1 });
      },
      release: () => {
        held -= 1;
      },
      complete,
    },
    userId: 'local',
    model: 'embedder',
    textsAtOnce,
    timeoutMs: 5000,
  })(texts);

const json = (data: object): Behaviour => ({ do: 'raw', type: 'application/json', body: JSON.stringify({ data }) });

test('a vector a text, in the order of the texts, whatever the order of the reply', async () => {
  behave = ({ body }) => {
    const vectors = (body.input as string[]).map((text, index) => ({ index, embedding: [text.length, 1] }));
    return json(vectors.reverse());
  };
  const before = engine.requests.length;
  expect(await embed(['a', 'bb', 'ccc', 'dddd', 'eeeee'])).toEqual([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 1],
    [5, 1],
  ]);
  expect(engine.requests.slice(before).map(({ body }) => body.input)).toEqual([
    ['a', 'bb'],
    ['ccc', 'dddd'],
    ['eeeee'],
  ]);
  expect(held).toBe(0);
});

test('a reply with too few vectors, or none, is a fault that names the model', async () => {
  behave = () => json([{ index: 0, embedding: [1] }]);
  await expect(embed(['a', 'b'])).rejects.toMatchObject({
    code: 'engine_bad_answer',
    message: expect.stringContaining('embedder'),
  });
  behave = () =>
    json([
      { index: 0, embedding: [1] },
      { index: 0, embedding: [1] },
    ]);
  await expect(embed(['a', 'b'])).rejects.toMatchObject({ code: 'engine_bad_answer' });
  behave = () => ({ do: 'status', status: 401, body: '{"error": {"message": "no embeddings here"}}' });
  await expect(embed(['a'])).rejects.toMatchObject({
    code: 'engine_error',
    message: expect.stringMatching(/embedder: no embeddings here/),
  });
  expect(held).toBe(0);
});

test('a text that the model does not take has no vector, and costs the others nothing', async () => {
  behave = ({ body }) => {
    const texts = body.input as string[];
    if (texts.some((text) => text.length > 3)) return { do: 'status', status: 400 };
    return json(texts.map((text, index) => ({ index, embedding: [text.length] })));
  };
  expect(await embed(['a', 'much too long', 'bb', 'ccc'], 4)).toEqual([[1], null, [2], [3]]);
  await expect(embed(['much too long'])).rejects.toThrow('embedder takes none of the texts');
  const similarity = openSimilarity('cosine', { embed: (texts) => embed(texts, 4) });
  const [whole, without] = await similarity.of([
    { answer: 'a', expected: 'bb' },
    { answer: 'much too long', expected: 'bb' },
  ]);
  expect(whole).toMatchObject({ value: 1, note: null });
  expect(without).toMatchObject({ value: 0, pass: false, note: expect.stringMatching(/did not take it/) });
});
