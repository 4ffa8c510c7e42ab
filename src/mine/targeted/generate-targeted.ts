/** Makes training data from failure patterns, in rounds: prompts, answers, checks, until each pattern has its rows. */

import type { TargetedRow, TargetedStats } from '../../contracts/mining.ts';
import type { StepHands } from '../asks/ask.ts';
import { allotRows } from './allot-rows.ts';
import { answerDrafts, judgeDrafts, live } from './check-answers.ts';
import { type JudgeAnswers, openJudge } from './judge-answers.ts';
import { openPlans } from './plan-prompts.ts';
import { rowNeeds } from './row-needs.ts';
import { type BudgetOfRows, openBudgetOfRows } from './rows-within-budget.ts';
import { openSpending, type Spending } from './spending.ts';
import type { Draft, Progress, Target, TargetedInput } from './targeted-input.ts';
import { targetedStats } from './targeted-stats.ts';
import { openWriting } from './write-prompts.ts';
import { addWrongTries } from './wrong-tries.ts';

/** Everything that a round works with. */
interface Work {
  input: TargetedInput;
  spending: Spending;
  judge: JudgeAnswers | null;
  budget: BudgetOfRows;
  progress: Progress[];
  drafts: Draft[];
  /** Rows that passed when their pattern had its rows already. */
  surplus: number;
}

/** Where fewer rows pass, a round still asks for no more than this many times what is short. */
const LEAST_YIELD = 0.25;

/** The patterns that are written for, with their rows and failures. */
export async function targetsOf(input: Pick<TargetedInput, 'patterns' | 'options' | 'failuresOf'>): Promise<Target[]> {
  const targets: Target[] = [];
  for (const { pattern, wanted } of allotRows(input.patterns, input.options))
    targets.push({ pattern, wanted, failures: await input.failuresOf(pattern.cluster) });
  return targets;
}

/**
 * New prompts for each pattern, answered and checked; rows that were dropped stand among the others, in the order of their ordinals.
 * `provenance.rules` has the rules that an answer was held against; of one that a rule dropped, those that it failed. What is asked
 * follows from the input and from earlier replies alone, so that work begun again makes the same calls.
 * @throws AssayError invalid_parameter for a cluster without a pattern; what `hands.ask` throws
 */
export async function generateTargeted(
  input: TargetedInput,
  hands: StepHands,
): Promise<{ rows: TargetedRow[]; stats: TargetedStats }> {
  const targets = await targetsOf(input);
  const progress = targets.map((target) => ({ ...target, asked: 0, kept: 0 }));
  const spending = openSpending(hands, input.modelOf);
  const budget = openBudgetOfRows(input, rowNeeds(input, targets));
  const work: Work = { input, spending, judge: openJudge(input, spending), budget, progress, drafts: [], surplus: 0 };
  const writing = await openWriting(input, spending);
  const plan = openPlans(input);
  let stoppedByBudget = false;

  for (let round = 1; ; round++) {
    const due = progress.map((one) => dueOf(one, input));
    if (due.every((rows) => rows === 0)) break;
    const granted = budget.rows(due, soFar(work));
    stoppedByBudget = granted.every((rows) => rows === 0);
    if (stoppedByBudget) break;
    const plans = progress.flatMap((one, at) => plan(one, granted[at]!));
    const tell = (doing: string) => {
      hands.tell({ done: keptOf(work).length, total: input.options.rows, note: `round ${round}: ${doing}` });
      return `targeted data: ${doing}, round ${round}`;
    };
    const drafts = await writing.write(plans, tell('prompts'));
    await answerDrafts(drafts, { input, spending, purpose: tell('answers') });
    if (work.judge !== null)
      await judgeDrafts(drafts, work.judge, { threshold: input.options.threshold, purpose: tell('judging') });
    take(work, drafts);
  }
  const untried = await tryWrong(work, hands);
  const rows = work.drafts.map(({ row }) => row);
  const stats = targetedStats(rows, {
    ...work,
    spent: spending.spent,
    testRows: writing.testRows,
    stoppedByBudget,
    untried,
  });
  hands.tell({ done: stats.kept, total: input.options.rows });
  return { rows, stats };
}

/** Rows to ask for: what is short, more where few pass, and over all rounds no more than the options say. */
function dueOf({ wanted, asked, kept }: Progress, { options }: TargetedInput): number {
  const short = wanted - kept;
  const needed = asked === 0 ? short : Math.ceil(short / Math.max(LEAST_YIELD, kept / asked));
  return Math.max(0, Math.min(needed, Math.floor(wanted * options.max_factor) - asked));
}

function take(work: Work, drafts: Draft[]): void {
  const byCluster = new Map(work.progress.map((one) => [one.pattern.cluster, one]));
  for (const draft of drafts) {
    const one = byCluster.get(draft.row.cluster)!;
    one.asked += 1;
    if (draft.row.dropped === null && one.kept === one.wanted) {
      work.surplus += 1;
      continue;
    }
    if (draft.row.dropped === null) one.kept += 1;
    work.drafts.push(draft);
  }
}

const keptOf = ({ drafts }: Work): Draft[] => live(drafts);

const soFar = (work: Work) => ({
  spent: work.spending.spent,
  asked: work.progress.reduce((sum, { asked }) => sum + asked, 0),
  kept: keptOf(work).length,
});

/** Own tries at the kept rows, as far as the budget goes; gives how many there was none left for. */
async function tryWrong(work: Work, { tell }: StepHands): Promise<number> {
  const due = keptOf(work).filter(({ tried }) => tried !== null);
  const tried = due.slice(0, work.budget.tries(due.length, soFar(work)));
  tell({ done: keptOf(work).length, total: work.input.options.rows, note: 'own tries of the failing models' });
  await addWrongTries(tried, work);
  return due.length - tried.length;
}
