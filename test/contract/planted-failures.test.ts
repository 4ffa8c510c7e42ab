/** Planted failures are found again by the vectors of a real small embeddings model, for whichever seed. */

import { expect, test } from 'vitest';
import { clusterOptions, type FailurePart } from '../../src/contracts/mining.ts';
import { clusterFailures } from '../../src/mine/clusters/cluster-failures.ts';
import { failureTexts } from '../../src/mine/vectors/failure-texts.ts';
import { SLOW } from '../engines/open-llama.ts';
import { embedByMiniLm } from '../engines/open-minilm.ts';
import { adjustedRandIndex } from '../harness/adjusted-rand-index.ts';
import { agreementWith } from '../harness/planted-agreement.ts';
import { plantedFailures } from '../harness/planted-failures.ts';

test('MiniLM finds all twelve patterns, and leaves the noise out', { timeout: SLOW }, async () => {
  const planted = plantedFailures({ n: 900 });
  const parts: FailurePart[] = ['reason', 'prompt'];
  const { rows } = await embedByMiniLm(parts.map((part) => failureTexts(planted.failures, part)));
  const cluster = (seed: number) =>
    clusterFailures(planted.failures, {
      options: clusterOptions.parse({ model: 'minilm', seed }),
      vectors: new Map(parts.map((part, at) => [part, rows[at]!.slice()])),
      model: 'minilm',
      signal: new AbortController().signal,
      tell: () => undefined,
    });
  const found = await cluster(1);
  const agreement = agreementWith(planted, found);
  console.log(agreement.text);
  expect(agreement.planted).toBeGreaterThanOrEqual(0.9);
  expect(agreement.missed).toEqual([]);
  expect(agreement.noiseInOther).toBeGreaterThan(0.9);
  expect(found.vectors).toEqual({ by: 'model', model: 'minilm' });
  const other = await cluster(2);
  expect(adjustedRandIndex(found.of, other.of)).toBeGreaterThan(0.9);
});
