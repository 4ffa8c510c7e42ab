/** The fake Label Studio answers each recorded request with the status of the real one, and shows nothing that the real one does not. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeLabelStudio, startFakeLabelStudio } from '../../../harness/fake-label-studio.ts';
import { type Delivery, deliveriesOf } from '../../../harness/label-studio-deliveries.ts';
import { exchangesWith } from '../../../harness/label-studio-exchanges.ts';
import { type Exchange, recordings } from '../../../harness/label-studio-steps.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'label-studio', 'recordings');
let fake: FakeLabelStudio;
let answered: Record<string, Exchange[]>;
let delivered: Delivery[];
beforeAll(async () => {
  fake = await startFakeLabelStudio({ personalToken: false });
  answered = await exchangesWith(fake);
  delivered = await deliveriesOf(fake);
});
afterAll(() => fake.close());

describe.each(Object.keys(recordings))('%s', (name) => {
  const recorded = recordingOf<Exchange>(name);
  test.each(recorded.map((exchange, at) => [exchange.name, exchange, at] as const))('%s', (_, exchange, at) => {
    const shown = answered[name]![at]!;
    expect(shown).toMatchObject({ name: exchange.name, status: exchange.status, type: exchange.type });
    expect(strangeIn(shown.answer, exchange.answer)).toEqual([]);
  });
});

test('webhooks are told the same', () => {
  const recorded = recordingOf<Delivery>('deliveries');
  expect(recorded).toHaveLength(4);
  expect(strangeIn(delivered, recorded)).toEqual([]);
});

function recordingOf<T>(name: string): T[] {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
}

/** Where `shown` says what `recorded` does not: another value, or a field that is not there. */
function strangeIn(shown: unknown, recorded: unknown, at = ''): string[] {
  if (Array.isArray(shown) && Array.isArray(recorded)) {
    if (shown.length !== recorded.length) return [`${at}: ${shown.length} instead of ${recorded.length}`];
    return shown.flatMap((each, i) => strangeIn(each, recorded[i], `${at}.${i}`));
  }
  if (isObject(shown) && isObject(recorded)) {
    return Object.entries(shown).flatMap(([key, each]) =>
      key in recorded ? strangeIn(each, recorded[key], `${at}.${key}`) : [`${at}.${key}: it has none`],
    );
  }
  return shown === recorded ? [] : [`${at}: ${JSON.stringify(shown)} instead of ${JSON.stringify(recorded)}`];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
