/** Streams the rows that a job is trained on, or its samples are drawn from, as JSON lines of chat messages. */

import { Readable } from 'node:stream';
import type { TrainingJob, TrainingSource } from '../contracts/training.ts';
import { itemPages, newestVersion, type VersionItem } from '../datasets/version-items.ts';
import { AssayError } from '../errors.ts';
import { type PromptMessage, promptMessages } from '../runs/prompt-of.ts';
import type { TrainingDeps } from './training-deps.ts';

/** What a trainer fetches: rows to train on, or those that samples are drawn from. */
export const dataParts = ['train', 'samples'] as const;
export type DataPart = (typeof dataParts)[number];

type Rooms = Pick<TrainingDeps, 'db' | 'datasets' | 'curation' | 'analyses'>;

/**
 * Lines {id, messages}, the answer last, as the assistant's. Samples are drawn from the training rows where the job names no
 * other source. @throws AssayError not_found (the source is gone), conflict (the job has none, or it is not made yet)
 */
export async function trainingData(
  rooms: Rooms,
  userId: string,
  of: { job: TrainingJob; part: DataPart },
): Promise<Readable> {
  const { job, part } = of;
  const source = part === 'samples' ? (job.samples ?? job.data) : job.data;
  if (source === null) {
    throw new AssayError('conflict', {
      what: `Training job ${job.id} names no rows to fetch (${part})`,
      remedy: `Give ${part === 'train' ? 'data' : 'samples or data'} when a job is made, or let the trainer bring its own rows.`,
    });
  }
  const lines = linesOf(rooms, userId, source);
  const first = await lines.next();
  return Readable.from(firstAndRest(first, lines));
}

/**
 * Sees that a source is the user's and has rows. `param` is where it stands in the request.
 * @throws AssayError not_found, conflict (of an analysis whose step has not ended), invalid_parameter (no rows)
 */
export async function checkSource(
  rooms: Rooms,
  userId: string,
  { source, param }: { source: TrainingSource; param: string },
): Promise<void> {
  const lines = linesOf(rooms, userId, source);
  try {
    if (!(await lines.next()).done) return;
  } finally {
    await lines.return();
  }
  const problem = source.kind === 'dataset' ? 'has no item with an expected answer' : 'has no rows';
  throw new AssayError(
    'invalid_parameter',
    { param: `${param}.id`, problem, value: source.id },
    { param: `${param}.id` },
  );
}

/** Pieces of whole lines, never empty ones. */
function linesOf(rooms: Rooms, userId: string, { kind, id }: TrainingSource): AsyncGenerator<string, void> {
  if (kind === 'golden_set') return goldenLines(rooms, userId, id);
  return kind === 'analysis' ? targetedLines(rooms, userId, id) : datasetLines(rooms, userId, id);
}

async function* firstAndRest(first: IteratorResult<string, void>, rest: AsyncGenerator<string, void>) {
  try {
    if (first.done) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}

const lineOf = (id: string, messages: PromptMessage[]): string => `${JSON.stringify({ id, messages })}\n`;

async function* goldenLines({ curation }: Rooms, userId: string, id: string): AsyncGenerator<string, void> {
  let place = 0;
  for await (const piece of curation.goldenSetItems(userId, id)) {
    const entries = (piece as string)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    yield entries
      .map(({ messages, content }) => lineOf(`${id}-${place++}`, [...withoutAnswer(messages), answerOf(content)]))
      .join('');
  }
}

/** Rows that the checks kept. */
async function* targetedLines({ analyses }: Rooms, userId: string, id: string): AsyncGenerator<string, void> {
  let place = 0;
  for await (const line of await analyses.file(userId, { id, file: 'targeted_sft.jsonl' }))
    yield lineOf(`${id}-${place++}`, JSON.parse(line as string).messages);
}

async function* datasetLines({ db }: Rooms, userId: string, id: string): AsyncGenerator<string, void> {
  const { versionId } = await db.asUser(userId, (q) => newestVersion(q, userId, id));
  for await (const page of itemPages(db, userId, versionId)) {
    const lines = page.flatMap(itemLine);
    if (lines.length > 0) yield lines.join('');
  }
}

function itemLine({ itemId, input, truth }: VersionItem): string[] {
  if (truth === null || truth === '') return [];
  const asked = withoutAnswer(promptMessages({ itemId, input, template: null }));
  return [lineOf(itemId, [...asked, answerOf(truth)])];
}

const answerOf = (content: string): PromptMessage => ({ role: 'assistant', content });

/** A conversation that ends with an answer of its own is asked up to there. */
function withoutAnswer(messages: PromptMessage[]): PromptMessage[] {
  const end = messages.findLastIndex(({ role }) => role !== 'assistant');
  return messages.slice(0, end + 1);
}
