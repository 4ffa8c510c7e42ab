/** The prompt that stands in an item's input: its messages, and its text as people read and search it. */

/** A message with its content as text; parts that are not text (images) are left out. */
export interface TextMessage {
  role: string;
  content: string;
}

/**
 * The messages of an input: those of a batch line's body, of the row itself, or its prompt as one message of the user
 * (behind its `system` text); null for a row that is columns for a template.
 */
export function messagesOf(input: Record<string, unknown>): TextMessage[] | null {
  const body = asJson(input.body, '{');
  const holder = isObject(body) ? body : input;
  for (const field of ['messages', ...(holder === body ? ['input'] : [])]) {
    const list = asJson(holder[field], '[');
    if (Array.isArray(list) && list.length > 0 && list.every(isObject)) return list.map(toMessage);
  }
  const prompt = holder.prompt ?? (holder === body ? holder.input : undefined);
  const text =
    typeof prompt === 'string' ? prompt : prompt === undefined || prompt === null ? '' : JSON.stringify(prompt);
  if (text.trim() === '') return null;
  const system = typeof holder.system === 'string' && holder.system !== '' ? holder.system : null;
  return [...(system === null ? [] : [{ role: 'system', content: system }]), { role: 'user', content: text }];
}

/** The prompt of an item as text: a single message as it is, several under headings with their roles, columns as JSON. */
export function plainText(input: Record<string, unknown>): string {
  const messages = messagesOf(input);
  if (messages === null) return JSON.stringify(input);
  if (messages.length === 1) return messages[0]!.content;
  return messages.map(({ role, content }) => `[${role}]\n${content}`).join('\n\n');
}

/** The input with its fields as they stood in the file, of which `names` are the first: the database orders them anew. */
export function inFileOrder(input: Record<string, unknown>, names: string[]): Record<string, unknown> {
  const known = names.filter((name) => Object.hasOwn(input, name)).map((name) => [name, input[name]]);
  return { ...Object.fromEntries(known), ...input };
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value that a table can only carry as JSON text; what is not JSON stays as it is. */
function asJson(value: unknown, opening: '[' | '{'): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith(opening)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function toMessage(message: Record<string, unknown>): TextMessage {
  return { role: typeof message.role === 'string' ? message.role : 'user', content: contentText(message.content) };
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return '';
  if (!Array.isArray(content)) return JSON.stringify(content);
  const texts = content.map((part) => (typeof part === 'string' ? part : isObject(part) ? part.text : null));
  return texts.filter((text) => typeof text === 'string').join('\n');
}
