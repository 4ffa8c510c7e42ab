/** The examples: the generator gives the committed bytes, and the rows have the variety that is promised. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { candidatesCsv, makeCandidates } from '../../examples/make-candidates.ts';
import { requestLines } from '../../src/datasets/to-requests.ts';
import { parseTemplate } from '../../src/prompts/template.ts';
import { rowsOf } from './files.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const read = (name: string): string => readFileSync(path(name), 'utf8');
/** About as many tokens as models count in English prose. */
const tokensOf = (text: string): number => text.length / 4.3;

describe('candidates.csv', () => {
  it('is what its generator makes', () => {
    expect(candidatesCsv()).toBe(read('candidates.csv'));
  });

  it('reads back as it was made', async () => {
    const rows = await rowsOf(path('candidates.csv'));
    expect(rows.map((row) => row.values)).toEqual(makeCandidates());
  });

  it('is varied', () => {
    const made = makeCandidates();
    expect(made).toHaveLength(200);
    expect(new Set(made.map((each) => each.name)).size).toBe(200);
    expect(new Set(made.map((each) => each.category)).size).toBe(5);
    for (const script of ['Han', 'Arabic', 'Cyrillic', 'Greek', 'Devanagari', 'Hangul']) {
      const written = made.filter((each) => new RegExp(`\\p{Script=${script}}`, 'u').test(each.name));
      expect({ script, enough: written.length >= 5 }).toEqual({ script, enough: true });
    }
    const lengths = made.map((each) => tokensOf(Object.values(each).join(' ')));
    expect(lengths.filter((tokens) => tokens > 500).length).toBeGreaterThan(40);
    expect(made.filter((each) => each.history.split('\n').length >= 8).length).toBeGreaterThan(40);
    expect(made.filter((each) => Object.values(each).includes('')).length).toBeGreaterThan(40);
    expect(lengths.slice(0, 16).every((tokens) => tokens >= 40 && tokens <= 250)).toBe(true);
  });

  it.each(['candidate-prompt.txt', 'candidate-prompt-brief.txt'])('%s: fits the table', async (name) => {
    const template = parseTemplate(name, read(name));
    const prompts: string[][] = [];
    const options = { file: path('candidates.csv'), model: 'm', template, maxLineBytes: 100_000 };
    for await (const line of requestLines(options)) {
      prompts.push(JSON.parse(line).body.messages.map((message: { content: string }) => message.content));
    }
    expect(prompts).toHaveLength(200);
    // The instructions come first and are the same for all, so that they are computed once.
    expect(new Set(prompts.map(([system]) => system)).size).toBe(1);
    expect(tokensOf(prompts[0]![0]!)).toBeLessThan(250);
    expect(prompts[0]![0]).toContain('"recommendation": "Strong Yes|Yes|Maybe|No"');
    expect(prompts[0]![1]).toMatch(/\*\*Candidate:\*\* .*\n\*\*Current Role:\*\* /);
  });
});

it('questions.jsonl holds 60 or more questions of five categories, each once', async () => {
  const rows = (await rowsOf(path('questions.jsonl'))).map((row) => row.values);
  expect(rows.length).toBeGreaterThanOrEqual(60);
  expect(new Set(rows.map((row) => row.custom_id)).size).toBe(rows.length);
  expect(new Set(rows.map((row) => row.prompt)).size).toBe(rows.length);
  for (const category of ['math', 'code', 'reasoning', 'creative', 'qa']) {
    expect(rows.filter((row) => row.category === category).length).toBeGreaterThanOrEqual(10);
  }
  expect(rows.filter((row) => row.category === 'math').every((row) => typeof row.expected === 'string')).toBe(true);
});
