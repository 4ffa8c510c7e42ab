/** Leaves messages out of a chat until it fits a number of tokens, by a named strategy; what a message says is never cut. */

import type { ContextStrategy } from '../contracts/context.ts';

/** A message of a chat; `importance` (0 to 1) may be stated by whoever made it, and is not sent. */
export interface ChatMessage {
  role?: string;
  content?: unknown;
  importance?: unknown;
  tool_calls?: unknown;
  tool_call_id?: unknown;
}

export interface FitOptions {
  strategy: ContextStrategy;
  /** Tokens the prompt may have. */
  budget: number;
  /** Exact tokens of a prompt of these messages. */
  count(messages: ChatMessage[]): Promise<number>;
}

/** `tokens` are those of `messages`, counted; `left` is how many messages were left out. */
export interface Fitted {
  messages: ChatMessage[];
  tokens: number;
  left: number;
}

/** Where nobody states the importance of a message: what people said weighs more than answers, and those more than tools. */
const importanceOfRole: Record<string, number> = { user: 0.6, assistant: 0.4, tool: 0.2 };

/**
 * The messages that fit, in their order. The system messages at the beginning and the last message always stay (with
 * importance and hybrid the first user message too); a tool's answer stays or goes with the call it answers. Null when not
 * even those fit.
 */
export async function fitMessages(messages: ChatMessage[], options: FitOptions): Promise<Fitted | null> {
  const budget = options.strategy === 'aggressive' ? Math.floor(options.budget / 2) : options.budget;
  const groups = grouped(messages);
  const { kept, candidates } = ranked(groups, options.strategy);
  const take = (count: number): ChatMessage[] => {
    const chosen = new Set([...kept, ...candidates.slice(0, count)]);
    return groups.filter((group) => chosen.has(group)).flatMap((group) => group.messages);
  };
  let best: Fitted | null = null;
  let low = 0;
  let high = candidates.length;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const some = take(middle);
    const tokens = await options.count(some);
    if (tokens <= budget) {
      best = { messages: some, tokens, left: messages.length - some.length };
      low = middle + 1;
    } else high = middle - 1;
  }
  return best;
}

/** A message, or an assistant's tool calls with the tools' answers: engines refuse one without the other. */
interface Group {
  at: number;
  messages: ChatMessage[];
}

function grouped(messages: ChatMessage[]): Group[] {
  const groups: Group[] = [];
  for (const [at, message] of messages.entries()) {
    const open = groups.at(-1);
    if (message?.role === 'tool' && open !== undefined) open.messages.push(message);
    else groups.push({ at, messages: [message] });
  }
  return groups;
}

/** What stays in any case, and the rest in the order in which it is added as long as there is room. */
function ranked(groups: Group[], strategy: ContextStrategy): { kept: Group[]; candidates: Group[] } {
  const system = groups.slice(
    0,
    groups.findIndex((group) => !isSystem(group)),
  );
  const kept = [...system, ...groups.slice(-1)];
  const byImportance = strategy === 'importance' || strategy === 'hybrid';
  if (byImportance) kept.push(...groups.filter((group) => group.messages[0]?.role === 'user').slice(0, 1));
  const rest = groups.filter((group) => !kept.includes(group)).reverse();
  if (!byImportance) return { kept, candidates: rest };
  const among = strategy === 'hybrid' ? rest.slice(0, Math.ceil(rest.length / 2)) : rest;
  // Newer before older where both weigh the same.
  return { kept, candidates: among.toSorted((a, b) => importance(b) - importance(a) || b.at - a.at) };
}

const isSystem = ({ messages }: Group): boolean => messages[0]?.role === 'system' || messages[0]?.role === 'developer';

function importance({ messages }: Group): number {
  const stated = messages.map((message) => message?.importance).filter((value) => typeof value === 'number');
  return stated.length > 0 ? Math.max(...stated) : (importanceOfRole[messages[0]?.role ?? ''] ?? 0);
}
