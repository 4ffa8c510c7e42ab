/** Turns messages or a text prompt into tokens, by the model's own chat template, as llama-server does. */

import type { Loaded, Token } from './library.ts';
import { refuse } from './refusal.ts';

type Json = Record<string, unknown>;

/** For a model without a template of its own, as llama-server has it. */
const CHATML = `{%- for message in messages -%}
  {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|im_start|>assistant\\n' -}}
{%- endif -%}`;

export interface Prompts {
  /** The text of a chat. @throws Refusal */
  ofChat(body: Json): string;
  /** The tokens of a text, with what the model wants at its beginning. */
  tokens(text: string): Token[];
  /** The tokens of a body's `prompt`: a text or tokens. @throws Refusal */
  ofCompletion(prompt: unknown): Token[];
}

export function promptsOf(loaded: Loaded): Prompts {
  const { tokens: special, fileInfo } = loaded.model;
  const bos = special.bosString ?? '';
  const eos = special.eosString ?? '';
  const renderer = loaded.renderer(fileInfo.metadata?.tokenizer?.chat_template ?? CHATML);

  const tokens = (text: string): Token[] => {
    const list = loaded.model.tokenize(text, true);
    if (special.shouldPrependBosToken && special.bos !== null) list.unshift(special.bos);
    if (special.shouldAppendEosToken && special.eos !== null) list.push(special.eos);
    return list;
  };

  return {
    tokens,
    ofChat(body) {
      const { messages, prefill } = readMessages(body.messages);
      const more = typeof body.chat_template_kwargs === 'object' ? (body.chat_template_kwargs as Json) : {};
      let text: string;
      try {
        text = renderer.render({ messages, add_generation_prompt: true, bos_token: bos, eos_token: eos, ...more });
      } catch (error) {
        throw refuse(`the chat template of the model refuses these messages: ${(error as Error).message}`);
      }
      // What `tokens` puts at the beginning must not be there twice.
      if (special.shouldPrependBosToken && bos !== '' && text.startsWith(bos)) text = text.slice(bos.length);
      return text + prefill;
    },
    ofCompletion(prompt) {
      const one = Array.isArray(prompt) && prompt.length === 1 && typeof prompt[0] !== 'number' ? prompt[0] : prompt;
      if (typeof one === 'string') return tokens(one);
      if (Array.isArray(one) && one.every((token) => Number.isInteger(token))) return one as Token[];
      throw refuse(prompt === undefined ? '"prompt" is missing' : '"prompt" must be one text or one list of tokens');
    },
  };
}

/** `prefill`: the beginning of the answer, where the last message is the assistant's. */
function readMessages(given: unknown): { messages: Json[]; prefill: string } {
  if (!Array.isArray(given) || given.length === 0) throw refuse('"messages" must hold at least one message');
  const messages = given.map((message) => {
    if (typeof message !== 'object' || message === null) throw refuse('each of "messages" must be an object');
    const { role, content } = message as Json;
    if (typeof role !== 'string') throw refuse('each of "messages" needs a "role"');
    return { ...message, role, content: textOf(content) };
  });
  const last = messages.at(-1)!;
  if (last.role !== 'assistant') return { messages, prefill: '' };
  if (messages.at(-2)?.role === 'assistant')
    throw refuse('Cannot have 2 or more assistant messages at the end of the list.');
  return { messages: messages.slice(0, -1), prefill: last.content };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return '';
  if (!Array.isArray(content)) throw refuse('"content" must be a text or a list of parts');
  return content
    .map((part: Json) => {
      if (part?.type !== 'text' || typeof part.text !== 'string')
        throw refuse(
          `content parts of type ${JSON.stringify(part?.type)} are not supported: this engine takes text only`,
        );
      return part.text;
    })
    .join('\n');
}
