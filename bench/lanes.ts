/**
 * What order and lanes are worth on a real engine: a batch through Assay in turns with a plain client that keeps as many
 * rows in flight at the same engine, in file order, shuffled and plainly sorted; beside H*, counted in the engine's own
 * tokens. `node bench/lanes.ts [--rows 64] [--slots 1,2,4] [--prefixes 4] [--max-tokens 32] [--phrases 4]
 * [--rounds 1] [--budget-minutes 10] [--against "file order,sorted"] [--no-sharing] [--record]`, and the flags of
 * engine-under-test.ts (`--model qwen2.5-coder-1.5b`). With --no-sharing no two rows begin alike, and only file order stands beside Assay.
 */

import { parseArgs } from 'node:util';
import { tokensOf } from '../test/engines/tokens-of.ts';
import { seededRandom, shuffled } from '../test/harness/random.ts';
import { type EngineUnderTest, engineFlags, openEngine, type Subject } from './engine-under-test.ts';
import { machine, median, openBudget, percent, record } from './measure.ts';
import { type Sent, sendPlainly, sendThroughAssay, told } from './senders.ts';
import { type Body, bodies, describe, tokenBounds, type Workload } from './workload.ts';

const { values } = parseArgs({
  options: {
    ...engineFlags,
    rows: { type: 'string', default: '64' },
    slots: { type: 'string', default: '1,2,4' },
    prefixes: { type: 'string', default: '4' },
    'max-tokens': { type: 'string', default: '32' },
    phrases: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '1' },
    'budget-minutes': { type: 'string', default: '10' },
    against: { type: 'string' },
    'no-sharing': { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const load: Workload = {
  rows: Number(values.rows),
  prefixes: values['no-sharing'] ? 0 : Number(values.prefixes),
  maxTokens: Number(values['max-tokens']),
  phrases: Number(values.phrases),
};
const settings = values.slots.split(',').map(Number);
const budget = openBudget(Number(values['budget-minutes']));
/** Of the rows of each run, so that none finds its own in a cache. */
let run = 1;

const byPrompt = (rows: Body[]): Body[] =>
  rows.toSorted((a, b) => (JSON.stringify(a.messages) < JSON.stringify(b.messages) ? -1 : 1));
const allOrders: Record<string, (rows: Body[]) => Body[]> = {
  'file order': (rows) => rows,
  ...(load.prefixes === 0 ? {} : { shuffled: (rows) => shuffled(rows, seededRandom(1)), sorted: byPrompt }),
};
/** Those that stand beside Assay. */
const orders = Object.fromEntries(
  (values.against?.split(',') ?? Object.keys(allOrders)).map((name) => {
    const order = allOrders[name];
    if (order === undefined) {
      console.error(`--against ${name}: no such order; there are ${Object.keys(allOrders).join(', ')}`);
      process.exit(2);
    }
    return [name, order];
  }),
);

/** One run of each way to send the rows; those that the budget has no time for are absent. */
async function measureRound(engine: EngineUnderTest, subject: Subject, round: number): Promise<Map<string, Sent>> {
  const names = ['Assay', ...Object.keys(orders)];
  const seen = new Map<string, Sent>();
  for (let turn = 0; turn < names.length; turn++) {
    // Each way begins a round once, so that none is always the first.
    const name = names[(turn + round) % names.length]!;
    const rows = bodies(subject.model, load, run++);
    const sent = await budget.within(() =>
      name === 'Assay'
        ? sendThroughAssay(engine.server, subject, rows)
        : sendPlainly(subject, orders[name]!(rows), budget.signal),
    );
    if (sent !== null) seen.set(name, sent);
    if (sent !== null) console.log(`  ${subject.model}, ${name}: ${told(sent)}`);
  }
  return seen;
}

/**
 * Assay's time, or its engine's processor time, as shares of that of the best other order, from the least to the most of the rounds. The
 * best is the order with the largest median, over the rounds that have both, since the least of several noisy times is less than any of
 * them takes; null where no round has both.
 */
function ofBest(rounds: Map<string, Sent>[], cost: (sent: Sent) => number | null): number[] | null {
  const shares = Object.keys(orders).flatMap((name) => {
    const ratios = rounds.flatMap((round) => {
      const [ours, other] = [round.get('Assay'), round.get(name)];
      const ratio = ours && other ? (cost(ours) ?? Number.NaN) / (cost(other) ?? Number.NaN) : Number.NaN;
      return ratio > 0 ? [ratio] : [];
    });
    return ratios.length === 0 ? [] : [ratios.toSorted((a, b) => a - b)];
  });
  return shares.toSorted((a, b) => median(b) - median(a))[0] ?? null;
}

/** "1.013 (0.982 to 1.020)". */
const spread = (ratios: number[]): string =>
  `${median(ratios).toFixed(3)}${ratios.length === 1 ? '' : ` (${ratios[0]!.toFixed(3)} to ${ratios.at(-1)!.toFixed(3)})`}`;

/** What was saved beside the bounds, in the engine's tokens; '' where nothing is shared, or not told. */
async function boundsOf(subject: Subject, saved: number | null): Promise<string> {
  const prompts: number[][] = [];
  for (const body of load.prefixes === 0 ? [] : bodies(subject.model, load, run++)) {
    const tokens = await tokensOf(subject.endpoint, body);
    if (tokens !== null) prompts.push(tokens);
  }
  if (prompts.length === 0 || saved === null) return '';
  const slots = subject.endpoint.slots ?? 1;
  const { whole, perSlot } = tokenBounds(prompts, slots);
  const each =
    slots === 1 ? '' : ` and ${percent(saved / perSlot)} of the ${percent(perSlot)} of slots that meet each prefix`;
  return `, ${percent(saved / whole)} of H* ${percent(whole)}${each}`;
}

async function measure(engine: EngineUnderTest, setting: number): Promise<string | null> {
  const subject = await engine.use(setting);
  const rounds: Map<string, Sent>[] = [];
  // Not counted: the first run on an engine just started took up to 10 % longer, whoever sent it.
  await budget.within(() => sendPlainly(subject, bodies(subject.model, load, run++), budget.signal));
  for (let round = 0; round < Number(values.rounds); round++) rounds.push(await measureRound(engine, subject, round));
  const ours = middleOf(rounds, 'Assay');
  if (ours === null) return null;
  const others = Object.keys(orders).flatMap((name) => {
    const sent = middleOf(rounds, name);
    return sent === null ? [] : [`${name} ${told(sent)}`];
  });
  const time = ofBest(rounds, ({ seconds }) => seconds);
  const cpu = ofBest(rounds, ({ cpu }) => cpu);
  const share = time === null ? '' : `; Assay takes ${spread(time)} of the time of the best of them`;
  const processor = cpu === null ? '' : ` and ${spread(cpu)} of its processor time`;
  const whole = rounds.filter((round) => round.size === 1 + Object.keys(orders).length).length;
  const kind = subject.endpoint.slots === null ? 'rows in flight' : 'slots';
  return (
    `order on ${subject.endpoint.engine}, ${values.model}, ${describe(load)}, ${setting} ${kind}, ${whole} whole rounds: ` +
    `Assay ${told(ours)}${await boundsOf(subject, ours.saved)}; ${others.join('; ')}${share}${processor}`
  );
}

/** The run whose time is in the middle; null where none was in time. */
function middleOf(rounds: Map<string, Sent>[], name: string): Sent | null {
  const runs = rounds.flatMap((round) => round.get(name) ?? []).sort((a, b) => a.seconds - b.seconds);
  return runs[Math.floor((runs.length - 1) / 2)] ?? null;
}

process.once('SIGINT', () => process.exit(130));
console.log(machine());
await using engine = await openEngine(values, settings);
for (const setting of settings) {
  const line = await measure(engine, setting);
  if (line === null) {
    console.log(`not measured with ${setting}: no time is left of --budget-minutes ${values['budget-minutes']}`);
    continue;
  }
  console.log(line);
  if (values.record) await record(line);
}
