/** Sends the same rows to one engine in three ways: by a plain client, by an ideal one, and as a batch through Assay. */

import { readFileSync } from 'node:fs';
import { finalStatuses } from '../src/contracts/openai-batch.ts';
import { complete } from '../src/engines/complete.ts';
import { laneOrder } from '../src/prompts/lane-order.ts';
import { prefixKey, promptText } from '../src/prompts/prefix-key.ts';
import { openLanes } from '../src/scheduler/lanes.ts';
import { createBatch, getBatch, getMetrics, uploadInput, waitFor } from '../test/harness/batches.ts';
import type { RunningAssay } from '../test/harness/server.ts';
import { workRow } from '../test/scheduler/work-row.ts';
import type { Subject } from './engine-under-test.ts';
import type { Body } from './workload.ts';

/** What a run of the rows took. */
export interface Sent {
  /** From the first row's start to the last one's end; through Assay, to the last commit. */
  seconds: number;
  /** Of all prompts and answers. */
  tokens: number;
  /** Share of the prompts' tokens that came from the cache; null where the engine does not tell. */
  saved: number | null;
  /** Seconds of processor time of the engine; null for one that was not started here. */
  cpu: number | null;
  /** Seconds that threads of the engine waited for a processor that something else had, summed; null where that is not told. */
  waited: number | null;
  /** Seconds of processor time of all else: Assay with its database, and this client; null elsewhere than on Linux. */
  beside: number | null;
  /** Seconds of processor time that the host gave to others while this machine wanted it; 0 where it does not tell. */
  stolen: number;
}

const hour = 3_600_000;
/** The engine wants all processors: a look at the batch costs it some milliseconds. */
const lookMs = 2000;

/** A closed loop without lanes: as many rows in flight as the setting says, each in whichever slot the engine chooses. */
export function sendPlainly(subject: Subject, rows: Body[], signal: AbortSignal): Promise<Sent> {
  return loop(subject, { rows, slots: null }, signal);
}

/**
 * The ideal closed loop: rows in Assay's order and, where the engine has slots with a cache each, by Assay's lanes, with
 * all rows at hand at once; no database, no queue, no landing.
 */
export function sendIdeally(subject: Subject, rows: Body[], signal: AbortSignal): Promise<Sent> {
  const { slots } = subject.endpoint;
  return loop(subject, { rows: inOrder(rows, slots ?? 1), slots }, signal);
}

async function loop(
  subject: Subject,
  work: { rows: Body[]; slots: number | null },
  signal: AbortSignal,
): Promise<Sent> {
  const { endpoint } = subject;
  const lanes = openLanes(work.slots);
  const ready = work.rows.map((body, line) => workRow(line, { prefixKey: prefixKey(promptText(body)) }));
  const sum = { prompt: 0, completion: 0, cached: 0 };
  let told = true;
  const spent = meter(subject);
  const started = performance.now();
  const client = async (): Promise<void> => {
    for (let next = lanes.pick(ready); next !== null; next = lanes.pick(ready)) {
      const { row, lane } = next;
      const body = work.rows[row.line]!;
      const request = { path: '/v1/chat/completions', body, lane, timeoutMs: hour, signal } as const;
      const { status, usage, body: answer } = await complete(endpoint, request);
      if (status !== 200) throw new Error(`the engine answered ${status}: ${JSON.stringify(answer).slice(0, 300)}`);
      lanes.free(lane);
      sum.prompt += usage.prompt ?? 0;
      sum.completion += usage.completion ?? 0;
      sum.cached += usage.cached ?? 0;
      told &&= usage.cached !== null;
    }
  };
  await Promise.all(Array.from({ length: endpoint.concurrency }, client));
  const seconds = (performance.now() - started) / 1000;
  const saved = told ? sum.cached / sum.prompt : null;
  return { seconds, tokens: sum.prompt + sum.completion, saved, ...spent() };
}

/** The order in which a batch of these rows runs. */
function inOrder(rows: Body[], slots: number): Body[] {
  const keyed = rows.map((body) => ({ body, text: promptText(body), key: prefixKey(promptText(body)) }));
  keyed.sort((a, b) => Buffer.compare(a.key, b.key));
  if (slots === 1) return keyed.map(({ body }) => body);
  const order = laneOrder(slots, rows.length);
  for (const { key, text } of keyed) order.add(key, text.length);
  return [...order.order()].map((place) => keyed[place]!.body);
}

/** As a batch; `subject.model` is what the rows name. */
export async function sendThroughAssay(server: RunningAssay, subject: Subject, rows: Body[]): Promise<Sent> {
  const line = (body: Body, i: number) =>
    JSON.stringify({ custom_id: `row-${i}`, method: 'POST', url: '/v1/chat/completions', body });
  const file = await uploadInput(server, `${rows.map(line).join('\n')}\n`);
  const spent = meter(subject);
  const batch = await createBatch(server, file);
  const done = await waitFor(
    () => getBatch(server, batch.id),
    ({ status }) => finalStatuses.includes(status),
    { timeoutMs: 24 * hour, everyMs: lookMs, what: `end of ${batch.id}` },
  );
  const cost = spent();
  if (done.request_counts.completed !== rows.length) throw new Error(JSON.stringify(done));
  const { run_seconds: seconds, tokens, prefix } = await getMetrics(server, batch.id);
  return { seconds: seconds!, tokens: tokens.prompt + tokens.completion, saved: prefix.saved, ...cost };
}

/**
 * "12.3 s (456 tok/s, engine 20.1 s of processor and 0.52 s without one, all else 0.31 s, 0.4 s withheld by the host, saved
 * 87.6 %)".
 */
export function told({ seconds, tokens, saved, cpu, waited, beside, stolen }: Sent): string {
  const withheld = stolen < 0.05 ? '' : `, ${stolen.toFixed(1)} s withheld by the host`;
  const rest = `${beside === null ? '' : `, all else ${beside.toFixed(2)} s`}${withheld}`;
  const without = waited === null ? '' : ` and ${waited.toFixed(2)} s without one`;
  const processor = cpu === null ? rest : `, engine ${cpu.toFixed(1)} s of processor${without}${rest}`;
  const share = saved === null ? 'unknown' : `${(100 * saved).toFixed(1)} %`;
  return `${seconds.toFixed(1)} s (${(tokens / seconds).toFixed(0)} tok/s${processor}, saved ${share})`;
}

/** What the engine, all else and the host take of the machine from now on, until the function that is given back is called. */
function meter(subject: Subject): () => Pick<Sent, 'cpu' | 'waited' | 'beside' | 'stolen'> {
  const [cpu, waited, beside] = [subject.cpuSeconds(), subject.waitedSeconds(), subject.besideSeconds()];
  const stolen = stolenSeconds();
  return () => ({
    cpu: cpu === null ? null : subject.cpuSeconds()! - cpu,
    waited: waited === null ? null : subject.waitedSeconds()! - waited,
    beside: beside === null ? null : subject.besideSeconds()! - beside,
    stolen: stolenSeconds() - stolen,
  });
}

/** Of all processors since the machine started, from /proc/stat (proc(5): "steal", in hundredths of a second); 0 elsewhere than on Linux. */
function stolenSeconds(): number {
  if (process.platform !== 'linux') return 0;
  const [, ...times] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.split(/\s+/);
  return Number(times[7]) / 100;
}
