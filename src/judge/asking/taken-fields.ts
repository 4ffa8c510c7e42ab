/** Leaves out of a call what its judge turns down: models that think take no temperature, and OpenAI's no max_tokens. */

import type { RefusedField } from '../../contracts/models.ts';
import type { JudgeBody } from './rubric-words.ts';

/** The fields to send; tokens that the reply may take are said by the name that the model takes. */
export function takenFields(body: JudgeBody, refuses: RefusedField[] = []): Record<string, unknown> {
  const { temperature, max_tokens, ...rest } = body;
  return {
    ...rest,
    ...(refuses.includes('temperature') ? {} : { temperature }),
    ...(refuses.includes('max_tokens') ? { max_completion_tokens: max_tokens } : { max_tokens }),
  };
}
