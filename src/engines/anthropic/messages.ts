/** Says a conversation in the messages of Anthropic's API: the system's words apart, tool results as a user's turn. */

import { dataUrl, messagesOf, partsOf, short, textOf, toolCallsOf } from '../chat-fields.ts';
import type { Json } from '../json.ts';
import { Unsayable } from '../wire.ts';

interface Turn {
  role: 'user' | 'assistant';
  content: string | Json[];
}

/**
 * `messages`, and `system` where there are such messages: all of them, wherever they stand, as the API takes one system
 * prompt. @throws Unsayable for roles and parts it has no word for
 */
export function conversationOf(body: Json): Json {
  const system: string[] = [];
  const turns: Turn[] = [];
  messagesOf(body).forEach((message, i) => {
    const at = `messages[${i}]`;
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push(textOf(message.content, at));
        return;
      case 'user':
        add(turns, { role: 'user', content: contentOf(message.content, at) });
        return;
      case 'assistant':
        add(turns, { role: 'assistant', content: assistantContent(message, at) });
        return;
      case 'tool':
        add(turns, { role: 'user', content: [toolResult(message, at)] });
        return;
      default:
        throw new Unsayable(`${at}.role`, `${at}.role: ${short(message.role)} cannot be said to Anthropic`);
    }
  });
  return system.length === 0 ? { messages: turns } : { system: system.join('\n'), messages: turns };
}

/** Turns of one side that follow each other are one turn: all results of a turn's tool calls must stand in the next one. */
function add(turns: Turn[], turn: Turn): void {
  const last = turns.at(-1);
  if (last === undefined || last.role !== turn.role) turns.push(turn);
  else last.content = [...blocks(last.content), ...blocks(turn.content)];
}

const blocks = (content: string | Json[]): Json[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

function contentOf(content: unknown, at: string): string | Json[] {
  if (typeof content === 'string') return content;
  return partsOf(content, at).map((part) =>
    part.kind === 'text' ? { type: 'text', text: part.value } : { type: 'image', source: imageSource(part.value, at) },
  );
}

function imageSource(url: string, at: string): Json {
  const data = dataUrl(url);
  if (data !== null) return { type: 'base64', media_type: data.type, data: data.base64 };
  if (/^https?:/.test(url)) return { type: 'url', url };
  throw new Unsayable(
    `${at}.content`,
    `${at}.content: an image must be an https: or data: address (got ${short(url)})`,
  );
}

/** Empty texts are left out: the API refuses them. */
function assistantContent(message: Json, at: string): string | Json[] {
  const calls = toolCallsOf(message, at).map((call) => ({
    type: 'tool_use',
    id: call.id,
    name: call.name,
    input: call.arguments,
  }));
  const content = contentOf(message.content, at);
  if (calls.length === 0) return content;
  return [...blocks(content).filter((block) => block.type !== 'text' || block.text !== ''), ...calls];
}

function toolResult(message: Json, at: string): Json {
  if (typeof message.tool_call_id !== 'string')
    throw new Unsayable(`${at}.tool_call_id`, `${at}.tool_call_id must name the call that this answers`);
  return { type: 'tool_result', tool_use_id: message.tool_call_id, content: contentOf(message.content, at) };
}
