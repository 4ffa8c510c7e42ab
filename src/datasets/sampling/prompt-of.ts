/** What a row asks: the text by which it is measured, told apart and put in a category. */

import { messagesOf, plainText } from '../input-text.ts';

/** Columns that hold a question where there are neither messages nor a prompt, the first one that is there. */
const questions = ['question', 'query', 'problem', 'instruction', 'turns', 'text', 'content', 'input', 'title'];

/**
 * The messages of the user, one below the other: a system prompt is often the same in all rows, and would make them all
 * alike. Else the column that holds the question (and the `input` beside an `instruction`), else the row as JSON.
 */
export function promptOf(input: Record<string, unknown>): string {
  const messages = messagesOf(input);
  if (messages !== null) {
    const asked = messages.filter(({ role, content }) => role === 'user' && content.trim() !== '');
    return asked.length > 0 ? joined(asked.map(({ content }) => content)) : plainText(input);
  }
  const field = questions.find((name) => textOf(input[name]) !== null);
  if (field === undefined) return plainText(input);
  const asked = textOf(input[field])!;
  const given = field === 'instruction' ? textOf(input.input) : null;
  return given === null ? asked : joined([asked, given]);
}

const joined = (texts: string[]): string => texts.join('\n\n');

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value;
  if (!Array.isArray(value) || value.length === 0) return null;
  return value.every((part) => typeof part === 'string') ? joined(value) : null;
}
