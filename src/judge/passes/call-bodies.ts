/** Makes the request bodies of calls from the answers they ask about. */

import type { PoolClient } from 'pg';
import { answerOfOutput } from '../../compare/answer-of-output.ts';
import { batchRequest } from '../asking/batch-prompt.ts';
import { pairwiseRequest } from '../asking/pairwise-prompt.ts';
import { readPreference, readSingle } from '../asking/read-verdicts.ts';
import { repairRequest } from '../asking/repair-request.ts';
import type { AskedRubric, JudgeBody, JudgeItem } from '../asking/rubric-words.ts';
import { singleRequest } from '../asking/single-prompt.ts';
import type { Asking } from '../asking/verdict-schema.ts';
import type { CallRow } from './calls.ts';
import type { JudgeRunRow } from './judge-run-row.ts';
import { answersAt, type JudgedAnswer } from './judged-answers.ts';
import type { BodyOf } from './send-wave.ts';

/** The rubric as the judge is told it. */
const rubricOf = ({ settings }: JudgeRunRow): AskedRubric => ({
  criteria: settings.criteria,
  instructions: settings.instructions,
});

/** How a judge is asked. */
export function askingOf({ settings }: Pick<JudgeRunRow, 'settings'>, judge: string): Asking {
  const engine = settings.engines[judge];
  return engine === undefined ? {} : { engine };
}

/** Reads the answers of all calls at once. A body is null when one of its answers has been deleted since. */
export async function openBodies(q: PoolClient, run: JudgeRunRow, calls: CallRow[]): Promise<BodyOf> {
  const answers = await answersAt(q, run, [...new Set(calls.flatMap((call) => call.ordinals))]);
  const replies = await repliesOf(q, run, calls);
  return (call) => {
    const asked = call.ordinals.map((ordinal) => answers.get(ordinal));
    if (asked.some((answer) => answer === undefined)) return null;
    const body = bodyOf(run, call, asked as JudgedAnswer[]);
    const reply = call.repairs === null ? undefined : replies.get(call.repairs);
    return reply === undefined ? body : repairRequest(body, reply.text, faultIn(run, call, reply));
  };
}

interface Reply {
  text: string;
  /** The ids of the call it is the reply to. */
  ids: string[];
}

/** The replies that calls are to mend, by the number of the call they answer. */
async function repliesOf(q: PoolClient, run: JudgeRunRow, calls: CallRow[]): Promise<Map<number, Reply>> {
  const mended = calls.flatMap((call) => call.repairs ?? []);
  if (mended.length === 0) return new Map();
  const { rows } = await q.query<{ call: number; ids: string[]; output: string }>(
    `select c.call, c.ids, r.output from judge_calls c join results r on r.batch_id = c.batch_id and r.line = c.line
     where c.judge_run_id = $1 and c.call = any ($2::int[]) and r.ok`,
    [run.judge_run_id, mended],
  );
  return new Map(rows.map(({ call, ids, output }) => [call, { ids, text: answerOfOutput(output).content ?? '' }]));
}

function faultIn(run: JudgeRunRow, call: CallRow, reply: Reply): string {
  const read =
    call.part === 'ab' || call.part === 'ba'
      ? readPreference(reply.text, [reply.ids[0]!, reply.ids[1]!])
      : readSingle(reply.text, run.settings.criteria);
  return read.unusable ?? 'it is not a verdict on the answer asked about';
}

function bodyOf(run: JudgeRunRow, call: CallRow, answers: JudgedAnswer[]): JudgeBody {
  const rubric = rubricOf(run);
  const asking = askingOf(run, call.judge);
  const [first] = answers as [JudgedAnswer];
  const reference = run.settings.reference ? first.expected : null;
  if (call.part === 'ab' || call.part === 'ba') {
    const item = { prompt: first.prompt, a: first.content ?? '', b: first.other ?? '', reference };
    return pairwiseRequest(rubric, item, { ...asking, order: call.part, ids: [call.ids[0]!, call.ids[1]!] });
  }
  if (run.mode !== 'batch' || call.part === 'check')
    return singleRequest(rubric, itemOf(first, run), { ...asking, id: call.ids[0]! });
  const items = answers.map((answer, at) => ({ ...itemOf(answer, run), id: call.ids[at]! }));
  return batchRequest(rubric, items, asking);
}

const itemOf = ({ prompt, content, expected }: JudgedAnswer, run: JudgeRunRow): JudgeItem => ({
  prompt,
  answer: content ?? '',
  reference: run.settings.reference ? expected : null,
});
