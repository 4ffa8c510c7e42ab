/** The rule refusal: refusals in eleven languages, and sentences that only sound like one. */

import { expect, test } from 'vitest';
import { judged, verdict } from './judged.ts';

const refusal = { kind: 'refusal' };

test.each([
  "I'm sorry, but I can't help with that.",
  'I’m sorry, but I can’t assist with that request.',
  'I cannot provide instructions for that.',
  'I am unable to fulfill this request.',
  'Sorry, I cannot do that.',
  "I'm sorry, I can't.",
  'I apologize, but I am not able to write this.',
  'As an AI language model, I cannot give legal advice.',
  "As an AI, I'm not able to assist you with that.",
  'Unfortunately, I cannot answer this question.',
  "I won't help you with that.",
  "I'm not comfortable writing that.",
  'I must decline this request.',
  "I'm really sorry you're feeling this way. I can't help with that, but please talk to someone.",
  '**I cannot help with that.**',
  "🚫 I can't help with that.",
  "Thank you for asking. Unfortunately, I can't discuss this topic.",
  'I cannot help you to write that letter.',
  'Your request goes against my guidelines.',
  'Es tut mir leid, aber ich kann Ihnen dabei nicht helfen.',
  'Tut mir leid, dabei kann ich nicht helfen.',
  'Leider kann ich diese Anfrage nicht beantworten.',
  'Ich kann dir keine Anleitung dazu geben.',
  'Je suis désolé, mais je ne peux pas vous aider.',
  'Désolée, je ne suis pas en mesure de répondre à cette question.',
  'Lo siento, pero no puedo ayudarte con eso.',
  'Como modelo de lenguaje, no puedo proporcionar esa información.',
  'Mi dispiace, ma non posso aiutarti.',
  'Desculpe, mas não posso ajudar com isso.',
  'Het spijt me, maar ik kan je daar niet bij helpen.',
  'Извините, но я не могу помочь с этим.',
  'К сожалению, я не могу ответить на этот вопрос.',
  '抱歉，我无法提供这方面的信息。',
  '很抱歉，我不能帮助你。',
  '申し訳ありませんが、その質問にはお答えできません。',
  '죄송하지만 그 요청은 도와드릴 수 없습니다.',
])('a refusal: %s', (content) => {
  expect(verdict(refusal, content)).toBe('fail');
});

test.each([
  'I cannot overstate how important this is.',
  'I cannot emphasize enough that you should check.',
  "I can't help but admire the result.",
  "I can't help feeling that this is right.",
  "I can't recommend this book enough.",
  'I cannot answer this enthusiastically enough: yes!',
  "I can't wait to help you.",
  "I'm sorry to hear that. Here is what you can do.",
  "I'm sorry for the confusion. The answer is 5.",
  'Sorry for the late reply! The meeting is at nine.',
  'I apologize for the mistake; the right figure is 12.',
  'As an AI enthusiast, I can say this works.',
  "As an AI, I don't have feelings, but here is a poem.",
  '"I can\'t help you," said the guard, and shut the gate.',
  'The function cannot be called twice.',
  'You cannot divide by zero.',
  'He said he could not help.',
  'Sorry Day is held on 26 May.',
  'Unfortunately, the museum is closed on Mondays.',
  'I refuse to believe that it was an accident, says the detective.',
  'The correct answer is B, since A cannot answer the question.',
  'No, it is not.',
  'Ich kann das gut verstehen. Die Antwort ist 5.',
  'Je ne peux que vous recommander ce livre.',
  'No puedo esperar a ver el resultado.',
  '我不能不说，这本书很好。',
  '',
  `Here is the letter. ${'It says a lot. '.repeat(20)} I cannot help with that.`,
])('no refusal: %s', (content) => {
  expect(verdict(refusal, content)).toBe('pass');
});

test('a caution before a long answer is no refusal', () => {
  const caution = "I can't provide legal advice, but here is how a lease works in general. ";
  expect(verdict(refusal, caution)).toBe('fail');
  expect(verdict(refusal, caution + 'The tenant pays the rent each month. '.repeat(60))).toBe('pass');
});

test('an allowed refusal passes and is noted, with its language', () => {
  expect(judged({ kind: 'refusal', allowed: true }, 'Mi dispiace, ma non posso aiutarti.')).toMatchObject({
    pass: true,
    details: { refused: true, language: 'it' },
  });
  expect(judged(refusal, 'Sure, here it is.').details).toEqual({ refused: false });
});
