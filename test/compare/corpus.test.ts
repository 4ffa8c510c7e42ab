/** Real answers of the built-in models, read as a careful person reads them: every expectation was written by hand. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../src/compare/read-answer.ts';
import type { DecisionRule } from '../../src/contracts/datasets.ts';
import { valueAt } from '../../src/datasets/field-path.ts';

interface Line {
  /** What was asked for, by which model (s: smollm2-135m, q: qwen2.5-coder-1.5b), and of whom. */
  id: string;
  model: string;
  finish_reason: string;
  decision_path: string | null;
  rules: DecisionRule[];
  content: string;
  /** `fields` names some of the fields by path, not all. */
  expected: { parse: string; decision: string | null; fields?: Record<string, unknown> };
}

const lines = readFileSync(new URL('corpus/answers.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line);

describe('the corpus', () => {
  test('has at least 150 answers of both models, of every make', () => {
    expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
    expect(lines.length).toBeGreaterThanOrEqual(150);
    for (const parse of ['json', 'repaired', 'text', 'none'])
      expect(lines.filter(({ expected }) => expected.parse === parse).length).toBeGreaterThanOrEqual(5);
    for (const model of ['smollm2-135m', 'qwen2.5-coder-1.5b'])
      expect(lines.filter((line) => line.model === model).length).toBeGreaterThanOrEqual(30);
    expect(lines.filter(({ content }) => content.includes('```')).length).toBeGreaterThanOrEqual(20);
    expect(lines.filter((line) => line.finish_reason === 'length').length).toBeGreaterThanOrEqual(40);
  });
});

test.each(lines)('$id', ({ content, decision_path, rules, expected }) => {
  const { parse, decision, fields } = readAnswer(content, { decisionPath: decision_path, rules });
  const paths = Object.keys(expected.fields ?? {});
  const named = Object.fromEntries(paths.map((path) => [path, valueAt(fields, path)]));
  expect({ parse, decision, ...(paths.length > 0 ? { fields: named } : {}) }).toEqual(expected);
  expect(fields !== null).toBe((parse === 'json' || parse === 'repaired') && !/^[-\d."]+$/.test(content));
});
