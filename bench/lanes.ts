/**
 * What order and lanes are worth on a real llama-server, whose slots have a cache each: a batch through Assay in turns with
 * a plain client that keeps as many rows in flight, in file order, shuffled and plainly sorted. `node bench/lanes.ts [--rows
 * 256] [--slots 1,2,4] [--groups 4] [--record]`.
 */

import { parseArgs } from 'node:util';
import type { EngineEndpoint } from '../src/contracts/engine.ts';
import { builtInModels } from '../src/engines/built-in.ts';
import { complete } from '../src/engines/complete.ts';
import { withLlama } from '../test/engines/open-llama.ts';
import { createBatch, getMetrics, uploadInput, waitForBatch } from '../test/harness/batches.ts';
import { seededRandom, shuffled } from '../test/harness/random.ts';
import { type RunningAssay, startAssay } from '../test/harness/server.ts';
import { machine, record } from './measure.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '256' },
    slots: { type: 'string', default: '1,2,4' },
    groups: { type: 'string', default: '4' },
    record: { type: 'boolean', default: false },
  },
});
const model = builtInModels[0]!;
const hour = 3_600_000;

interface Body {
  model: string;
  messages: { role: string; content: string }[];
  max_tokens: number;
  temperature: number;
}

/** Rows of `groups` system messages of some 600 tokens, in turns; `salt` keeps what an earlier run left in caches from helping. */
function bodies(salt: string): Body[] {
  const groups = Number(values.groups);
  return Array.from({ length: Number(values.rows) }, (_, i) => {
    const system = `${salt}, adviser ${i % groups}. ${'You weigh what is known, name what is not, and answer in one sentence. '.repeat(40)}`;
    const content = `Case ${i}: ${'a vein of quartz with traces of ore; '.repeat(4)}what is to be done?`;
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content },
    ];
    return { model: model.id, messages, max_tokens: 32, temperature: 0 };
  });
}

interface Run {
  seconds: number;
  tokens: number;
  saved: number;
}

/** A closed loop: as many rows in flight as the engine has slots, each row to whichever slot the engine chooses. */
async function plainClient(endpoint: EngineEndpoint, rows: Body[]): Promise<Run> {
  const waiting = rows.values();
  const sum = { prompt: 0, completion: 0, cached: 0 };
  const started = performance.now();
  const work = async (): Promise<void> => {
    for (const body of waiting) {
      const request = { path: '/v1/chat/completions', body: { ...body }, lane: null, timeoutMs: hour } as const;
      const { usage } = await complete(endpoint, { ...request, signal: new AbortController().signal });
      sum.prompt += usage.prompt ?? 0;
      sum.completion += usage.completion ?? 0;
      sum.cached += usage.cached ?? 0;
    }
  };
  await Promise.all(Array.from({ length: endpoint.concurrency }, work));
  const seconds = (performance.now() - started) / 1000;
  return { seconds, tokens: sum.prompt + sum.completion, saved: sum.cached / sum.prompt };
}

async function assay(server: RunningAssay, rows: Body[]): Promise<Run & { bound: number }> {
  const line = (body: Body, i: number) =>
    JSON.stringify({ custom_id: `row-${i}`, method: 'POST', url: '/v1/chat/completions', body });
  const batch = await createBatch(server, await uploadInput(server, `${rows.map(line).join('\n')}\n`));
  const done = await waitForBatch(server, batch.id, hour);
  if (done.request_counts.completed !== rows.length) throw new Error(JSON.stringify(done));
  const { run_seconds, tokens, prefix } = await getMetrics(server, batch.id);
  return {
    seconds: run_seconds!,
    tokens: tokens.prompt + tokens.completion,
    saved: prefix.saved ?? 0,
    bound: prefix.bound_per_slot ?? 0,
  };
}

const byPrompt = (rows: Body[]): Body[] =>
  rows.toSorted((a, b) => (JSON.stringify(a.messages) < JSON.stringify(b.messages) ? -1 : 1));
const told = ({ seconds, tokens, saved }: Run): string =>
  `${seconds.toFixed(1)} s (${(tokens / seconds).toFixed(0)} tok/s, saved ${(100 * saved).toFixed(1)} %)`;

async function measure(slots: number): Promise<string> {
  await using server = await startAssay({ env: { ASSAY_LLAMA_SLOTS: String(slots), ASSAY_LOG_LEVEL: 'warn' } });
  const of = { slots, contextPerSlot: 4096 };
  // Awaited here: the server ends with this function.
  return await withLlama(async (endpoint) => {
    await assay(server, bodies('Warm').slice(0, slots));
    const ours = await assay(server, bodies('Assay'));
    const file = await plainClient(endpoint, bodies('File'));
    const mixed = await plainClient(endpoint, shuffled(bodies('Mixed'), seededRandom(1)));
    const sorted = await plainClient(endpoint, byPrompt(bodies('Sorted')));
    const best = Math.min(file.seconds, mixed.seconds, sorted.seconds);
    return (
      `lanes on llama-server, ${model.id}, ${values.rows} rows, ${values.groups} groups, ${slots} slots: Assay ${told(ours)}, ` +
      `where every slot meeting every prefix would save ${(100 * ours.bound).toFixed(1)} %; file order ${told(file)}; ` +
      `shuffled ${told(mixed)}; sorted ${told(sorted)}; Assay takes ${(ours.seconds / best).toFixed(2)} of the best of them`
    );
  }, of);
}

process.once('SIGINT', () => process.exit(130));
console.log(machine());
for (const slots of values.slots.split(',').map(Number)) {
  const line = await measure(slots);
  console.log(line);
  if (values.record) await record(line);
}
