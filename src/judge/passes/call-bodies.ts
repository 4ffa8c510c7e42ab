/** Makes the request bodies of calls from the answers they ask about. */

import type { PoolClient } from 'pg';
import { answerOfOutput } from '../../compare/answer-of-output.ts';
import { askingFor, type CallForm, type CallItem, callBody, faultOf } from '../asking/call-form.ts';
import { repairRequest } from '../asking/repair-request.ts';
import type { JudgeBody } from '../asking/rubric-words.ts';
import { takenFields } from '../asking/taken-fields.ts';
import type { CallRow } from './calls.ts';
import type { JudgeRunRow } from './judge-run-row.ts';
import { answersAt, type JudgedAnswer } from './judged-answers.ts';
import type { BodyOf } from './send-wave.ts';

/** What a call of a judge run asks; a check asks about one answer of a batch alone. */
export function formOf({ mode }: Pick<JudgeRunRow, 'mode'>, { part }: Pick<CallRow, 'part'>): CallForm {
  if (part === 'ab' || part === 'ba') return part;
  return mode === 'batch' && part !== 'check' ? 'many' : 'one';
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
    const whole = reply === undefined ? body : repairRequest(body, reply.text, faultIn(run, call, reply));
    return takenFields(whole, run.settings.refuses?.[call.judge]);
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

const faultIn = (run: JudgeRunRow, call: CallRow, { text, ids }: Reply): string =>
  faultOf(formOf(run, call), text, { ids, criteria: run.settings.criteria });

function bodyOf(run: JudgeRunRow, call: CallRow, answers: JudgedAnswer[]): JudgeBody {
  const { criteria, instructions, engines, asking: limits } = run.settings;
  const form = formOf(run, call);
  const asking = askingFor(form, { engine: engines[call.judge], limits });
  const items = answers.map((answer) => itemOf(answer, run));
  return callBody(form, { criteria, instructions }, { items, ids: call.ids, asking });
}

const itemOf = ({ prompt, content, expected, other }: JudgedAnswer, run: JudgeRunRow): CallItem => ({
  prompt,
  answer: content ?? '',
  other,
  reference: run.settings.reference ? expected : null,
});
