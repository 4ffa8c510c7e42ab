/** Writes connections, projects, pushes, open answers and the review queue for a terminal. */

import type {
  ConnectionObject,
  LabelProject,
  OpenAnswer,
  Preview,
  Pulled,
  PushObject,
  ReviewQueue,
  ReviewRound,
  SaidObject,
} from '../contracts/label-studio.ts';
import { typed } from './label-studio-server.ts';
import { bar, clean, count, cut, duration, percent, short, table } from './text.ts';

export function connectionLines(connection: ConnectionObject): string[] {
  const { connected, base_url: url, account, version, problem, token_kind: kind } = connection;
  if (!connected) return [`Not connected to a Label Studio. Connect with: ${typed('connect ADDRESS')}`];
  const who = `Connected to ${clean(url!)} (Label Studio ${clean(version!)}) as ${clean(account!)}, by a ${kind} token.`;
  return problem === null ? [who] : [who, `It does not serve at present: ${clean(problem)}`];
}

/** One project a line. */
export function projectTable(projects: LabelProject[], width: number): string[] {
  if (projects.length === 0) return [`No projects. Make one with: ${typed('create DATASET')}`];
  const head = ['PROJECT', 'SENT', 'ANNOTATED', 'WAITING', 'PULLED', 'TITLE'];
  const rows = projects.map((project) => [
    project.id,
    count(project.tasks.sent),
    count(project.tasks.annotated),
    count(waitingIn(project)),
    moment(project.pulled_at),
    clean(project.title),
  ]);
  return table([head, ...rows], width);
}

const waitingIn = (project: LabelProject): number => project.conflicts + project.in_review + project.refused;

const moment = (seconds: number | null): string =>
  seconds === null ? 'never' : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');

/** All that there is to say of one project. */
export function projectLines(project: LabelProject): string[] {
  const { tasks, annotators, agreement } = project;
  const lines = [
    `${project.id}  ${clean(project.title)}`,
    `  dataset ${project.dataset_id}; answers of ${project.models.map(clean).join(', ')}${project.blind ? ' (names hidden)' : ''}`,
    `  ${placeOf(project)}; rule ${project.rule}, audit share ${percent(project.audit_share)}`,
    `  ${count(tasks.sent)} tasks sent, ${count(tasks.audit)} of them by chance (audit), ${count(tasks.annotated)} annotated`,
  ];
  if (annotators.length > 0) {
    const each = annotators.map(({ name, annotations }) => `${clean(name)} ${count(annotations)}`);
    lines.push(`  ${count(project.annotations)} annotations: ${each.join(', ')}`);
  }
  if (agreement.answers > 0) {
    const alpha = agreement.alpha === null ? 'cannot be told' : agreement.alpha.toFixed(2);
    lines.push(
      `  alpha ${alpha} over ${count(agreement.answers)} answers with two annotators or more, ${count(agreement.same)} alike`,
    );
  }
  if (project.push !== null) lines.push(...pushLines(project.push, 200).map((line) => `  ${line}`));
  if (waitingIn(project) > 0) lines.push(`  ${waitingLine(project)}: ${typed(`open ${project.id}`)}`);
  lines.push(`  last looked at ${moment(project.pulled_at)}${project.webhook ? '; told of changes by webhook' : ''}`);
  if (project.problem !== null) lines.push(`  ${clean(project.problem)}`);
  return lines;
}

function placeOf(project: LabelProject): string {
  if (project.origin === 'files') return 'goes by files alone';
  return `${project.origin === 'mapped' ? 'mapped' : 'made'}: ${clean(project.url ?? '')}`;
}

const waitingLine = (of: { conflicts: number; in_review: number; refused: number }): string =>
  `${count(of.conflicts)} conflicts, ${count(of.in_review)} to review and ${count(of.refused)} refused wait for a person`;

export function previewLines(preview: Preview): string[] {
  const problem = preview.problem === null ? [] : ['', `Label Studio does not take it: ${clean(preview.problem)}`];
  const config = preview.label_config.split('\n').map(clean);
  return [...config, '', ...JSON.stringify(preview.task, null, 2).split('\n').map(clean), ...problem];
}

/** One line of how far it is; another one of what it waits for or what was wrong. */
export function pushLines(push: PushObject, width: number): string[] {
  const share = push.total === 0 ? 1 : push.done / push.total;
  const rate = push.per_second === null ? '' : `, ${short(push.per_second)}/s`;
  const state = push.state === 'running' ? `${rate}, left ${duration(push.seconds_left)}` : `, ${push.state}`;
  const told = [
    push.updated > 0 ? `${count(push.updated)} brought up to date` : '',
    push.unchanged > 0 ? `${count(push.unchanged)} as they were` : '',
    push.kept > 0 ? `${count(push.kept)} changed there and left alone` : '',
  ].filter((part) => part !== '');
  const lines = [`${bar(share, 20)} ${count(push.done)}/${count(push.total)} tasks${state}`];
  if (told.length > 0) lines.push(told.join(', '));
  if (push.problem !== null) lines.push(clean(push.problem));
  return lines.map((line) => cut(line, width));
}

export function pulledLines(pulled: Pulled, project: string): string[] {
  const { tasks, created, updated, deleted, applied, foreign } = pulled;
  const lines = [
    `${count(tasks)} tasks: ${count(created)} annotations new, ${count(updated)} changed, ${count(deleted)} deleted; ${count(applied)} answers applied.`,
  ];
  if (foreign > 0) lines.push(`${count(foreign)} tasks are none of this project's and were passed over.`);
  if (pulled.conflicts + pulled.in_review + pulled.refused > 0) {
    lines.push(`${waitingLine(pulled)}: ${typed(`open ${project}`)}`);
  }
  return lines;
}

/** An answer that waits, with what each side says. */
export function openLines(answer: OpenAnswer): string[] {
  const { candidate_id: item, model_id: model, name, state, theirs, ours, each, proposed, problem } = answer;
  const lines = [`${clean(item)}  ${clean(model)}  ${state}${name === item ? '' : `  ${clean(name)}`}`];
  const mark = (side: 'ours' | 'theirs') => (proposed === side ? ' (newest)' : '');
  if (ours !== null) lines.push(`  ours${mark('ours')}: ${saidLine(ours)}`);
  if (theirs !== null) lines.push(`  theirs${mark('theirs')}: ${saidLine(theirs)}`);
  if (state === 'review') lines.push(...each.map((said) => `  ${saidLine(said)}`));
  if (problem !== null) lines.push(`  ${clean(problem)}`);
  return lines.map((line) => cut(line, 200));
}

function saidLine({ kind, content, note, annotators, at }: SaidObject): string {
  const text = content === null ? '' : ` “${clean(content)}”`;
  const beside = note === null ? '' : ` (${clean(note)})`;
  return `${kind ?? 'nothing (any more)'}${text}${beside}, by ${annotators.map(clean).join(', ') || 'nobody'}, ${moment(at)}`;
}

/** The queue as a table, then the rounds with what the newest labels bought. */
export function queueLines(queue: ReviewQueue, width: number): string[] {
  const head = ['ITEM', 'USEFUL', 'DIFFER', 'UNSURE', 'NEW', 'WHY', 'NAME'];
  const rows = queue.items.map((item) => [
    clean(item.candidate_id),
    ...[item.usefulness, item.disagreement, item.uncertainty, item.novelty].map((value) => value.toFixed(2)),
    item.audit ? 'audit' : 'useful',
    clean(item.name),
  ]);
  const list = rows.length === 0 ? ['Every item has a word of a person.'] : table([head, ...rows], width);
  const next = `${count(queue.left)} items without a word of a person; ${count(queue.since)} of ${count(queue.every)} labels to the next round.`;
  return [...list, '', next, ...roundLines(queue.rounds)];
}

function roundLines(rounds: ReviewRound[]): string[] {
  const [newest, before] = rounds;
  if (newest === undefined) return [];
  const lines = [
    `Round ${newest.round}, ${moment(newest.created_at)}: ${count(newest.labels)} labels, ${count(newest.audit_labels)} of them of the audit sample.`,
  ];
  for (const figure of newest.figures) {
    const { model_id: model, share, low, high, golden, n } = figure;
    const old = before?.figures.find((one) => one.run_id === figure.run_id);
    const bought =
      widthOf(old) === null || widthOf(figure) === null
        ? ''
        : `; interval ${points(old)} wide before, ${points(figure)} now`;
    const corrected =
      figure.corrected === null
        ? ''
        : `; with the judge ${percent(figure.corrected)} (${percent(figure.corrected_low)} to ${percent(figure.corrected_high)})`;
    lines.push(
      share === null
        ? `  ${clean(model)}: no audit label yet`
        : `  ${clean(model)}: ${percent(share)} golden (${percent(low)} to ${percent(high)}), ${golden} of ${n}${corrected}${bought}`,
    );
  }
  return lines;
}

type Figure = ReviewRound['figures'][number];

const widthOf = (figure: Figure | undefined): number | null =>
  figure === undefined || figure.low === null || figure.high === null ? null : figure.high - figure.low;

const points = (figure: Figure | undefined): string => `${Math.round(widthOf(figure)! * 100)} points`;
