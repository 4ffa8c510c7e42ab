/** Decides whether something may be said of an answer: a fix has content (JSON where the answer is), golden an answer. */

import { readAnswer } from '../compare/read-answer.ts';
import type { NewAnnotation } from '../contracts/curation.ts';
import type { AnnotationKind } from '../contracts/workbench.ts';
import { AssayError } from '../errors.ts';
import { checkText } from './annotation-row.ts';
import { jsonFault } from './json-fault.ts';
import type { JudgedAnswer } from './judged-answer.ts';

/** @throws AssayError invalid_parameter for what needs no look at the answer. */
export function checkBody(kind: AnnotationKind, body: NewAnnotation): void {
  checkText('note', body.note);
  checkText('content', body.content);
  if (kind === 'fix' && (body.content === undefined || body.content.trim() === '')) {
    throw wrong('content', 'a fix needs the mended answer', body.content ?? 'nothing');
  }
  if (kind !== 'fix' && body.content !== undefined) {
    throw wrong('content', `only a fix takes content, ${kind} says something of the answer as it is`, body.content);
  }
}

/** @throws AssayError conflict for a failed answer called golden, invalid_parameter for a fix that should be JSON. */
export function checkAgainst(answer: JudgedAnswer, kind: AnnotationKind, body: NewAnnotation): void {
  if (kind === 'golden' && (!answer.ok || answer.content === null)) {
    const why = answer.errorCode === null ? 'it has no content' : `it failed with ${answer.errorCode}`;
    throw new AssayError('conflict', {
      what: `The answer of ${answer.modelId} to item ${answer.itemId} cannot be golden: ${why}`,
      remedy: 'Say what it should have been with a fix.',
    });
  }
  if (kind === 'fix' && (answer.parse === 'json' || answer.parse === 'repaired')) checkJson(answer, body.content!);
}

/** A fix may keep the form of its answer: fenced, or with text around; but then it must read without being repaired. */
function checkJson(answer: JudgedAnswer, content: string): void {
  const fault = jsonFault(content);
  if (fault === null) return;
  const plain = /^\s*[[{]/.test(answer.content ?? '');
  if (!plain && readAnswer(content, { decisionPath: null, rules: [] }).parse === 'json') return;
  const problem = `must be JSON, as the answers are: line ${fault.line}, column ${fault.column}: ${fault.problem}`;
  throw wrong('content', problem, content);
}

const wrong = (param: string, problem: string, value: string): AssayError =>
  new AssayError('invalid_parameter', { param, problem, value }, { param });
