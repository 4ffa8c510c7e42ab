/** Finds the answer in a line of a batch's output or error file: its text and why it ended. */

type Json = Record<string, unknown>;

export interface OutputAnswer {
  /** null when there is none, as for a request that failed. */
  content: string | null;
  finishReason: string | null;
}

/**
 * Reads the bodies of /v1/chat/completions, /v1/completions and /v1/responses; of several choices the first. The call of
 * a tool counts as the text of its arguments, a refusal as its text. Thoughts that come apart from the text are left out.
 */
export function answerOfOutput(line: string): OutputAnswer {
  const body = object(object(object(JSON.parse(line)).response).body);
  if (typeof body.output_text === 'string') return { content: body.output_text, finishReason: text(body.status) };
  if (Array.isArray(body.output)) return { content: responseText(body.output), finishReason: text(body.status) };
  const choice = object(Array.isArray(body.choices) ? body.choices[0] : undefined);
  const finishReason = text(choice.finish_reason);
  if (typeof choice.text === 'string') return { content: choice.text, finishReason };
  const message = object(choice.message);
  return { content: partsText(message.content) ?? text(message.refusal) ?? callsText(message), finishReason };
}

const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Content is a text, or a list of parts of which some are texts. null for none, and for an empty one. */
function partsText(content: unknown): string | null {
  if (typeof content === 'string') return content === '' ? null : content;
  if (!Array.isArray(content)) return null;
  const texts = content.flatMap((part) => text(object(part).text) ?? []);
  return texts.length === 0 ? null : texts.join('');
}

function responseText(output: unknown[]): string | null {
  const parts = output.flatMap((item) => object(item).content ?? []);
  const called = output.flatMap((item) => text(object(item).arguments) ?? []);
  return partsText(parts.flat()) ?? called[0] ?? null;
}

function callsText(message: Json): string | null {
  const calls = Array.isArray(message.tool_calls)
    ? message.tool_calls.map((call) => object(object(call).function))
    : [];
  const args = calls.flatMap((call) => text(call.arguments) ?? []);
  if (args.length > 0) return args.length === 1 ? args[0]! : `[${args.join(',')}]`;
  return text(object(message.function_call).arguments) ?? text(message.content);
}
