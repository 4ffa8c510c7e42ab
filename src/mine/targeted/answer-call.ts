/** The call that answers a new prompt, and the text of its answer as a model is trained on it. */

import { createHash } from 'node:crypto';
import { plainText } from '../../compare/plain-data.ts';
import type { JudgeBody } from '../../judge/asking/rubric-words.ts';
import { takenFields } from '../../judge/asking/taken-fields.ts';
import { answerOf } from '../../judge/rules/checked-answer.ts';
import type { Call, Reply } from '../asks/ask.ts';
import type { KnownModel, TargetedInput } from './targeted-input.ts';

/** The prompt alone, as a user would send it: an answer that knew of the pattern would not be one to this prompt. */
export function answerCall(
  id: string,
  prompt: string,
  on: { known: KnownModel | null; options: TargetedInput['options']; temperature: number },
): Call {
  const { max_tokens } = on.options;
  const body = { messages: [{ role: 'user', content: prompt }], temperature: on.temperature, max_tokens };
  return { id, body: { ...sendable(body, on.known), seed: seedOf(`${on.options.seed} ${id}`) } };
}

/** The body without what the model turns down. */
export const sendable = (
  body: Record<string, unknown> & Pick<JudgeBody, 'temperature' | 'max_tokens'>,
  known: KnownModel | null,
): Record<string, unknown> => takenFields(body as JudgeBody, known?.refuses);

/** The answer without the thinking before it; '' where none came. */
export function answerText(reply: Reply | undefined): string {
  const content = plainText(reply?.text ?? '');
  const { text } = answerOf({ content, finishReason: null, json: undefined, item: { input: null, expected: null } });
  return text.trim();
}

/** A seed as engines take it: below 2^31. */
const seedOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) >>> 1;
