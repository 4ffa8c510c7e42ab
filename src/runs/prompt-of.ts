/** Gives the prompt that an answer was given to: the messages of its run's request, and the same as one text. */

import { plainText } from '../datasets/input-text.ts';
import { parseTemplate, type Template } from '../prompts/template.ts';
import { renderRequest } from './render-request.ts';

export interface PromptMessage {
  role: string;
  content: unknown;
}

/** What a prompt is made from; `template` is the text of the run's template. */
export interface PromptSource {
  itemId: string;
  input: Record<string, unknown>;
  template: string | null;
}

/** The last parsed template; rows of a run come one after the other. */
let last: { text: string; template: Template } | null = null;

/**
 * The messages of the request. An item that no request can be made of (columns whose answers came from elsewhere) is
 * one user message with its input as text.
 */
export function promptMessages(source: PromptSource): PromptMessage[] {
  const body = bodyOf(source);
  if (Array.isArray(body.messages)) return body.messages as PromptMessage[];
  const instructions = typeof body.instructions === 'string' ? [{ role: 'system', content: body.instructions }] : [];
  if (Array.isArray(body.input)) return [...instructions, ...(body.input as PromptMessage[])];
  const text = typeof body.prompt === 'string' ? body.prompt : body.input;
  return [...instructions, { role: 'user', content: typeof text === 'string' ? text : plainText(source.input) }];
}

/** The content of a single user message; several messages each under its role. */
export function promptText(messages: PromptMessage[]): string {
  if (messages.length === 1 && messages[0]!.role === 'user') return contentText(messages[0]!.content);
  return messages.map((message) => `${message.role}: ${contentText(message.content)}`).join('\n\n');
}

/** The text of a message; of a list of parts the text parts. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return content === undefined || content === null ? '' : JSON.stringify(content);
  return content.flatMap((part: { text?: unknown }) => (typeof part?.text === 'string' ? part.text : [])).join('\n');
}

function bodyOf({ itemId, input, template }: PromptSource): Record<string, unknown> {
  try {
    return renderRequest({ itemId, input }, { template: parsed(template), params: {}, stated: false }).body;
  } catch {
    return {};
  }
}

function parsed(text: string | null): Template | null {
  if (text === null) return null;
  if (last?.text !== text) last = { text, template: parseTemplate('template', text) };
  return last.template;
}
