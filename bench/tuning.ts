/**
 * How near the number of rows in flight that Assay chooses by itself comes to the best fixed one: on three simulated
 * engines, and on a real one through Assay, in turns with each fixed number. `node bench/tuning.ts [--part simulated|engine]
 * [--fixed 1,2,4,8] [--rows 32] [--search-rows 64] [--max-tokens 32] [--rounds 1] [--budget-minutes 10] [--record]`, and the
 * flags of engine-under-test.ts. A fixed number of a llama-server that is started is its number of slots. `--start` is the
 * number that the search begins with at --base-url.
 */

import { parseArgs } from 'node:util';
import { bestFixed, curves, tuned } from '../test/scheduler/saturation-curves.ts';
import { type EngineUnderTest, engineFlags, openEngine } from './engine-under-test.ts';
import { machine, median, openBudget, percent, record } from './measure.ts';
import { sendThroughAssay, told } from './senders.ts';
import { bodies, describe, type Workload } from './workload.ts';

const { values } = parseArgs({
  options: {
    ...engineFlags,
    part: { type: 'string' },
    fixed: { type: 'string', default: '1,2,4,8' },
    start: { type: 'string' },
    rows: { type: 'string', default: '32' },
    'search-rows': { type: 'string', default: '64' },
    prefixes: { type: 'string', default: '4' },
    'max-tokens': { type: 'string', default: '32' },
    rounds: { type: 'string', default: '1' },
    'budget-minutes': { type: 'string', default: '10' },
    record: { type: 'boolean', default: false },
  },
});
const load: Workload = {
  rows: Number(values.rows),
  prefixes: Number(values.prefixes),
  maxTokens: Number(values['max-tokens']),
};
const fixed = values.fixed.split(',').map(Number);

/** What the search has found on each curve after 60 s, and how fast the engine is in the four minutes after. */
function simulated(): string[] {
  return Object.entries(curves).map(([name, curve]) => {
    const best = bestFixed(curve);
    const starts = [4, 16, 64].map((start) => {
      const { engine, tuner } = tuned(curve, start);
      engine.run(60_000, tuner);
      const found = tuner.found()!;
      const after = engine.run(240_000, tuner) / 240;
      return `from ${start} rows: ${found} after 60 s (${percent(curve(found) / best.speed)} of the best fixed), then ${percent(after / best.speed)}`;
    });
    return `tuning on ${name}, simulated, best fixed ${best.rows} rows and ${best.speed.toFixed(0)} tok/s: ${starts.join('; ')}`;
  });
}

/** Tokens a second at each setting, null being Assay's own choice; those that the budget has no time for are absent. */
async function speeds(engine: EngineUnderTest): Promise<Map<number | null, number[]>> {
  const budget = openBudget(Number(values['budget-minutes']));
  const seen = new Map<number | null, number[]>();
  let run = 1;
  const send = async (setting: number | null, rows: number) => {
    const subject = await engine.use(setting);
    const sent = await budget.within(() =>
      sendThroughAssay(engine.server, subject, bodies(subject.model, { ...load, rows }, run++)),
    );
    if (sent !== null) console.log(`  ${subject.model}, ${rows} rows: ${told(sent)}`);
    return sent;
  };
  // What it finds is kept for the next run, as it is for a user's next batch.
  await send(null, Number(values['search-rows']));
  const settings = [null, ...fixed];
  for (let round = 0; round < Number(values.rounds); round++) {
    for (let turn = 0; turn < settings.length; turn++) {
      const setting = settings[(turn + round) % settings.length]!;
      const sent = await send(setting, load.rows);
      if (sent !== null) seen.set(setting, [...(seen.get(setting) ?? []), sent.tokens / sent.seconds]);
    }
  }
  return seen;
}

async function onEngine(): Promise<string | null> {
  const env: Record<string, string> = values.start === undefined ? {} : { ASSAY_REMOTE_CONCURRENCY: values.start };
  await using engine = await openEngine(values, fixed, env);
  const seen = await speeds(engine);
  const own = seen.get(null);
  const others = fixed.flatMap((rows) => (seen.has(rows) ? [{ rows, speed: median(seen.get(rows)!) }] : []));
  if (own === undefined || others.length === 0) return null;
  const best = others.reduce((a, b) => (b.speed > a.speed ? b : a));
  const found = await engine.found();
  const { endpoint } = await engine.use(null);
  const slots = endpoint.slots === null ? '' : `${endpoint.slots} slots, `;
  const chosen = found === null ? `${slots}not searched for` : `found ${found} rows in flight`;
  return (
    `tuning on ${endpoint.engine}, ${values.model}, ${describe(load)}, ${values.rounds} rounds: by itself ${chosen}, ` +
    `${median(own).toFixed(0)} tok/s, ${percent(median(own) / best.speed)} of the best fixed, ${best.rows}; fixed ` +
    others.map(({ rows, speed }) => `${rows}: ${speed.toFixed(0)} tok/s`).join(', ')
  );
}

process.once('SIGINT', () => process.exit(130));
console.log(machine());
const lines = values.part === 'engine' ? [] : simulated();
for (const line of lines) console.log(line);
if (values.part !== 'simulated') {
  const line = await onEngine();
  console.log(line ?? `not measured on the engine: no time was left of --budget-minutes ${values['budget-minutes']}`);
  if (line !== null) lines.push(line);
}
if (values.record) for (const line of lines) await record(line);
