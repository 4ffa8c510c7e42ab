/** Makes the rows that models are trained on: messages (SFT), prompt and completion, and preferred pairs (DPO). */

import { type PromptMessage, promptMessages, promptText } from '../runs/prompt-of.ts';
import type { Entry, EntryAnswer } from './entries.ts';
import { type ExportOf, originOf } from './export-rows.ts';

/** An answer to learn from. */
interface Target {
  answer: EntryAnswer;
  text: string;
}

/** Golden answers and fixes; with `all` every answer of which nobody says that it is wrong. */
function targets({ answers }: Entry, all: boolean): Target[] {
  return answers.flatMap((answer) => {
    const kind = answer.said?.kind;
    if (kind === 'fix') return { answer, text: answer.said!.content! };
    const wanted = kind === 'golden' || (all && kind === undefined);
    return wanted && answer.ok && answer.content !== null ? { answer, text: answer.content } : [];
  });
}

const promptOf = (entry: Entry, { input, template }: EntryAnswer): PromptMessage[] =>
  promptMessages({ itemId: entry.itemId, input, template });

/** {messages, meta}: the prompt's messages and the answer as the assistant's. */
export function sftRows(entry: Entry, all: boolean, of: ExportOf) {
  return targets(entry, all).map(({ answer, text }) => ({
    messages: [...promptOf(entry, answer), { role: 'assistant', content: text }],
    meta: { candidate_id: entry.itemId, ...originOf(answer, of) },
  }));
}

/** {prompt, completion, meta}: both texts. */
export function completionRows(entry: Entry, all: boolean, of: ExportOf) {
  return targets(entry, all).map(({ answer, text }) => ({
    prompt: promptText(promptOf(entry, answer)),
    completion: text,
    meta: { candidate_id: entry.itemId, ...originOf(answer, of) },
  }));
}

/**
 * {prompt, chosen, rejected, meta}: each golden or mended answer against each wrong one and each that was mended, to the
 * same prompt. `meta` has the prompt's messages for those who train with a chat template.
 */
export function preferenceRows(entry: Entry, of: ExportOf) {
  const rejected = entry.answers.flatMap((answer): Target[] => {
    const { said, content } = answer;
    const worse = said?.kind === 'wrong' || (said?.kind === 'fix' && said.holds && answer.ok);
    return worse && content !== null ? [{ answer, text: content }] : [];
  });
  if (rejected.length === 0) return [];
  const seen = new Set<string>();
  return targets(entry, false).flatMap((better) =>
    rejected.flatMap((worse) => {
      const messages = promptOf(entry, better.answer);
      const prompt = promptText(messages);
      const pair = JSON.stringify([better.text, worse.text]);
      const comparable = better.text !== worse.text && prompt === promptText(promptOf(entry, worse.answer));
      if (!comparable || seen.has(pair)) return [];
      seen.add(pair);
      const rejectedMeta = originOf(worse.answer, of);
      const meta = { candidate_id: entry.itemId, ...originOf(better.answer, of), rejected: rejectedMeta, messages };
      return { prompt, chosen: better.text, rejected: worse.text, meta };
    }),
  );
}
