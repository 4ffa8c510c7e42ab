/** How many tokens a request lets its answer have at most, in the words of OpenAI's endpoints. */

/** The stated limit of a request's body; null where it states none. */
export function statedAnswer(body: Record<string, unknown>): number | null {
  // Of /v1/responses it is the last.
  const stated = body.max_completion_tokens ?? body.max_tokens ?? body.max_output_tokens;
  return typeof stated === 'number' && stated > 0 ? Math.min(Math.ceil(stated), maxStated) : null;
}

/** What a column of whole numbers holds; a request may state anything. */
const maxStated = 2_147_483_647;
