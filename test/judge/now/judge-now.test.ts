/** Judging at once: asked as judge runs ask, a few calls at a time, ended with the client, and nothing of it kept. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JudgeNow, judgeNow } from '../../../src/contracts/judge-now.ts';
import { complete } from '../../../src/engines/complete.ts';
import { openRegistry } from '../../../src/engines/registry.ts';
import { type JudgeNowRoom, openJudgeNow } from '../../../src/judge/now/judge-now.ts';
import { query } from '../../batches/seed.ts';
import type { Behaviour, FakeRequest } from '../../harness/fake-openai.ts';
import { endpoint } from '../../scheduler/workplace.ts';
import { fakeJudge, idsAsked } from '../passes/fake-judge.ts';
import { type JudgePlace, openJudgePlace } from '../passes/judge-place.ts';

let place: JudgePlace;
let room: JudgeNowRoom;
let held = 0;
beforeAll(async () => {
  place = await openJudgePlace('judge_now');
  const price = { prompt_per_million: 1_000_000, cached_per_million: 0, completion_per_million: 2_000_000 };
  await place.addModel('priced', { price, api_key_env: 'ASSAY_TEST_JUDGE_NOW' });
  await place.addModel('thinker', { refuses: ['temperature', 'max_tokens'] });
  room = openJudgeNow({
    db: place.db,
    models: openRegistry({ database: place.db }),
    engines: {
      acquire: async (_, modelId) => {
        held += 1;
        return endpoint({ modelId, baseUrl: place.engine.url, upstreamModel: modelId, concurrency: 4 });
      },
      release: () => {
        held -= 1;
      },
      complete,
    },
    limits: { callTokens: 100_000, calls: 3, timeoutMs: 10_000 },
  });
});
afterAll(() => place.end());

const numberIn = (shown: string) => Number(/number (\d+)\./.exec(shown)?.[1] ?? Number.NaN);
const scored = (shown: string) => (numberIn(shown) % 10) + 1;
const items = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ input: `Question ${n}?`, answer: `This is answer number ${n}.` }));
const judged = (body: Partial<JudgeNow> & object, signal = new AbortController().signal) =>
  room.judge('local', judgeNow.parse({ judge_model: 'judge', ...body }), signal);
const asked = async (behave: (request: FakeRequest) => Behaviour, act: () => Promise<unknown>) => {
  const before = place.engine.requests.length;
  place.behave(behave);
  await act();
  expect(held).toBe(0);
  return place.engine.requests.slice(before);
};

test('one by one: score, pass, criteria and reasons of each, with calls, tokens and cost', async () => {
  process.env.ASSAY_TEST_JUDGE_NOW = 'a key of the judge';
  const requests = await asked(fakeJudge({ seed: 1 }, scored), async () => {
    const { data, ...all } = await judged({
      judge_model: 'priced',
      items: [{ ...items(8)[7]!, id: 'mine' }, ...items(1)],
    });
    expect(data[0]).toMatchObject({
      id: 'mine',
      content: 'This is answer number 7.',
      score: 8,
      pass: true,
      error: null,
    });
    expect(data[0]!.criteria).toMatchObject({ accuracy: 8, safety: 8 });
    expect(data[0]).toMatchObject({ reasoning: 'Read and weighed.', confidence: 0.8, preference: null });
    expect(data[1]).toMatchObject({ id: '1', score: 1, pass: false });
    // Of each call 7 tokens in, 4 of them cached, and 3 out, as the fake counts.
    expect(all).toEqual({ judge: 'priced', calls: 2, prompt_tokens: 14, completion_tokens: 6, cost: 2 * (3 + 2 * 3) });
  });
  expect(requests.every(({ body }) => body.temperature === 0 && typeof body.max_tokens === 'number')).toBe(true);
  delete process.env.ASSAY_TEST_JUDGE_NOW;
  await expect(judged({ judge_model: 'priced', items: items(1) })).rejects.toMatchObject({
    code: 'engine_unavailable',
    message: expect.stringContaining('ASSAY_TEST_JUDGE_NOW'),
  });
});

test('many a call: what is missing, doubled or broken is asked again in halves, and each verdict is its own', async () => {
  const faults = { seed: 5, malformed: 0.2, missing: 0.1, doubled: 0.05, invented: 0.3 };
  const requests = await asked(fakeJudge(faults, scored), async () => {
    const { data, calls, cost } = await judged({ mode: 'batch', batch_size: 20, items: items(50) });
    const right = data.map((_, n) => (n % 10) + 1);
    // An answer that came to stand alone may have met a broken reply twice.
    expect(data.map((one, n) => (one.error === null ? one.score : right[n]))).toEqual(right);
    expect(data.filter((one) => one.error !== null).length).toBeLessThan(5);
    expect(calls).toBeGreaterThan(3);
    expect(cost).toBeNull();
  });
  expect(idsAsked(requests[0]!.body)!.length).toBeGreaterThanOrEqual(10);
  const ids = requests.flatMap(({ body }) => idsAsked(body) ?? []);
  expect(new Set(ids).size).toBeGreaterThanOrEqual(50);
});

test('a reply that cannot be used is shown to the judge once more, then it is an error of the item', async () => {
  const broken = () => ({ do: 'answer', text: 'Good!' }) as const;
  const requests = await asked(broken, async () => {
    const { data, calls } = await judged({ items: items(1) });
    expect(data[0]).toMatchObject({ score: null, pass: null, error: 'unusable' });
    expect(data[0]!.error_detail).toMatch(/no JSON object/);
    expect(calls).toBe(2);
  });
  const messages = requests[1]!.body.messages as { role: string; content: string }[];
  expect(messages.slice(-2)).toMatchObject([
    { role: 'assistant', content: 'Good!' },
    { role: 'user', content: expect.stringMatching(/cannot be used: there is no JSON/) },
  ]);
});

test('pairs in both orders; a verdict that follows the order is undecided', async () => {
  const pair = { input: 'Which?', answer: 'The long one.', other_answer: 'Short.' };
  const first = ({ body }: FakeRequest): Behaviour => {
    const shown = (body.messages as { content: string }[])[1]!.content;
    const id = /=== ANSWER (\w+) /.exec(shown)![1];
    return { do: 'answer', text: JSON.stringify({ reasoning: 'It stands first.', preferred: id, confidence: 0.9 }) };
  };
  await asked(first, async () => {
    const { data, calls } = await judged({ mode: 'pairwise', items: [pair] });
    expect(data[0]).toMatchObject({ preference: 'undecided', score: null, pass: null, confidence: 0.9 });
    expect(calls).toBe(2);
  });
  const longer = ({ body }: FakeRequest): Behaviour => {
    const shown = (body.messages as { content: string }[])[1]!.content;
    const id = /=== ANSWER (\w+) \w+ ===\nThe long one/.exec(shown)![1];
    return { do: 'answer', text: JSON.stringify({ reasoning: 'Longer.', preferred: id, confidence: 1 }) };
  };
  await asked(longer, async () => {
    expect((await judged({ mode: 'pairwise', items: [pair] })).data[0]!.preference).toBe('a');
  });
  expect(() => judgeNow.parse({ judge_model: 'judge', mode: 'pairwise', items: items(1) })).toThrow(/other_answer/);
  await expect(judged({ mode: 'pairwise', benchmark_id: 'bm_x' })).rejects.toMatchObject({ param: 'mode' });
});

test('answers of a benchmark are drawn by the seed; a draft of a rubric is asked and, as all of it, kept nowhere', async () => {
  const run = await place.answered(40);
  const rubric = { name: 'Draft', criteria: [{ name: 'warmth', description: 'Is it warm?', pass: 3, max: 5 }] };
  const tables = ['judge_runs', 'judgments', 'judge_calls', 'rubrics', 'batches', 'files'];
  const counts = () => Promise.all(tables.map((table) => query(place, `select count(*) from ${table}`, [])));
  const before = await counts();
  const body = { benchmark_id: run, rubric, threshold: 6 } as unknown as Partial<JudgeNow>;
  await asked(
    fakeJudge({ seed: 1 }, () => 3),
    async () => {
      const [one, same, other] = [await judged(body), await judged(body), await judged({ ...body, seed: 2 })];
      expect(one.data).toHaveLength(5);
      expect(same.data.map(({ id }) => id)).toEqual(one.data.map(({ id }) => id));
      expect(other.data.map(({ id }) => id)).not.toEqual(one.data.map(({ id }) => id));
      expect(one.data[0]).toMatchObject({ criteria: { warmth: 3 }, score: 6, pass: true });
      expect(one.data[0]!.content).toBe(`This is answer number ${one.data[0]!.id.slice(2)}.`);
    },
  );
  expect(await counts()).toEqual(before);
  await expect(judged({ ...body, rubric_id: 'rb_default' })).rejects.toMatchObject({ param: 'rubric' });
  await expect(judged({ benchmark_id: 'bm_none' })).rejects.toMatchObject({ code: 'not_found' });
});

test('a call that fails is an error of its items; a judge that is not there, or turns all down, one of the request', async () => {
  await asked(
    () => ({ do: 'status', status: 429 }),
    async () => {
      const { data } = await judged({ mode: 'batch', items: items(3) });
      expect(data.map((one) => one.error)).toEqual(['call_failed', 'call_failed', 'call_failed']);
    },
  );
  await asked(
    () => ({ do: 'status', status: 401 }),
    async () => {
      await expect(judged({ items: items(3) })).rejects.toMatchObject({ code: 'engine_error', status: 502 });
    },
  );
  await place.engine.refuse();
  await expect(judged({ items: items(1) })).rejects.toMatchObject({ kind: 'unreachable' });
  await place.engine.listen();
  expect(held).toBe(0);
});

test('no more calls at once than the setting says; the client that goes ends them', async () => {
  let now = 0;
  let most = 0;
  const judge = fakeJudge({ seed: 1 }, scored);
  const slow = (request: FakeRequest): Behaviour => {
    most = Math.max(most, ++now);
    setTimeout(() => now--, 30);
    return { ...judge(request), delayMs: 40 } as Behaviour;
  };
  await asked(slow, () => judged({ items: items(9) }));
  expect(most).toBeLessThanOrEqual(3);
  expect(most).toBeGreaterThan(1);
  const abandoned = place.engine.abandoned();
  place.behave(() => ({ do: 'hang' }));
  const gone = new AbortController();
  const ending = judged({ items: items(9) }, gone.signal);
  await expect.poll(() => place.engine.requests.at(-1)?.body !== undefined && held).toBe(1);
  setTimeout(() => gone.abort(new Error('gone')), 200);
  await expect(ending).rejects.toThrow('gone');
  await expect.poll(() => place.engine.abandoned()).toBe(abandoned + 3);
  expect(held).toBe(0);
});

test('a judge is not sent the fields it turns down', async () => {
  const [request] = await asked(fakeJudge({ seed: 1 }, scored), () =>
    judged({ judge_model: 'thinker', items: items(1) }),
  );
  expect(request!.body).not.toHaveProperty('temperature');
  expect(request!.body).not.toHaveProperty('max_tokens');
  expect(request!.body.max_completion_tokens).toBeGreaterThan(100);
});

test('choices: criteria, rules, metrics, and judges with key and price; those of providers for who runs the server', async () => {
  const choices = await room.choices('local');
  expect(choices.criteria.map(({ name }) => name)).toContain('helpfulness');
  expect(choices.metrics).toContain('cosine');
  expect(choices.judges.find(({ id }) => id === 'priced')).toEqual({
    id: 'priced',
    provider: null,
    api_key_env: 'ASSAY_TEST_JUDGE_NOW',
    ready: false,
    prompt_per_million: 1_000_000,
    completion_per_million: 2_000_000,
    price_as_of: null,
  });
  expect(choices.judges.find(({ id }) => id === 'openai/gpt-4o-mini')).toMatchObject({
    provider: 'openai',
    api_key_env: 'OPENAI_API_KEY',
    price_as_of: '2026-05-27',
  });
  expect((await room.choices('somebody')).judges.map(({ id }) => id)).toEqual(['smollm2-135m', 'qwen2.5-coder-1.5b']);
});
