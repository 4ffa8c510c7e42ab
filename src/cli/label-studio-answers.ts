/** `assay label-studio open`, `resolve` and `review`: what waits for a person, what the person says, and what is worth a look next. */

import type { Command } from 'commander';
import type { OpenAnswer, Resolution, ReviewQueue } from '../contracts/label-studio.ts';
import { numberOf } from './judge.ts';
import { type AtWork, atServer, type JsonFlag, jsonFlag, projectPath, typed } from './label-studio-server.ts';
import { openLines, queueLines } from './label-studio-text.ts';

interface Page {
  data: OpenAnswer[];
  next: string | null;
}

/** Answers that are asked for at a time. */
const pageAnswers = 100;

export function addAnswers(group: Command): void {
  group
    .command('open')
    .description('list the answers that wait for a person: conflicts, annotators who are apart, what cannot be taken')
    .argument('<project>', 'id of the project (lsp_...)')
    .option('--limit <n>', 'answers at most', '50')
    .option(...jsonFlag)
    .action(open);
  group
    .command('resolve')
    .description('say whose word is taken for an answer that waits')
    .argument('<project>', 'id of the project (lsp_...)')
    .argument('<item>', 'id of the item, as open shows it')
    .argument('<model>', 'the model whose answer it is')
    .requiredOption('--keep <whose>', 'ours (what Assay holds), theirs (what is in Label Studio), or an annotator')
    .option(...jsonFlag)
    .action(resolve);
  group
    .command('review')
    .description('show which items are worth a look next, and what the labels so far have bought')
    .argument('<dataset>', 'id of the dataset (ds_...)')
    .option('--limit <n>', 'items at most (default: 50)')
    .option('--audit-share <share>', 'share that is drawn at random (default: 0.2)')
    .option('--seed <n>', 'what draws it, the same one each time (default: 1)')
    .option(...jsonFlag)
    .action(review);
}

async function open(project: string, flags: JsonFlag & { limit: string }, command: Command): Promise<void> {
  const limit = numberOf('--limit', flags.limit);
  await atServer(command, flags, async (at) => {
    const { data, more } = await waiting(at, project, limit);
    at.display.emit({ data });
    if (data.length === 0) at.display.say('Nothing waits for a person.');
    for (const answer of data) at.display.say(...openLines(answer), '');
    if (more) at.display.say(`There are more: give a higher --limit.`);
    if (data.length > 0)
      at.display.say(`Say whose word is taken: ${typed(`resolve ${project} ITEM MODEL --keep ours|theirs|ANNOTATOR`)}`);
  });
}

async function waiting(
  { client }: AtWork,
  project: string,
  limit: number,
): Promise<{ data: OpenAnswer[]; more: boolean }> {
  const data: OpenAnswer[] = [];
  for (let after: string | undefined; ; ) {
    const query = { after, limit: Math.max(1, Math.min(pageAnswers, limit - data.length)) };
    const page = await client.ask<Page>(`${projectPath(project)}/open`, { query });
    data.push(...page.data);
    if (page.next === null || data.length >= limit) return { data, more: page.next !== null };
    after = page.next;
  }
}

// biome-ignore lint/complexity/useMaxParams: as the command line gives them
async function resolve(
  project: string,
  item: string,
  model: string,
  flags: JsonFlag & { keep: string },
  command: Command,
): Promise<void> {
  const { keep } = flags;
  const side = keep === 'ours' || keep === 'theirs';
  const body: Resolution = {
    candidate_id: item,
    model_id: model,
    ...(side ? { keep } : { keep: 'annotator', annotator: keep }),
  };
  await atServer(command, flags, async ({ client, display }) => {
    display.emit(await client.ask<object>(`${projectPath(project)}/resolve`, { method: 'POST', body }));
    display.say(`The answer of ${model} to ${item} is settled: ${side ? keep : `the word of ${keep}`} is kept.`);
  });
}

interface ReviewFlags extends JsonFlag {
  limit?: string;
  auditShare?: string;
  seed?: string;
}

async function review(dataset: string, flags: ReviewFlags, command: Command): Promise<void> {
  const number = (name: string, text: string | undefined) => (text === undefined ? undefined : numberOf(name, text));
  const query = {
    dataset_id: dataset,
    limit: number('--limit', flags.limit),
    audit_share: number('--audit-share', flags.auditShare),
    seed: number('--seed', flags.seed),
  };
  await atServer(command, flags, async ({ client, display }) => {
    const queue = await client.ask<ReviewQueue>('/api/review-queue', { query });
    display.emit(queue);
    display.say(...queueLines(queue, display.width()));
  });
}
