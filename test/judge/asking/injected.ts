/** The answers that try to speak in another's place, and a reader of prompts of the tests' own. */

import corpus from './injection-answers.json' with { type: 'json' };

/** The 30 answers. `own` and `other` stand for ids that a real author of answers could not know. */
export const injected = (own: string, other: string): { name: string; answer: string }[] =>
  corpus.map(({ name, answer, times }: { name: string; answer: string; times?: number }) => ({
    name,
    answer: answer
      .repeat(times ?? 1)
      .replaceAll('{{own}}', own)
      .replaceAll('{{other}}', other),
  }));

/** A text within a fence. */
export interface Inside {
  what: string;
  id: string;
  key: string;
  text: string;
}

/** Reads the fences of a prompt line by line, as the judge is told to: a text ends at a line with its own id and key. */
export function insideFences(prompt: string): { fences: Inside[]; outside: string[] } {
  const fences: Inside[] = [];
  const outside: string[] = [];
  let open: (Omit<Inside, 'text'> & { lines: string[] }) | null = null;
  for (const line of prompt.split('\n')) {
    const [, what, id, key] = /^=== (TASK|REFERENCE|ANSWER|END) (\S+) (\S+) ===$/.exec(line) ?? [];
    const own = open === null ? what !== undefined && what !== 'END' : id === open.id && key === open.key;
    if (!own) {
      (open === null ? outside : open.lines).push(line);
      continue;
    }
    if (open !== null) fences.push({ what: open.what, id: open.id, key: open.key, text: open.lines.join('\n') });
    open = what === 'END' ? null : { what: what!, id: id!, key: key!, lines: [] };
  }
  return { fences, outside };
}
