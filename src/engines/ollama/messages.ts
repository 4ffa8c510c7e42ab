/** Says a conversation in Ollama's messages: plain text, images beside it, tool calls with their arguments as objects. */

import { dataUrl, messagesOf, partsOf, short, textOf, toolCallsOf } from '../chat-fields.ts';
import type { Json } from '../json.ts';
import { Unsayable } from '../wire.ts';

const roles = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['tool', 'tool'],
]);

/** @throws Unsayable for roles and parts Ollama has no word for */
export function conversationOf(body: Json): Json[] {
  const names = new Map<string, string>();
  return messagesOf(body).map((message, i) => {
    const at = `messages[${i}]`;
    const role = roles.get(String(message.role));
    if (role === undefined)
      throw new Unsayable(`${at}.role`, `${at}.role: ${short(message.role)} cannot be said to Ollama`);
    if (role === 'tool') return toolMessage(message, { at, names });
    const parts = partsOf(message.content, at);
    const said: Json = { role, content: joined(parts, 'text').join('\n') };
    const images = joined(parts, 'image').map((url) => imageOf(url, at));
    if (images.length > 0) said.images = images;
    if (typeof message.reasoning_content === 'string') said.thinking = message.reasoning_content;
    const calls = toolCallsOf(message, at);
    for (const call of calls) names.set(call.id, call.name);
    if (calls.length > 0)
      said.tool_calls = calls.map((call) => ({
        id: call.id,
        function: { name: call.name, arguments: call.arguments },
      }));
    return said;
  });
}

const joined = (parts: { kind: string; value: string }[], kind: string): string[] =>
  parts.filter((part) => part.kind === kind).map((part) => part.value);

/** A result names its tool: OpenAI's messages name only the call. */
function toolMessage(message: Json, by: { at: string; names: Map<string, string> }): Json {
  const id = String(message.tool_call_id ?? '');
  const name = typeof message.name === 'string' ? message.name : by.names.get(id);
  return { role: 'tool', content: textOf(message.content, by.at), tool_name: name, tool_call_id: id };
}

function imageOf(url: string, at: string): string {
  const data = dataUrl(url);
  if (data !== null) return data.base64;
  throw new Unsayable(
    `${at}.content`,
    `${at}.content: Ollama takes images as data: addresses only (got ${short(url)})`,
  );
}
