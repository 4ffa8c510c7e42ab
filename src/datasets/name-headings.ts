/** Reads a name out of the headings of a prompt: `**Candidate:** Natalie P` and `**Current Role:** Software Engineer at Meta`. */

import { roleAt, withRole } from './name-fields.ts';

/** `**Name:** text`, `**Name**: text` or `**Name: text**`, on a line of its own that may begin as a list or a quotation. */
function heading(names: string): RegExp {
  const start = '^[ \\t]*(?:[-*>#]+[ \\t]+)?\\*\\*[ \\t]*';
  const apart = `(?:${names})[ \\t]*(?::[ \\t]*\\*\\*|\\*\\*[ \\t]*:)[ \\t]*(.*)`;
  const inside = `(?:${names})[ \\t]*:[ \\t]*([^*\\r\\n]+)\\*\\*`;
  return new RegExp(`${start}(?:${apart}|${inside})`, 'im');
}

/** Characters of a value that are looked at. */
const maxChars = 1000;
const candidate = heading('Candidate|Candidate Name|Name');
const currentRole = heading('Current Role|Current Title|Current Position');
const currentCompany = heading('Current Company|Company|Employer');

/** The name in the first of `texts` that has such a heading; the role alone where no candidate is named. */
export function nameByHeadings(texts: string[]): string | null {
  for (const text of texts) {
    if (!text.includes('**')) continue;
    const person = headed(text, candidate);
    const role = trimAt(headed(text, currentRole));
    const employed = roleAt(role, role !== null && / at /i.test(role) ? null : headed(text, currentCompany));
    if (person !== null) return withRole(person, employed);
    if (role !== null) return employed;
  }
  return null;
}

/** A template whose column was empty leaves "at Meta" or "Engineer at". */
const trimAt = (role: string | null): string | null => role?.replace(/^at(?:\s+|$)|\s+at$/i, '').trim() || null;

function headed(text: string, pattern: RegExp): string | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const value = (match[1] ?? match[2]!).slice(0, maxChars).replace(/^[*_`\s]+|[*_`\s]+$/g, '');
  return value === '' ? null : value;
}
