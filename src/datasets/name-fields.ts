/** Reads a name out of structured data: who or what, as which role, at which company. */

import { isObject } from './input-text.ts';

/** Names of fields, in the order in which they are tried, without case, spaces, hyphens and underscores. */
const persons = ['name', 'fullname', 'candidatename', 'candidate', 'displayname'];
const roles = ['currentrole', 'currenttitle', 'jobtitle', 'currentposition'];
/** Roles only beside a name: alone, `title` names a thing, and `role` may be anything. */
const rolesOfNamed = [...roles, 'title', 'position', 'role'];
const companies = ['company', 'currentcompany', 'companyname', 'employer', 'organization', 'organisation'];
/** Fields whose object is looked into. */
const holders = [
  'candidate',
  'profile',
  'person',
  'applicant',
  'employee',
  'user',
  'resume',
  'record',
  'item',
  'data',
  'input',
];
/** Marks of a JSON schema or a tool's description, whose name is not the item's. */
const descriptions = ['parameters', 'properties', '$schema'];

const maxFields = 200;
/** Longer text is prose, not a name. */
const maxChars = 400;

/** The name in the first of `records` that has one: "Natalie P (Software Engineer at Meta)", or the parts there are. */
export function nameByFields(records: unknown[]): string | null {
  for (const record of records) {
    const name = isObject(record) ? (nameOf(record) ?? nameOfHeld(record)) : null;
    if (name !== null) return name;
  }
  return null;
}

function nameOfHeld(record: Record<string, unknown>): string | null {
  for (const [key, value] of entries(record)) {
    const name = holders.includes(key) && isObject(value) ? nameOf(value) : null;
    if (name !== null) return name;
  }
  return null;
}

function nameOf(record: Record<string, unknown>): string | null {
  const fields = new Map(entries(record));
  if (descriptions.some((key) => fields.has(key))) return null;
  const person = first(fields, persons) ?? givenAndFamily(fields);
  const company = first(fields, companies) ?? null;
  if (person !== null) return withRole(person, roleAt(first(fields, rolesOfNamed), company));
  const role = first(fields, roles);
  return role === null ? first(fields, ['title']) : roleAt(role, company);
}

function entries(record: Record<string, unknown>): [string, unknown][] {
  return Object.keys(record)
    .slice(0, maxFields)
    .map((key) => [key.replace(/[\s_-]+/g, '').toLowerCase(), record[key]]);
}

function givenAndFamily(fields: Map<string, unknown>): string | null {
  const parts = [first(fields, ['firstname', 'givenname']), first(fields, ['lastname', 'familyname', 'surname'])];
  return parts.filter((part) => part !== null).join(' ') || null;
}

function first(fields: Map<string, unknown>, names: string[]): string | null {
  for (const name of names) {
    const value = fields.get(name);
    const text = shortText(isObject(value) && companies.includes(name) ? value.name : value);
    if (text !== null) return text;
  }
  return null;
}

/** A text that can be part of a name: no placeholder of a form (`...`, `<name>`, `{{name}}`), no prose. */
function shortText(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value.length > maxChars) return null;
  const text = value.trim();
  return /^(?:[\p{P}\p{S}\s]*|<[\w ]{1,30}>|\{\{[^{}]*\}\}|string|null|none|n\/a)$/iu.test(text) ? null : text;
}

/** "Software Engineer at Meta", or what there is of it; a company that the role names already is not said twice. */
export function roleAt(role: string | null, company: string | null): string | null {
  if (role === null || company === null) return role ?? company;
  return role.toLowerCase().includes(company.toLowerCase()) ? role : `${role} at ${company}`;
}

export const withRole = (name: string, role: string | null): string => (role === null ? name : `${name} (${role})`);
