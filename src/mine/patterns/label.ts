/** The label of a cluster: its shape, how a model is asked for it, and how it is read from the reply. */

import { plainText } from '../../compare/plain-data.ts';
import { type Pattern, severities } from '../../contracts/mining.ts';
import type { Asking } from '../../judge/asking/verdict-schema.ts';
import { objectFormat, objectIn } from './json-reply.ts';
import { cutParts, type Parts } from './shown-failures.ts';

/** What a model says of a cluster. */
export type Label = Pick<Pattern, 'title' | 'description' | 'hypothesis' | 'severity' | 'data'>;

/** Longest title, and longest of the other texts, in characters; replies are cut there. */
export const TITLE_CHARS = 80;
const TEXT_CHARS = 300;
/** Texts in other languages than English take up to a token for two characters; names, quotes and brackets beside them. */
const CHARS_PER_TOKEN = 2;
const FRAME_TOKENS = 60;
/** Room for title and description in any language. */
const SHOWN_TOKENS = TITLE_CHARS + TEXT_CHARS + FRAME_TOKENS;

/** Tokens that a label takes at most, when it keeps to the lengths asked for. */
export const LABEL_TOKENS = Math.ceil((TITLE_CHARS + 3 * TEXT_CHARS) / CHARS_PER_TOKEN) + FRAME_TOKENS;

/** What each text of a label is, as the form says it. */
const FORM = {
  description:
    'one or two sentences by which somebody who sees nothing else can tell whether a failure belongs to the group',
  title: `the same in a few words, at most ${TITLE_CHARS} characters`,
  hypothesis: 'why the model may fail so',
  data: 'what training data would mend it',
} as const;

/** The label as a model is to write it. What it is stands before the title, so that the title follows from it. */
export const LABEL_FORM = `{"description": "${FORM.description}", "title": "${FORM.title}",
"hypothesis": "${FORM.hypothesis}", "severity": ${severities.map((one) => `"${one}"`).join(' or ')}, "data": "${FORM.data}"}`;

/** What is shown of a label: what it names, and nothing of causes and remedies. It comes of texts of others, and is fenced as they are. */
export const shownLabel = ({ title, description }: Label): Parts =>
  cutParts({ PATTERN: `${title}\n${description}` }, SHOWN_TOKENS);

/** `response_format` for a label. */
export function labelFormat({ engine }: Asking): Record<string, unknown> {
  // Services refuse the keyword; without it a small model may go on until its tokens are spent.
  const bounded = engine === 'llama-server' || engine === 'ollama';
  const text = (chars: number) => ({ type: 'string', ...(bounded ? { maxLength: chars } : {}) });
  return objectFormat('label', {
    description: text(TEXT_CHARS),
    title: text(TITLE_CHARS),
    hypothesis: text(TEXT_CHARS),
    severity: { type: 'string', enum: severities },
    data: text(TEXT_CHARS),
  });
}

/** The label in a reply, or in words why there is none. Without title and description there is nothing to test. */
export function readLabel(text: string): Label | string {
  const reply = objectIn(text, 'title');
  if (typeof reply === 'string') return reply;
  const said = (name: keyof Label, chars = TEXT_CHARS) => {
    const value = reply.value[name];
    return typeof value === 'string' ? tidied(value, chars) : '';
  };
  for (const name of ['title', 'description'] as const) {
    if (reply.cutAt === name) return `it was cut off in its ${name}`;
    if (reply.doubled(name)) return `it holds ${name} twice`;
    if (said(name) === '') return `it has no ${name}`;
    // The smallest models do: smollm2-135m gave the form back for each of three clusters.
    if (said(name) === FORM[name]) return `its ${name} is that of the form, word by word`;
  }
  return {
    title: said('title', TITLE_CHARS),
    description: said('description'),
    hypothesis: said('hypothesis'),
    severity: severities.find((one) => one === said('severity').toLowerCase()) ?? null,
    data: said('data'),
  };
}

/** One line of at most `chars` characters. */
function tidied(text: string, chars: number): string {
  const line = plainText(text).replace(/\s+/g, ' ').trim();
  return line.length <= chars ? line : `${line.slice(0, chars - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
