/**
 * Clusters planted failures: whether they are found again, by words and by MiniLM, and how long 5,000 and 50,000 take in how much memory.
 * `node bench/clusters.ts [--record] [--words]`; --words leaves the model out.
 */

import { performance } from 'node:perf_hooks';
import { clusterOptions, type FailurePart } from '../src/contracts/mining.ts';
import { type Clustering, clusterFailures } from '../src/mine/clusters/cluster-failures.ts';
import { failureTexts } from '../src/mine/vectors/failure-texts.ts';
import { embedByMiniLm } from '../test/engines/open-minilm.ts';
import { agreementWith } from '../test/harness/planted-agreement.ts';
import { type Planted, plantedFailures } from '../test/harness/planted-failures.ts';
import { record } from './measure.ts';

interface Measured {
  found: Clustering;
  seconds: number;
  cpu: number;
  mib: number;
}

type Vectors = Map<FailurePart, Float32Array<ArrayBuffer> | null>;

async function measure({ failures }: Planted, { vectors = new Map() as Vectors, seed = 1 } = {}): Promise<Measured> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  let most = process.memoryUsage.rss();
  const look = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 50);
  const copies = new Map([...vectors].map(([part, rows]) => [part, rows?.slice() ?? null]));
  const found = await clusterFailures(failures, {
    options: clusterOptions.parse({ seed }),
    vectors: copies,
    model: vectors.size > 0 ? 'minilm' : null,
    signal: new AbortController().signal,
    tell: () => undefined,
  });
  clearInterval(look);
  const { user, system } = process.cpuUsage(before);
  return { found, seconds: (performance.now() - started) / 1000, cpu: (user + system) / 1e6, mib: most / 1024 ** 2 };
}

const lines: string[] = [];
const say = (line: string) => {
  console.log(line);
  lines.push(line);
};
const cost = ({ seconds, cpu, mib }: Measured) =>
  `${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of processor, ${Math.round(mib)} MiB at most`;
const words = process.argv.includes('--words');

const planted = plantedFailures({ n: 3000 });
const byWords = await measure(planted);
say(`3,000 planted failures by words: ${agreementWith(planted, byWords.found).text}; ${cost(byWords)}`);
if (!words) {
  const parts: FailurePart[] = ['reason', 'prompt'];
  const embedded = await embedByMiniLm(parts.map((part) => failureTexts(planted.failures, part)));
  const vectors: Vectors = new Map(parts.map((part, at) => [part, embedded.rows[at]!]));
  const byModel = await measure(planted, { vectors });
  say(
    `3,000 planted failures by minilm: ${agreementWith(planted, byModel.found).text}; ${cost(byModel)}, and ${embedded.seconds.toFixed(0)} s for its vectors`,
  );
  const other = await measure(planted, { vectors, seed: 2 });
  say(`the same by another seed: ${agreementWith(planted, other.found).text}`);
}
for (const n of [5000, 50_000]) {
  const many = plantedFailures({ n });
  const measured = await measure(many);
  say(
    `${n.toLocaleString('en')} planted failures by words: ${agreementWith(many, measured.found).text}; ${cost(measured)}`,
  );
}
// As many numbers as MiniLM gives, made up: what they cost, not what they tell.
const many = plantedFailures({ n: 50_000 });
const made: Vectors = new Map();
for (const part of ['reason', 'prompt'] as const) {
  const rows = new Float32Array(50_000 * 384);
  for (const [place, pattern] of many.truth.entries())
    for (let at = 0; at < 384; at++)
      rows[place * 384 + at] = Math.sin((pattern + 2) * (at + 1)) + 2 * Math.random() - 1;
  made.set(part, rows);
}
say(`50,000 with vectors of 2 x 384 numbers: ${cost(await measure(many, { vectors: made }))}`);
if (process.argv.includes('--record')) await record(`clusters: ${lines.join('. ')}`);
