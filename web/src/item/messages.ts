/** Finds the messages in an item's input: chat messages, a plain prompt, or those in the body of a batch line. */

export interface Message {
  role: string;
  text: string;
}

/** null where the input is something else, such as the columns of a table. */
export function messagesOf(input: unknown): Message[] | null {
  if (typeof input === 'string') return [{ role: 'prompt', text: input }];
  if (typeof input !== 'object' || input === null) return null;
  const { messages, prompt, body } = input as Record<string, unknown>;
  if (Array.isArray(messages)) return messages.map(messageOf);
  if (typeof prompt === 'string') return [{ role: 'prompt', text: prompt }];
  return body === undefined ? null : messagesOf(body);
}

function messageOf(message: unknown): Message {
  const { role, content } = (typeof message === 'object' && message !== null ? message : {}) as Record<string, unknown>;
  return { role: typeof role === 'string' ? role : 'message', text: textOf(content ?? message) };
}

/** Text of a message's content; parts that are no text are named. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return JSON.stringify(content, null, 2) ?? '';
  return content
    .map((part) => {
      const { type, text } = (typeof part === 'object' && part !== null ? part : {}) as Record<string, unknown>;
      return typeof text === 'string' ? text : `[${typeof type === 'string' ? type : 'part'}]`;
    })
    .join('\n');
}
