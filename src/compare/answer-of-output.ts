/** Finds the answer in a line of a batch's output or error file: its text and why it ended. */

import { answerOfBody, type BodyAnswer, objectOf } from '../runs/answer-of-body.ts';

/** `content` is null when there is none, as for a request that failed. */
export type OutputAnswer = Pick<BodyAnswer, 'content' | 'finishReason'>;

export function answerOfOutput(line: string): OutputAnswer {
  const { content, finishReason } = answerOfBody(objectOf(objectOf(objectOf(JSON.parse(line)).response).body));
  return { content, finishReason };
}
