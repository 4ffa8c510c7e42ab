/**
 * Whether Assay keeps a real engine full: a batch through Assay in turns with an ideal closed-loop client, which sends the
 * same rows in the same order, to the same lanes, straight to the same engine, at the fixed number of rows in flight that
 * this client itself is fastest with. `node bench/closed-loop.ts [--fixed 1,2,4,8] [--rows 64] [--search-rows 24]
 * [--max-tokens 32] [--rounds 3] [--budget-minutes 10] [--record]`, and the flags of engine-under-test.ts.
 */

import { parseArgs } from 'node:util';
import { type EngineUnderTest, engineFlags, openEngine } from './engine-under-test.ts';
import { machine, median, openBudget, percent, record } from './measure.ts';
import { type Sent, sendIdeally, sendThroughAssay, told } from './senders.ts';
import { bodies, describe, type Workload } from './workload.ts';

const { values } = parseArgs({
  options: {
    ...engineFlags,
    fixed: { type: 'string', default: '1,2,4,8' },
    rows: { type: 'string', default: '64' },
    'search-rows': { type: 'string', default: '24' },
    prefixes: { type: 'string', default: '4' },
    'max-tokens': { type: 'string', default: '32' },
    rounds: { type: 'string', default: '3' },
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
const budget = openBudget(Number(values['budget-minutes']));
/** Of the rows of each run, so that none finds its own in a cache. */
let run = 1;

/** The number of rows in flight that the ideal client is fastest with. */
async function bestSetting(engine: EngineUnderTest): Promise<number> {
  let best = { setting: fixed[0]!, speed: 0 };
  for (const setting of fixed.length === 1 ? [] : fixed) {
    const subject = await engine.use(setting);
    const rows = bodies(subject.model, { ...load, rows: Number(values['search-rows']) }, run++);
    const sent = await budget.within(() => sendIdeally(subject, rows, budget.signal));
    if (sent === null) break;
    console.log(`  ideal client, ${setting} in flight: ${told(sent)}`);
    const speed = sent.tokens / sent.seconds;
    if (speed > best.speed) best = { setting, speed };
  }
  return best.setting;
}

interface Round {
  ours: Sent;
  ideal: Sent;
}

async function measureRound(engine: EngineUnderTest, setting: number, round: number): Promise<Round | null> {
  const subject = await engine.use(setting);
  const ours = () => sendThroughAssay(engine.server, subject, bodies(subject.model, load, run++));
  const ideal = () => sendIdeally(subject, bodies(subject.model, load, run++), budget.signal);
  const assayFirst = round % 2 === 0;
  const first = await budget.within(assayFirst ? ours : ideal);
  const second = first === null ? null : await budget.within(assayFirst ? ideal : ours);
  if (first === null || second === null) return null;
  const both = assayFirst ? { ours: first, ideal: second } : { ours: second, ideal: first };
  console.log(`  Assay ${told(both.ours)}; ideal client ${told(both.ideal)}`);
  return both;
}

process.once('SIGINT', () => process.exit(130));
console.log(machine());
await using engine = await openEngine(values, fixed);
const setting = await bestSetting(engine);
const rounds: Round[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const both = await measureRound(engine, setting, round);
  if (both === null) break;
  rounds.push(both);
}
if (rounds.length === 0) {
  console.log(`not measured: no time was left of --budget-minutes ${values['budget-minutes']}`);
} else {
  const speed = ({ tokens, seconds }: Sent): number => tokens / seconds;
  const shares = rounds.map(({ ours, ideal }) => speed(ours) / speed(ideal));
  const cpu = rounds.flatMap(({ ours, ideal }) => (ours.cpu && ideal.cpu ? [ours.cpu / ideal.cpu] : []));
  const processor = cpu.length === 0 ? '' : `, with ${percent(median(cpu))} of its engine's processor time`;
  const { engine: kind } = (await engine.use(setting)).endpoint;
  const line =
    `closed loop on ${kind}, ${values.model}, ${describe(load)}, ${setting} in flight (fastest of ${values.fixed}), ` +
    `${rounds.length} rounds: Assay ${median(rounds.map(({ ours }) => speed(ours))).toFixed(0)} tok/s, ideal client ` +
    `${median(rounds.map(({ ideal }) => speed(ideal))).toFixed(0)} tok/s; Assay does ${percent(median(shares))} of it ` +
    `(${shares.map((share) => percent(share)).join(', ')})${processor}`;
  console.log(line);
  if (values.record) await record(line);
}
