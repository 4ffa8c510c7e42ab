/** Leaving messages out of a chat, by each strategy, with a tokenizer of one token a word. */

import { expect, test } from 'vitest';
import type { ContextStrategy } from '../../src/contracts/context.ts';
import { contextStrategies } from '../../src/contracts/context.ts';
import { type ChatMessage, fitMessages } from '../../src/prompts/fit-messages.ts';
import { seededRandom } from '../harness/random.ts';

const words = (messages: ChatMessage[]): number =>
  messages.reduce((sum, { content }) => sum + String(content ?? '').split(' ').length, 0);
const count = async (messages: ChatMessage[]): Promise<number> => words(messages);

/** "role:ten words", each ten words long and named by its place. */
const chat = (...roles: string[]): ChatMessage[] =>
  roles.map((role, at) => ({ role, content: `${role}${at} ${'word '.repeat(8)}end` }));
const talk = chat('system', 'user', 'assistant', 'user', 'assistant', 'user', 'assistant', 'user');

async function kept(messages: ChatMessage[], strategy: ContextStrategy, budget: number) {
  const fitted = await fitMessages(messages, { strategy, budget, count });
  return fitted === null ? null : fitted.messages.map((message) => String(message.content).split(' ')[0]);
}

test('sliding window: the system message and the newest that fit', async () => {
  expect(await kept(talk, 'sliding_window', 45)).toEqual(['system0', 'user5', 'assistant6', 'user7']);
  expect(await kept(talk, 'sliding_window', 20)).toEqual(['system0', 'user7']);
  expect(await kept(talk, 'sliding_window', 80)).toHaveLength(8);
});

test('importance: the first user message stays, then what is stated or, unstated, what people said', async () => {
  expect(await kept(talk, 'importance', 40)).toEqual(['system0', 'user1', 'user5', 'user7']);
  const stated = talk.map((message, at) => (at === 2 ? { ...message, importance: 0.95 } : message));
  expect(await kept(stated, 'importance', 40)).toEqual(['system0', 'user1', 'assistant2', 'user7']);
});

test('hybrid: by importance among the newest half', async () => {
  const stated = talk.map((message, at) => (at === 2 ? { ...message, importance: 0.95 } : message));
  expect(await kept(stated, 'hybrid', 40)).toEqual(['system0', 'user1', 'user5', 'user7']);
});

test('aggressive: half of the room', async () => {
  expect(await kept(talk, 'aggressive', 80)).toEqual(['system0', 'user5', 'assistant6', 'user7']);
});

test('what must stay does not fit: nothing is sent', async () => {
  for (const strategy of contextStrategies) expect(await kept(talk, strategy, 15)).toBeNull();
});

test('a tool call and its answers stay or go together', async () => {
  const tools: ChatMessage[] = [
    ...chat('system', 'user'),
    { role: 'assistant', content: 'call one two', tool_calls: [{ id: 'a' }] },
    { role: 'tool', tool_call_id: 'a', content: 'result one two three four five' },
    ...chat('user', 'assistant', 'user'),
  ];
  for (let budget = 20; budget < 80; budget++) {
    for (const strategy of contextStrategies) {
      const fitted = await fitMessages(tools, { strategy, budget, count });
      const calls = fitted?.messages.filter((message) => message.tool_calls !== undefined).length;
      const answers = fitted?.messages.filter((message) => message.role === 'tool').length;
      expect(calls).toBe(answers);
    }
  }
});

test('random chats: never over the budget, order kept, nothing left out that would still fit next', async () => {
  const random = seededRandom(6);
  for (let round = 0; round < 200; round++) {
    const messages = Array.from({ length: 2 + Math.floor(random() * 12) }, (_, at) => ({
      role: at === 0 ? 'system' : at % 2 === 1 ? 'user' : 'assistant',
      content: `m${at}${' w'.repeat(Math.floor(random() * 20))}`,
    }));
    const budget = 10 + Math.floor(random() * 150);
    for (const strategy of contextStrategies) {
      const fitted = await fitMessages(messages, { strategy, budget, count });
      if (fitted === null) continue;
      const room = strategy === 'aggressive' ? Math.floor(budget / 2) : budget;
      expect(words(fitted.messages)).toBeLessThanOrEqual(room);
      expect(fitted.tokens).toBe(words(fitted.messages));
      expect(fitted.left).toBe(messages.length - fitted.messages.length);
      const places = fitted.messages.map((message) => messages.indexOf(message as (typeof messages)[number]));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      if (strategy === 'sliding_window' && fitted.left > 0) {
        const first = places.find((place) => place > 0)!;
        expect(words(fitted.messages) + words([messages[first - 1]!])).toBeGreaterThan(room);
      }
    }
  }
});
