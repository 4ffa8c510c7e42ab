/** A batch that has its prompts trimmed: what was left out stands on the row, what cannot fit fails, the rest is as it was. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchMetrics } from '../../src/batches/metrics.ts';
import { listRequests } from '../../src/batches/requests.ts';
import { AssayError } from '../../src/errors.ts';
import { line } from '../batches/seed.ts';
import { answer, nameIn, openWorkplace, queueBatch, untilStatus, type Workplace, work } from './workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace('context');
});
afterAll(() => place.end());

const trim = { strategy: 'hybrid' as const, messages: 3, tokensBefore: 900, tokensAfter: 400 };

test('each row is made to fit as its batch asks, and tells what was left out', async () => {
  const asked: string[] = [];
  const worker = await work(place, {
    async fit({ body }, strategy) {
      asked.push(strategy);
      if (nameIn(body) === 'huge')
        throw new AssayError('context_length_exceeded', { prompt_tokens: 900, model: 'm', context: 512 });
      return nameIn(body) === 'long' ? { body: { ...body, trimmed: true }, trim } : { body, trim: null };
    },
    complete: async (_, { body }) =>
      answer({ usage: { prompt: body.trimmed === true ? 400 : 10, completion: 5, cached: 0, reasoning: 0 } }),
  });
  const content = [line('short'), line('long'), line('huge')];
  const id = await queueBatch(place, content, { metadata: { assay_context: 'hybrid' } });
  const batch = await untilStatus(place, id, 'completed');
  expect(asked).toEqual(['hybrid', 'hybrid', 'hybrid']);
  expect(batch.request_counts).toEqual({ total: 3, completed: 2, failed: 1 });
  const on = { userId: 'local', batchId: id };
  const { data } = await listRequests(place.db, on, { limit: 10 });
  expect(data.map((row) => [row.custom_id, row.error_code, row.trimmed])).toEqual([
    ['short', null, null],
    ['long', null, { strategy: 'hybrid', messages: 3, tokens_before: 900, tokens_after: 400 }],
    ['huge', 'context_length_exceeded', null],
  ]);
  const metrics = await batchMetrics({ db: place.db, now: () => null, waiting: () => null }, 'local', id);
  expect(metrics.context).toEqual({ peak_tokens: 405, trimmed_rows: 1 });

  const plain = await queueBatch(place, content);
  await untilStatus(place, plain, 'completed');
  expect(asked).toHaveLength(3);
  await worker.stop();
});
