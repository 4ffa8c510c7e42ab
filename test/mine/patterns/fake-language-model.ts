/** A fake of a remote language model that names groups of failures and sorts them, told by nothing but the wire text of a call. */

import type { Asked, Call, Reply, StepHands } from '../../../src/mine/asks/ask.ts';
import { type Inside, insideFences } from '../../judge/asking/injected.ts';

/** What a call shows: texts in their fences by heading, and what stands around them. */
export interface Shown {
  naming: boolean;
  fences: Inside[];
  outside: string[];
  system: string;
  text: string;
  maxTokens: number;
}

interface Wire {
  messages: { role: string; content: string }[];
  max_tokens: number;
}

export function shownIn({ body }: Call): Shown {
  const { messages, max_tokens: maxTokens } = body as unknown as Wire;
  const text = messages.at(-1)!.content;
  // The reader of judges' prompts knows three kinds of texts.
  const read = insideFences(text.replace(/^=== (REASON|PATTERN) (?=\S+ \S+ ===$)/gm, '=== REFERENCE '));
  return { naming: text.startsWith('Failures of the group'), ...read, system: messages[0]!.content, text, maxTokens };
}

/** The kind of failure that a text tells, by a word of its own: how the planted failures are made. */
export const kindIn = (text: string): string => /kind-\w*/.exec(text)?.[0] ?? 'kind-none';

/** Names a group by the kind of its first failure. */
export const goodName = ({ text }: Shown): string => JSON.stringify(labelOf(kindIn(text)));

export const labelOf = (kind: string) => ({
  description: `All that are ${kind}.`,
  title: `Title ${kind}`,
  hypothesis: 'Because.',
  severity: 'high',
  data: 'More of it.',
});

/** Takes a failure when its texts tell the kind that the label names. */
export function perfectSorting({ fences }: Shown): Record<string, string> {
  const kind = kindIn(fences[0]!.text);
  const ids = [...new Set(fences.slice(1).map(({ id }) => id))];
  const own = (id: string) => fences.filter((fence) => fence.id === id).map(({ text }) => text);
  return Object.fromEntries(ids.map((id) => [id, own(id).join(' ').includes(kind) ? 'yes' : 'no']));
}

export interface Behaviour {
  name?: (shown: Shown, asked: { nth: number }) => string | null;
  sort?: (shown: Shown) => string;
}

/** The hands of a step whose calls all go to the fake; `asks` keeps what was asked, ask by ask. */
export function fakeHands({
  name = goodName,
  sort = (shown) => JSON.stringify(perfectSorting(shown)),
}: Behaviour = {}) {
  const asks: Asked[] = [];
  let named = 0;
  const answer = (call: Call): Reply => {
    const shown = shownIn(call);
    const text = shown.naming ? name(shown, { nth: named++ }) : sort(shown);
    const error = text === null ? 'the engine answered 500' : null;
    return { id: call.id, text, error, finishReason: 'stop', promptTokens: 100, completionTokens: 10 };
  };
  const hands: StepHands = {
    ask: async (asked) => {
      asks.push(asked);
      return new Map(asked.calls.map((call) => [call.id, answer(call)]));
    },
    tell: () => undefined,
    signal: new AbortController().signal,
  };
  return { hands, asks };
}
