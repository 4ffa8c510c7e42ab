/** `assay label-studio push` and `pull`: sends tasks and shows how far it is, and takes in what annotators have said. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { type LabelProject, type NewPush, type Pulled, pushSelections } from '../contracts/label-studio.ts';
import { AssayError } from '../errors.ts';
import { numberOf } from './judge.ts';
import { type AtWork, atServer, type JsonFlag, jsonFlag, projectPath, typed } from './label-studio-server.ts';
import { pulledLines, pushLines } from './label-studio-text.ts';
import { clean } from './text.ts';

interface PushFlags extends JsonFlag {
  select?: NewPush['select'];
  limit?: string;
  cancel: boolean;
}

/** How often a push is asked how far it is, in ms. */
const lookMs = 500;

export function addMoves(group: Command): void {
  group
    .command('push')
    .description('send items as pre-labelled tasks, the most useful first; what is there is brought up to date')
    .argument('<project>', 'id of the project (lsp_...)')
    .addOption(new Option('--select <what>', 'which items (default: differences)').choices(pushSelections))
    .option('--limit <n>', 'items at most (default: 1000)')
    .option('--cancel', 'stop the push that is going; what is there stays', false)
    .option(...jsonFlag)
    .action(push);
  group
    .command('pull')
    .description('take in what annotators have said')
    .argument('<project>', 'id of the project (lsp_...)')
    .option(...jsonFlag)
    .action((project: string, flags: JsonFlag, command: Command) =>
      atServer(command, flags, async ({ client, display }) => {
        const pulled = await client.ask<Pulled>(`${projectPath(project)}/pull`, { method: 'POST', body: {} });
        display.emit(pulled);
        display.say(...pulledLines(pulled, project));
      }),
    );
}

async function push(id: string, flags: PushFlags, command: Command): Promise<void> {
  const body = {
    ...(flags.select === undefined ? {} : { select: flags.select }),
    ...(flags.limit === undefined ? {} : { limit: numberOf('--limit', flags.limit) }),
  };
  await atServer(command, flags, async (at) => {
    const path = projectPath(id);
    if (flags.cancel) {
      await at.client.ask(`${path}/push/cancel`, { method: 'POST', body: {} });
      return show(at, await follow(at, id));
    }
    const there = await at.client.ask<LabelProject>(path);
    if (there.push?.state === 'running') at.display.say('A push is going already; this shows how far it is.');
    else await at.client.ask(`${path}/push`, { method: 'POST', body });
    try {
      show(at, await follow(at, id));
    } catch (error) {
      if (at.signal.aborted) at.display.say(...leftGoing(at, id));
      throw error;
    }
  });
}

/** What becomes of a push whose command was stopped. */
function leftGoing({ owned }: AtWork, id: string): string[] {
  const again = typed(`push ${id}`);
  if (owned)
    return [`Stopped with its server; nothing is lost. It goes on at the next start, and shows itself with: ${again}`];
  return [`The push goes on in the server. See it with: ${again}`, `Stop it with: ${again} --cancel`];
}

async function follow({ client, display, signal }: AtWork, id: string): Promise<LabelProject> {
  for (;;) {
    const project = await client.ask<LabelProject>(projectPath(id));
    if (project.push !== null) {
      display.update(pushLines(project.push, display.width()), pushLines(project.push, 200));
      if (project.push.state !== 'running') {
        display.settle();
        return project;
      }
    }
    await sleep(lookMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** @throws AssayError conflict for a push that failed */
function show({ display }: AtWork, project: LabelProject): void {
  display.emit(project);
  const { state, problem } = project.push!;
  if (state === 'failed') {
    const what = `The push of ${project.id} ended as ${state}: ${clean(problem ?? 'it was broken off').replace(/\.$/, '')}`;
    throw new AssayError('conflict', { what, remedy: `Go on with: ${typed(`push ${project.id}`)}` });
  }
  if (project.url !== null) display.say(`Label them at ${project.url}`);
  if (state === 'completed') display.say(`Take in what is said with: ${typed(`pull ${project.id}`)}`);
}
