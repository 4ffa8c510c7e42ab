/** Names of items: fields first, then JSON in the prompt, then headings, then ids; what is missing, odd or hostile. */

import { describe, expect, it } from 'vitest';
import { itemName } from '../../src/datasets/item-name.ts';

const named = (input: Record<string, unknown>, namePath: string | null = null): string =>
  itemName({ custom_id: 'cand-1', ...input }, { itemId: 'cand-1', namePath });
const asked = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const natalie = { name: 'Natalie P', current_role: 'Software Engineer', company: 'Meta' };
const full = 'Natalie P (Software Engineer at Meta)';

describe('fields of the row', () => {
  it.each([
    ['name, role, company', natalie, full],
    ['a title for a role', { name: 'Natalie P', title: 'Software Engineer', company: 'Meta' }, full],
    ['current_title', { name: 'Natalie P', current_title: 'Software Engineer', current_company: 'Meta' }, full],
    ['headings of a table', { 'Full Name': 'Natalie P', 'Current Role': 'Software Engineer', Employer: 'Meta' }, full],
    ['camel case', { fullName: 'Natalie P', jobTitle: 'Software Engineer', companyName: 'Meta' }, full],
    [
      'first and last name',
      { first_name: 'Natalie', last_name: 'P', current_role: 'Engineer' },
      'Natalie P (Engineer)',
    ],
    [
      'the company in the role already',
      { ...natalie, current_role: 'Engineer at Meta' },
      'Natalie P (Engineer at Meta)',
    ],
    ['a company with fields', { ...natalie, company: { name: 'Meta', size: 9 } }, full],
    ['no role', { name: 'Natalie P', company: 'Meta' }, 'Natalie P (Meta)'],
    [
      'no company',
      { name: 'Natalie P', current_role: 'Software Engineer', company: '' },
      'Natalie P (Software Engineer)',
    ],
    ['a name alone', { name: 'Natalie P' }, 'Natalie P'],
    ['a role without a name', { current_role: 'Software Engineer', company: 'Meta' }, 'Software Engineer at Meta'],
    ['a title alone', { title: 'The Odyssey', company: 'Penguin' }, 'The Odyssey'],
    ['a candidate with fields', { candidate: natalie, notes: 'x' }, full],
    ['metadata', { metadata: natalie, prompt: 'Judge.' }, full],
    ['metadata of a batch line', { body: { ...asked('Judge.'), metadata: natalie } }, full],
    ['a number', { name: 42 }, '42'],
    ['a company alone names nothing', { company: 'Meta' }, 'cand-1'],
    ['a role in a conversation names nothing', { role: 'user', content: 'hi' }, 'cand-1'],
    ['a list is no name', { name: ['a', 'b'] }, 'cand-1'],
    ['prose is no name', { name: 'x'.repeat(500) }, 'cand-1'],
  ])('%s', (_, input, name) => {
    expect(named(input)).toBe(name);
  });
});

describe('JSON in the prompt', () => {
  const json = JSON.stringify(natalie, null, 2);
  it.each([
    ['is all of it', asked(json), full],
    ['stands between words', asked(`Judge this candidate:\n${json}\nAnswer with JSON.`), full],
    ['stands in a fence', asked(`Judge.\n\`\`\`json\n${json}\n\`\`\``), full],
    ['is nested', asked(`{"task": "judge", "candidate": ${json}}`), full],
    ['stands in a prompt', { prompt: `Judge: ${json}` }, full],
    ['stands in a body', { body: asked(json) }, full],
    ['stands in a column', { profile: json, notes: 'good' }, full],
    ['comes behind broken braces', asked(`Use {this} and {"that". Then ${json}`), full],
    ['holds braces in its texts', asked(JSON.stringify({ note: 'a } or \\" {', ...natalie })), full],
    ['is a form to fill in', asked('Answer as {"name": "...", "title": "<title>"}'), 'cand-1'],
    ['describes a tool', asked('{"name": "get_weather", "parameters": {"type": "object"}}'), 'cand-1'],
    ['is cut off', asked('{"name": "Natalie P", "current'), 'cand-1'],
  ])('%s', (_, input, name) => {
    expect(named(input)).toBe(name);
  });

  it('the last message of the user comes before earlier ones and instructions', () => {
    const say = (role: string, name: string) => ({ role, content: JSON.stringify({ name }) });
    const messages = [say('system', 'Form'), say('user', 'First'), say('assistant', 'Answer'), say('user', 'Last')];
    expect(named({ messages })).toBe('Last');
    expect(named({ messages: messages.slice(0, 1) })).toBe('Form');
  });
});

describe('headings in the prompt', () => {
  it.each([
    ['both', '**Candidate:** Natalie P\n**Current Role:** Software Engineer at Meta', full],
    ['colon outside', 'Judge.\n\n**Candidate**: Natalie P\n**Current Role**: Software Engineer at Meta\n', full],
    ['all bold', '**Candidate: Natalie P**\n**Current Role: Software Engineer at Meta**', full],
    ['in a list, with CRLF', '- **Candidate:** Natalie P\r\n- **Current Role:** Software Engineer at Meta\r\n', full],
    ['company apart', '**Candidate:** Natalie P\n**Current Role:** Software Engineer\n**Company:** Meta', full],
    ['other case', '**CANDIDATE:** Natalie P\n**current role:** Software Engineer at Meta', full],
    ['emphasised', '**Candidate:** *Natalie P*\n**Current Role:** `Software Engineer at Meta`', full],
    ['no role', '**Candidate:** Natalie P\nGood.', 'Natalie P'],
    ['an empty role', '**Candidate:** Natalie P\n**Current Role:** \nGood.', 'Natalie P'],
    [
      'an empty company',
      '**Candidate:** Natalie P\n**Current Role:** Software Engineer at \n',
      'Natalie P (Software Engineer)',
    ],
    ['an empty role at a company', '**Candidate:** Natalie P\n**Current Role:** at Meta\n', 'Natalie P (Meta)'],
    ['both empty', '**Candidate:** \n**Current Role:** at \n2020-now: Engineer', 'cand-1'],
    ['an empty candidate', '**Candidate:**\n**Current Role:** Software Engineer at Meta', 'Software Engineer at Meta'],
    ['a name like At', '**Candidate:** At Nguyen', 'At Nguyen'],
    ['in the middle of a line', 'Look at the **Candidate:** line', 'cand-1'],
    ['several', '**Candidate:** Natalie P\n**Candidate:** Bob', 'Natalie P'],
  ])('%s', (_, prompt, name) => {
    expect(named(asked(prompt))).toBe(name);
    expect(named({ prompt })).toBe(name);
    expect(named({ profile: prompt })).toBe(name);
  });

  it('fields come before headings', () => {
    expect(named({ name: 'Row', ...asked('**Candidate:** Heading') })).toBe('Row');
  });
});

describe('a path', () => {
  it.each([
    ['in the row', { who: { label: 'Here' }, name: 'Not this' }, ['who.label', 'Here']],
    ['with a dot in a name', { 'a.b': 'Here' }, ['a\\.b', 'Here']],
    ['in JSON of the prompt', asked('Judge {"who": {"label": "Here"}, "name": "Not this"}'), ['who.label', 'Here']],
    ['that leads to a list', { who: ['a', 'b'] }, ['who', '["a","b"]']],
    ['that leads nowhere', { name: 'Natalie P' }, ['who.label', 'Natalie P']],
    ['that leads to nothing', { who: '', name: 'Natalie P' }, ['who', 'Natalie P']],
  ] as [string, Record<string, unknown>, [string, string]][])('%s', (_, input, [path, name]) => {
    expect(named(input, path)).toBe(name);
  });
});

describe('the id, and rows without one', () => {
  const numbered = (input: Record<string, unknown>) => itemName(input, { itemId: 'row-7', namePath: null });
  it('is the name where nothing else is', () => {
    expect(named(asked('What is 2 + 2?'))).toBe('cand-1');
    expect(itemName({ id: 9, question: 'Why?' }, { itemId: '9', namePath: null })).toBe('9');
  });
  it('gives way to the beginning of the prompt where it is only the number of the row', () => {
    expect(numbered({ prompt: 'What is 2 + 2?' })).toBe('What is 2 + 2?');
    expect(numbered({ question: 'Why?', answer: 'So.' })).toBe('Why?');
    expect(
      numbered({
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
      }),
    ).toBe('Hi');
    expect(numbered({ question: 'long '.repeat(50) })).toHaveLength(80);
    expect(numbered({ a: 1 })).toBe('row-7');
  });
  it('is shown with its escapes where nothing of it could be seen', () => {
    expect(itemName({}, { itemId: '\u0001', namePath: null })).toBe('"\\u0001"');
  });
});

describe('what is in a name', () => {
  it.each([
    ['Dušan Håkonsen', 'Dušan Håkonsen'],
    ['王小明', '王小明'],
    ['محمد بن سلمان', 'محمد بن سلمان'],
    ['עדי כהן', 'עדי כהן'],
    ['अनिल कुमार', 'अनिल कुमार'],
    ["Seán O'Brien-Łukasz Jr.", "Seán O'Brien-Łukasz Jr."],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['[x](javascript:alert(1))', '[x](javascript:alert(1))'],
    ['=cmd|/c calc', '=cmd|/c calc'],
    ['two\nlines', 'two lines'],
    ['\u001b]0;title\u0007Bob', ']0;titleBob'],
    ['\u202eBob', 'Bob'],
  ])('%j stays data: %j', (given, name) => {
    expect(named({ name: given })).toBe(name);
    expect(named(asked(JSON.stringify({ name: given })))).toBe(name);
  });

  it('is cut at 120 characters', () => {
    const name = named({ name: 'n'.repeat(100), current_role: 'r'.repeat(100) });
    expect(name).toHaveLength(120);
    expect(name).toMatch(/^n{100} \(r+\u2026$/);
  });

  it('a prompt made to be slow is named all the same', () => {
    for (const piece of ['{"', '{"a":', '**Candidate', '"\\', '{{"name"', '{"a": "\\"', '** \n']) {
      expect(named({ prompt: piece.repeat(300_000 / piece.length) })).toBe('cand-1');
    }
    expect(named({ prompt: `**Candidate:** x${' '.repeat(300_000)}y` })).toBe('x');
    expect(named({ prompt: `**Candidate:** x\n**Current Role:** r${' '.repeat(300_000)}at y` })).toBe('x (r)');
  });
});
