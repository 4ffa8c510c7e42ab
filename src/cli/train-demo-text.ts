/** What `assay train-demo` writes on a terminal: how far it is, how many facts are right, and where to look. */

import { bar, clean, cut, duration, table } from './text.ts';
import type { Compared } from './train-demo-compare.ts';
import type { TrainerStep } from './trainer-process.ts';
import { invocation } from './user-path.ts';

/** An evaluation as the demo shows it. */
export interface Seen {
  epoch: number;
  step: number;
  right: number;
  of: number;
  errors: number;
}

/** Where the training stands. */
export interface Standing {
  phase: string;
  step: TrainerStep | null;
  evaluations: Seen[];
}

const BAR_COLUMNS = 20;

/** A line of the step, and one of the evaluations that have reached the server. */
export function trainingLines({ phase, step, evaluations }: Standing, width: number): string[] {
  const lines = [step === null || phase !== 'training' ? `${phase}…` : stepLine(step)];
  if (evaluations.length > 0) lines.push(evaluationLine(evaluations));
  return lines.map((line) => cut(line, width));
}

function stepLine({ step, steps, loss, learning_rate: rate, left }: NonNullable<Standing['step']>): string {
  const share = `${bar(step / steps, BAR_COLUMNS)} step ${step}/${steps}`;
  return `${share}, loss ${loss.toFixed(3)}, learning rate ${rate.toExponential(1)}, left ${duration(left)}`;
}

/** "Right of 8 by epoch: 0, 0, 3, 8", with the predictions that could not be made. */
export function evaluationLine(evaluations: Seen[]): string {
  const of = evaluations.at(-1)?.of ?? 0;
  const errors = evaluations.reduce((sum, each) => sum + each.errors, 0);
  const failed = errors === 0 ? '' : ` (${errors} predictions could not be made: see the page)`;
  return `Right of ${of} by epoch, before the first step first: ${evaluations.map(({ right }) => right).join(', ')}${failed}`;
}

/** The answers side by side, those that are right marked. */
export function comparisonLines({ models, rows, right }: Compared, width: number): string[] {
  const cell = (answer: string | null, expected: string): string => {
    if (answer === null) return '(no answer)';
    return `${answer.trim() === expected ? '✓' : '✗'} ${cut(clean(answer.trim()), ANSWER_COLUMNS)}`;
  };
  const lines = table(
    [
      ['QUESTION', ...models.map((model) => model.toUpperCase())],
      ...rows.map(({ question, expected, answers }) => [
        cut(question, QUESTION_COLUMNS),
        ...answers.map((answer) => cell(answer, expected)),
      ]),
    ],
    width,
  );
  return [...lines, ...models.map((model, at) => `${model}: ${right[at]} of ${rows.length} right`)];
}

const QUESTION_COLUMNS = 44;
const ANSWER_COLUMNS = 30;

/** What is said at the end: paths and figures of the training, and where the server is. */
export interface End {
  seconds: number;
  gguf: string;
  undelivered: string | null;
  model: string;
  /** Address of the job's page. */
  page: string;
  /** Of the questions. */
  dataset: string;
  /** Whether the server ends with this command. */
  owned: boolean;
}

/** What came out, and where it is to be seen. */
export function endLines({ seconds, gguf, undelivered, model, page, dataset, owned }: End): string[] {
  const { origin, pathname } = new URL(page);
  const at = (path: string) => (owned ? `${path} of its address` : `${origin}${path}`);
  return [
    `Trained in ${duration(seconds)}; the model is ${model} (${gguf}).`,
    ...(undelivered === null ? [] : [`Not all predictions were delivered: ${clean(undelivered)}`]),
    ...(owned ? [`To look at it, start the server: ${invocation()} start`] : []),
    `The predictions, epoch by epoch: ${at(pathname)}`,
    `Both models side by side: ${at(`/?dataset=${dataset}`)}`,
  ];
}
