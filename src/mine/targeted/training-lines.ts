/** Writes targeted rows as lines that trainers read: messages (SFT), prompt and completion, or preferred pairs (DPO). */

import type { TargetedRow, TrainingFormat } from '../../contracts/mining.ts';

/** Where a row comes from. Trainers leave the field out. */
function metaOf({ cluster, pattern, difficulty, persona, provenance }: TargetedRow) {
  return { cluster, pattern, difficulty, persona, ...provenance };
}

const asked = (prompt: string) => ({ role: 'user', content: prompt });

/**
 * The line of a row, in the forms of Assay's other exports; null for a row that was dropped, and among pairs for one without a
 * rejected answer. `meta` of a pair has the prompt's messages for those who train with a chat template.
 */
export function trainingLine(row: TargetedRow, format: TrainingFormat): string | null {
  const { prompt, answer, rejected, dropped } = row;
  if (dropped !== null) return null;
  const meta = metaOf(row);
  if (format === 'sft') return lineOf({ messages: [asked(prompt), { role: 'assistant', content: answer }], meta });
  if (format === 'prompt-completion') return lineOf({ prompt, completion: answer, meta });
  return rejected === null
    ? null
    : lineOf({ prompt, chosen: answer, rejected, meta: { ...meta, messages: [asked(prompt)] } });
}

/** The lines of rows as they come, each with its line break. */
export async function* trainingLines(
  rows: AsyncIterable<TargetedRow> | Iterable<TargetedRow>,
  format: TrainingFormat,
): AsyncGenerator<string> {
  for await (const row of rows) {
    const line = trainingLine(row, format);
    if (line !== null) yield line;
  }
}

const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`;
