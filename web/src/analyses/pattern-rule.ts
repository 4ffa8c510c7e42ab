/** Makes a criterion of a rubric of a pattern of failures, for a person to change before it is kept. */

import type { Pattern } from '../../../src/contracts/mining.ts';
import { newCriterion, type RubricForm } from '../judging/rubric-form.ts';

const LONGEST_NAME = 64;
const LONGEST_DESCRIPTION = 4000;

/** A name that a criterion may have: lower case letters, digits and _. */
export function criterionName(title: string): string {
  const name = title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^[^a-z]+|_+$/g, '')
    .slice(0, LONGEST_NAME)
    .replace(/_+$/, '');
  return name === '' ? 'pattern' : name;
}

/** The rubric that its editor begins with: one criterion, met by an answer that does not fail so. */
export function rubricOfPattern({ title, description }: Pick<Pattern, 'title' | 'description'>): RubricForm {
  const told = description.trim() === '' ? '' : ` ${description.trim()}`;
  const look = `Whether the answer is free of this failure: ${title}.${told} 10: nothing of it; 1: the answer fails by it.`;
  return {
    name: `Without: ${title}`.slice(0, 200),
    instructions: '',
    criteria: [{ ...newCriterion(), name: criterionName(title), description: look.slice(0, LONGEST_DESCRIPTION) }],
    rules: '',
  };
}
