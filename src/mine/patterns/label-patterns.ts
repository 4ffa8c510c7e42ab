/** Names clusters of failures by a model, and tests each name by a judge that sees nothing but the name. */

import type { Cluster, Failure, LabelOptions, Pattern } from '../../contracts/mining.ts';
import type { ModelSpec } from '../../contracts/models.ts';
import type { JudgeBody } from '../../judge/asking/rubric-words.ts';
import { takenFields } from '../../judge/asking/taken-fields.ts';
import type { Asking } from '../../judge/asking/verdict-schema.ts';
import type { Call, Reply, StepHands } from '../asks/ask.ts';
import { chooseExamples, type Examples, heldOutOf } from './choose-examples.ts';
import { type Label, readLabel } from './label.ts';
import { f1, figuresOf, isGood, type LabelFigures, noteOf, type Tested } from './label-figures.ts';
import { nameRequest } from './name-cluster.ts';
import { termPattern } from './term-titles.ts';
import { readMemberships, type TestCall, testCalls } from './test-label.ts';

export interface ToLabel {
  /** All clusters of the analysis; "other" (-1) gets no name, and its failures help to test those of the rest. */
  clusters: Cluster[];
  /** Ordinals of a cluster's failures, of "other" by -1, in an order that does not change. */
  membersOf: (cluster: number) => ArrayLike<number>;
  /** Failures by their ordinals, in any order. */
  failures: (ordinals: number[]) => Promise<Failure[]>;
  options: LabelOptions;
  /** What is known of a model: engines differ in the forms and fields they take. @throws AssayError model_not_found */
  modelOf?: (model: string) => Promise<KnownModel> | KnownModel;
  /** Tokens that a model may think before it replies. */
  thinkingTokens?: number;
}

/** What matters of a model to how it is asked. */
export type KnownModel = Pick<Partial<ModelSpec>, 'engine' | 'refuses'>;

interface Try {
  label: Label;
  /** null: it was not tested. */
  figures: LabelFigures | null;
}

/** One cluster on its way to a name. */
interface Naming {
  cluster: Cluster;
  examples: Examples;
  tries: Try[];
  /** Failures shown with an earlier label's errors, and those that tested one. */
  shown: Set<number>;
  used: Set<number>;
  fault: string | null;
}

/** Errors of each kind that are shown with a label that did badly. */
const ERRORS_SHOWN = 3;
const NO_MODEL = 'Named by its terms: no model was asked for a name.';

/**
 * A pattern for each cluster but "other", in their order. Calls go out wide: all names in one ask (those whose replies cannot be
 * read once more), then all tests in one, and so again for the labels that did badly, `max_tries` times at most. No failure
 * that was shown to name a cluster ever tests its label. Of several labels the best one is kept: one that is as good as asked for,
 * else that with the highest F1; being chosen by it, its figures flatter it a little.
 * @throws what `ask` throws, and the signal's reason
 */
export async function labelPatterns(given: ToLabel, hands: StepHands): Promise<Pattern[]> {
  const { options } = given;
  const named = given.clusters.filter(({ cluster }) => cluster >= 0);
  if (options.model === null) return named.map((cluster) => termPattern(cluster, NO_MODEL));
  const examples = chooseExamples(given);
  const namings = named.map(
    (cluster): Naming => ({
      cluster,
      examples: examples.get(cluster.cluster)!,
      tries: [],
      shown: new Set(),
      used: new Set(),
      fault: null,
    }),
  );
  const total = namings.length;
  for (let round = 1; round <= options.max_tries; round++) {
    const due = round === 1 ? namings : namings.filter((one) => mayDoBetter(one, options));
    if (due.length === 0) break;
    await nameAll(given, hands, { due, round, total, model: options.model });
    await testAll(given, hands, { due: due.filter(hasNewLabel), round, total });
    const open = round < options.max_tries ? namings.filter((one) => mayDoBetter(one, options)).length : 0;
    hands.tell({ done: total - open, total });
  }
  return namings.map((one) => patternOf(one, options));
}

const hasNewLabel = ({ tries }: Naming): boolean => tries.length > 0 && tries.at(-1)!.figures === null;

/** Whether the last label did badly in a test that could be read, and rows are left that can test another. */
function mayDoBetter({ tries, examples, shown, used }: Naming, options: LabelOptions): boolean {
  const figures = tries.at(-1)?.figures ?? null;
  if (figures === null || figures.chance === null || isGood(figures, options)) return false;
  return heldOutOf(examples, { shown: new Set([...shown, ...errorsOf(figures)]), used }) !== null;
}

const errorsOf = ({ taken, left }: LabelFigures): number[] => [
  ...left.slice(0, ERRORS_SHOWN),
  ...taken.slice(0, ERRORS_SHOWN),
];

interface Round {
  due: Naming[];
  round: number;
  /** Clusters that are named in all. */
  total: number;
}

/** Asks for a label of each that is due; replies that cannot be read are asked for once more. */
async function nameAll(given: ToLabel, { ask, tell, signal }: StepHands, o: Round & { model: string }): Promise<void> {
  const { asking, taken } = await askedWith(given, o.model);
  for (const again of [false, true]) {
    const due = again ? o.due.filter(({ fault }) => fault !== null) : o.due;
    if (due.length === 0) return;
    tell({
      done: o.total - o.due.length,
      total: o.total,
      note: `${again ? 'asks again for' : 'asks for'} ${due.length} names`,
    });
    const calls: Call[] = [];
    for (const one of due)
      calls.push({
        id: String(one.cluster.cluster),
        body: taken(await namingBody(given, one, { round: o.round, asking })),
      });
    signal.throwIfAborted();
    const replies = await ask({ model: o.model, purpose: 'names of failure patterns', calls });
    for (const one of due) keepLabel(one, replies.get(String(one.cluster.cluster)));
  }
}

async function namingBody(given: ToLabel, one: Naming, { round, asking }: { round: number; asking: Asking }) {
  const { examples, tries, fault, shown } = one;
  const last = tries.at(-1);
  const taken = last?.figures?.taken.slice(0, ERRORS_SHOWN) ?? [];
  const left = last?.figures?.left.slice(0, ERRORS_SHOWN) ?? [];
  for (const ordinal of [...taken, ...left]) shown.add(ordinal);
  const found = await byOrdinal(given, [...examples.central, ...examples.contrast, ...taken, ...left]);
  return nameRequest({
    central: found(examples.central),
    contrast: found(examples.contrast),
    earlier: last === undefined ? null : { label: last.label, taken: found(taken), left: found(left) },
    fault,
    seed: `${given.options.seed} name ${one.cluster.cluster} ${round}`,
    asking,
  });
}

function keepLabel(one: Naming, reply: Reply | undefined): void {
  const read =
    reply === undefined || reply.text === null ? (reply?.error ?? 'there was no reply') : readLabel(reply.text);
  one.fault = typeof read === 'string' ? read : null;
  if (typeof read !== 'string') one.tries.push({ label: read, figures: null });
}

/** Tests the newest label of each that is due, where failures are held out for it. */
async function testAll(given: ToLabel, { ask, tell, signal }: StepHands, { due, round, total }: Round): Promise<void> {
  const judge = given.options.judge ?? given.options.model!;
  const { asking, taken } = await askedWith(given, judge);
  const tests: { one: Naming; rows: Tested[]; calls: (TestCall & { id: string })[] }[] = [];
  for (const one of due) {
    const held = one.examples.heldOut === 0 ? null : heldOutOf(one.examples, one);
    if (held === null) continue;
    const ordinals = [...held.members, ...held.others];
    for (const ordinal of ordinals) one.used.add(ordinal);
    const found = (await byOrdinal(given, ordinals))(ordinals);
    const seed = `${given.options.seed} test ${one.cluster.cluster} ${round}`;
    const calls = testCalls(one.tries.at(-1)!.label, found, { seed, asking });
    const members = new Set(held.members);
    tests.push({
      one,
      rows: found.map(({ ordinal }) => ({ ordinal, member: members.has(ordinal), said: null })),
      calls: calls.map((call, at) => ({ ...call, id: `${one.cluster.cluster}-${at}` })),
    });
  }
  const calls = tests.flatMap((test) => test.calls.map(({ id, body }) => ({ id, body: taken(body) })));
  if (calls.length === 0) return;
  tell({ done: total - due.length, total, note: `tests ${tests.length} names` });
  signal.throwIfAborted();
  const replies = await ask({ model: judge, purpose: 'tests of the names of failure patterns', calls });
  for (const { one, rows, calls: own } of tests) {
    const said = new Map(
      own.flatMap(({ id, ordinals }) => [...readMemberships(replies.get(id)?.text ?? '', ordinals)]),
    );
    const verdicts = rows.map((row) => ({ ...row, said: said.get(row.ordinal) ?? null }));
    one.tries.at(-1)!.figures = figuresOf(verdicts, judge);
  }
}

/** How a model is asked: the forms that its engine takes, and the fields that it does not turn down. */
async function askedWith({ modelOf, thinkingTokens }: ToLabel, model: string) {
  const { engine, refuses } = (await modelOf?.(model)) ?? {};
  const asking: Asking = {
    ...(engine === undefined ? {} : { engine }),
    ...(thinkingTokens === undefined ? {} : { thinkingTokens }),
  };
  return { asking, taken: (body: JudgeBody) => takenFields(body, refuses) };
}

/** Gives the failures of a list of ordinals in its order; one that is not there is left out. */
async function byOrdinal({ failures }: ToLabel, ordinals: number[]): Promise<(list: number[]) => Failure[]> {
  const found = new Map((await failures([...new Set(ordinals)])).map((failure) => [failure.ordinal, failure]));
  return (list) => list.flatMap((ordinal) => found.get(ordinal) ?? []);
}

function patternOf({ cluster, examples, tries, fault }: Naming, options: LabelOptions): Pattern {
  const best = bestOf(tries, options);
  if (best === null)
    return termPattern(cluster, `Named by its terms: no reply of ${options.model} could be used (${fault}).`);
  const { label, figures } = best;
  return {
    cluster: cluster.cluster,
    size: cluster.size,
    ...label,
    titled_by: 'model',
    test: figures?.test ?? null,
    tries: tries
      .filter((one) => one !== best)
      .map(({ label: { title }, figures: of }) => ({
        title,
        precision: of?.test.precision ?? null,
        recall: of?.test.recall ?? null,
      })),
    note: figures === null ? untested(examples) : noteOf(figures, options),
  };
}

function bestOf(tries: Try[], options: LabelOptions): Try | null {
  const worth = ({ figures }: Try) => (figures === null ? -1 : f1(figures) + (isGood(figures, options) ? 1 : 0));
  return tries.reduce<Try | null>((best, one) => (best === null || worth(one) > worth(best) ? one : best), null);
}

const untested = ({ others }: Examples): string =>
  others.length < 2
    ? 'Not tested: there are too few failures outside of the cluster to tell it from.'
    : 'Not tested: the cluster has too few failures to hold some out.';
