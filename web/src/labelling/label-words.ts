/** What goes to Label Studio and comes back, in words. */

import type {
  ConsensusRule,
  LabelProject,
  OpenAnswer,
  Pulled,
  PushObject,
  PushSelection,
  SaidObject,
} from '../../../src/contracts/label-studio.ts';
import { durationText, rateText } from '../app/figures.ts';
import { countText } from '../grid/cell-text.ts';

export const ruleNames: Record<ConsensusRule, string> = {
  majority: 'What most say',
  review: 'Only what all say',
  newest: 'The newest word',
};
export const ruleMeanings: Record<ConsensusRule, string> = {
  majority: 'What more than half of the annotators say is taken; a tie waits for a person.',
  review: 'Taken is what two or more say alike; everything else waits for a person.',
  newest: 'The newest annotation is taken, whoever made it.',
};

export const selectionNames: Record<PushSelection, string> = {
  differences: 'Items on which models differ',
  needs_review: 'Items in need of review',
  audit: 'A random sample alone',
  everything: 'Everything',
};

export const originNames: Record<LabelProject['origin'], string> = {
  made: 'made by Assay',
  mapped: 'mapped',
  files: 'by files',
};

export const pushStates: Record<PushObject['state'], string> = {
  running: 'Tasks go out',
  completed: 'All tasks are there',
  failed: 'The push failed',
  cancelled: 'The push was stopped',
};

/** "340 of 500 · 120/s · 2 s left" */
export function pushText({ state, done, total, per_second, seconds_left }: PushObject): string {
  const going = state === 'running';
  return [
    `${countText(done)} of ${countText(total)}`,
    going && per_second !== null ? `${rateText(per_second)} tasks/s` : null,
    going && seconds_left !== null ? `${durationText(seconds_left)} left` : null,
  ]
    .filter((part) => part !== null)
    .join(' · ');
}

/** What became of tasks that were there already; '' when none was. */
export function thereText({ updated, unchanged, kept }: PushObject): string {
  const parts = [
    updated > 0 ? `${countText(updated)} brought up to date` : null,
    unchanged > 0 ? `${countText(unchanged)} as they should be` : null,
    kept > 0 ? `${countText(kept)} changed there and left alone` : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? '' : `Of the tasks that were there: ${parts.join(', ')}.`;
}

/** One sentence on what a pull, or a file, brought. */
export function pulledText(pulled: Pulled): string {
  const { tasks, created, updated, deleted, applied, foreign } = pulled;
  const moved = [some(created, 'new'), some(updated, 'changed'), some(deleted, 'deleted')].filter(isText);
  const waiting = pulled.conflicts + pulled.in_review + pulled.refused;
  const parts = [
    `${annotationsText(moved)} in ${countText(tasks)} ${tasks === 1 ? 'task' : 'tasks'}`,
    applied > 0 ? `${countText(applied)} ${applied === 1 ? 'answer' : 'answers'} taken over` : null,
    waiting > 0 ? `${countText(waiting)} ${waiting === 1 ? 'waits' : 'wait'} for a person` : null,
    foreign > 0 ? `${countText(foreign)} ${foreign === 1 ? 'task is' : 'tasks are'} not of this project` : null,
  ];
  return `${parts.filter(isText).join('; ')}.`;
}

const isText = (part: string | null): part is string => part !== null;
const some = (n: number, what: string) => (n === 0 ? null : `${countText(n)} ${what}`);
const annotationsText = (moved: readonly string[]) =>
  moved.length === 0 ? 'Nothing new' : `Annotations: ${moved.join(', ')}`;

export const stateNames: Record<OpenAnswer['state'], string> = {
  conflict: 'Both sides changed it',
  review: 'Annotators are apart',
  refused: 'It cannot be taken',
};

/** "golden", "fix", "nothing (any more)". */
export const saidText = ({ kind }: Pick<SaidObject, 'kind'>): string => kind ?? 'nothing (any more)';

/** How well annotators agree, by the usual reading of Krippendorff's alpha. */
export function alphaText(alpha: number): string {
  if (alpha >= 0.8) return 'reliable';
  if (alpha >= 0.667) return 'good enough for cautious conclusions';
  return 'too low to rely on';
}

/** Answers of a project that wait for a person. */
export const waitingOf = ({ conflicts, in_review, refused }: LabelProject): number => conflicts + in_review + refused;

/** The address of a page in Label Studio, where it is one that a browser may be sent to. */
export const safeUrl = (url: string | null): string | null => (url !== null && /^https?:\/\//i.test(url) ? url : null);
