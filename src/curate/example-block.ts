/** Writes examples as the block of a prompt template: each between tags, in which nothing of theirs can end the tags. */

import type { ExampleLibrary } from '../contracts/curation.ts';
import { messagesOf, plainText } from '../datasets/input-text.ts';

type Example = ExampleLibrary['examples'][number];

/** What an example shows of an input: its messages without the instructions, which all items of a dataset tend to share. */
export function exampleText(input: Record<string, unknown>): string {
  const messages = (messagesOf(input) ?? []).filter(({ role }) => role !== 'system' && role !== 'developer');
  if (messages.length === 0) return plainText(input);
  if (messages.length === 1) return messages[0]!.content;
  return messages.map(({ role, content }) => `[${role}]\n${content}`).join('\n\n');
}

/** A text cut at `chars` characters, with a mark where it was cut. */
export function cutText(text: string, chars: number): string {
  if (text.length <= chars) return text;
  return `${text
    .slice(0, chars)
    .toWellFormed()
    .replace(/\ufffd$/, '')
    .trimEnd()} […]`;
}

/** The block is text of a template: what could be a placeholder or a separator in it is written so that it is none. */
export function exampleBlock(examples: Example[]): string {
  if (examples.length === 0) return '';
  const blocks = examples.map(
    ({ group, input, answer, explanation }) =>
      `<example kind="${group}">\n<input>\n${inert(input)}\n</input>\n${
        explanation === null ? '' : `<note>\n${inert(explanation)}\n</note>\n`
      }<answer>\n${inert(answer)}\n</answer>\n</example>`,
  );
  return `<examples>\n${blocks.join('\n')}\n</examples>`;
}

function inert(text: string): string {
  return text
    .replaceAll(/<(?=\/?(?:examples?|input|answer|note)\b)/gi, '&lt;')
    .replaceAll('{{', '\\{{')
    .replaceAll(/^(?=--- (?:system|user|assistant) ---[ \t]*$)/gm, ' ');
}
