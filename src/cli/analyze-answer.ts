/** Reads one line of a batch's output or error file: status, error, answer text, finish reason and token counts. */

/** What an output line tells. Token counts are null where the engine gave none; `text` is null where there is no text. */
export interface Answer {
  customId: string;
  ok: boolean;
  statusCode: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  model: string | null;
  text: string | null;
  /** Whether the answer calls tools, so that an empty text is no fault. */
  toolCalls: boolean;
  finishReason: string | null;
  promptTokens: number | null;
  completionTokens: number | null;
  cachedTokens: number | null;
  reasoningTokens: number | null;
}

type Json = Record<string, unknown>;

const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.map(objectOf) : []);
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/**
 * The answer in a line of OpenAI's batch output format (https://platform.openai.com/docs/api-reference/batch/request-output),
 * for chat completions, completions, responses and embeddings; null when the line is not one.
 */
export function readAnswer(line: unknown): Answer | null {
  const { custom_id, response, error } = objectOf(line);
  if (typeof custom_id !== 'string' || (response === undefined && error === undefined)) return null;
  const statusCode = numberOf(objectOf(response).status_code);
  const body = objectOf(objectOf(response).body);
  const failure = error === null || error === undefined ? objectOf(body.error) : objectOf(error);
  const ok = (error === null || error === undefined) && statusCode !== null && statusCode < 400;
  return {
    customId: custom_id,
    ok,
    statusCode,
    errorCode: ok
      ? null
      : (textOf(failure.code) ?? textOf(failure.type) ?? (statusCode ? `http_${statusCode}` : 'unknown')),
    errorMessage: ok ? null : textOf(failure.message),
    model: textOf(body.model),
    ...contentOf(body),
    ...tokensOf(objectOf(body.usage)),
  };
}

function contentOf(body: Json): Pick<Answer, 'text' | 'toolCalls' | 'finishReason'> {
  const choice = listOf(body.choices)[0];
  if (choice !== undefined) {
    const message = objectOf(choice.message);
    const text = textOf(choice.text) ?? textOf(message.content) ?? textOf(message.refusal);
    const toolCalls = listOf(message.tool_calls).length > 0;
    return { text: text ?? (toolCalls ? null : ''), toolCalls, finishReason: textOf(choice.finish_reason) };
  }
  if (Array.isArray(body.output)) {
    const output = listOf(body.output);
    const parts = output.flatMap((item) => listOf(item.content)).map((part) => textOf(part.text) ?? '');
    const reason = textOf(objectOf(body.incomplete_details).reason);
    const finishReason = reason === 'max_output_tokens' ? 'length' : (reason ?? textOf(body.status));
    return { text: parts.join(''), toolCalls: output.some((item) => item.type === 'function_call'), finishReason };
  }
  return { text: null, toolCalls: false, finishReason: null };
}

type Tokens = Pick<Answer, 'promptTokens' | 'completionTokens' | 'cachedTokens' | 'reasoningTokens'>;

function tokensOf(usage: Json): Tokens {
  const details = objectOf(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const spent = objectOf(usage.completion_tokens_details ?? usage.output_tokens_details);
  return {
    promptTokens: numberOf(usage.prompt_tokens) ?? numberOf(usage.input_tokens),
    completionTokens: numberOf(usage.completion_tokens) ?? numberOf(usage.output_tokens),
    cachedTokens: numberOf(details.cached_tokens),
    reasoningTokens: numberOf(spent.reasoning_tokens),
  };
}
