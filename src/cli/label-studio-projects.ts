/** `assay label-studio preview`, `create`, `projects` and `remove`: what a project is made from, and which there are. */

import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import {
  consensusRules,
  type LabelProject,
  type NewProject,
  type Preview,
  type ProjectPlan,
} from '../contracts/label-studio.ts';
import { AssayError } from '../errors.ts';
import { collect } from './convert.ts';
import { numberOf } from './judge.ts';
import { atServer, type JsonFlag, jsonFlag, projectPath, projectsPath, typed } from './label-studio-server.ts';
import { previewLines, projectLines, projectTable } from './label-studio-text.ts';
import { userPath } from './user-path.ts';

interface PlanFlags extends JsonFlag {
  model: string[];
  title?: string;
  showModels: boolean;
  seed?: string;
  config?: string;
  mapping?: string;
}

interface CreateFlags extends PlanFlags {
  rule?: NewProject['rule'];
  auditShare?: string;
  map?: string;
  filesOnly: boolean;
}

export function addProjects(group: Command): void {
  addPlanFlags(group.command('preview'))
    .description('show the labeling configuration and a task of a project before it is made')
    .action(preview);
  addPlanFlags(group.command('create'))
    .description('make a project in Label Studio from the answers of a dataset')
    .addOption(new Option('--rule <rule>', 'how one answer is taken from several annotators').choices(consensusRules))
    .option('--audit-share <share>', 'share of each push that is drawn at random and kept apart (default: 0.2)')
    .option('--map <number>', 'take the project of this number that is there, instead of making one')
    .option('--files-only', 'no connection: tasks go out and come back as files', false)
    .action(create);
  group
    .command('projects')
    .description('list the projects')
    .option('--dataset <id>', 'of this dataset alone')
    .option(...jsonFlag)
    .action((flags: JsonFlag & { dataset?: string }, command: Command) =>
      atServer(command, flags, async ({ client, display }) => {
        const query = { dataset_id: flags.dataset };
        const list = await client.ask<{ data: LabelProject[] }>(projectsPath, { query });
        display.emit(list);
        display.say(...projectTable(list.data, display.width()));
      }),
    );
  group
    .command('remove')
    .description('take a project off the list here; it stays in Label Studio, and what was applied stays here')
    .argument('<project>', 'id of the project (lsp_...)')
    .option(...jsonFlag)
    .action((project: string, flags: JsonFlag, command: Command) =>
      atServer(command, flags, async ({ client, display }) => {
        display.emit(await client.ask<object>(projectPath(project), { method: 'DELETE' }));
        display.say(`${project} is off the list. In Label Studio it is as it was.`);
      }),
    );
}

function addPlanFlags(command: Command): Command {
  return command
    .argument('<dataset>', 'id of the dataset (ds_...)')
    .option('-m, --model <id>', 'model whose answers are shown; may be given several times (default: all)', collect, [])
    .option('--title <text>', "the project's title")
    .option('--show-models', 'show annotators which model an answer is of', false)
    .option('--seed <n>', 'what draws the order of the answers of each task (default: 1)')
    .option('--config <file>', 'labeling configuration of your own (XML)')
    .option('--mapping <file>', 'what its controls mean (JSON); read from their names when absent')
    .option(...jsonFlag);
}

async function preview(dataset: string, flags: PlanFlags, command: Command): Promise<void> {
  const body = planOf(dataset, flags);
  await atServer(command, flags, async ({ client, display }) => {
    const shown = await client.ask<Preview>('/api/label-studio/preview', { method: 'POST', body });
    display.emit(shown);
    display.say(...previewLines(shown));
  });
}

async function create(dataset: string, flags: CreateFlags, command: Command): Promise<void> {
  const body: Partial<NewProject> = {
    ...planOf(dataset, flags),
    ...(flags.rule === undefined ? {} : { rule: flags.rule }),
    ...(flags.auditShare === undefined ? {} : { audit_share: numberOf('--audit-share', flags.auditShare) }),
    ...(flags.map === undefined ? {} : { remote_id: numberOf('--map', flags.map) }),
    files_only: flags.filesOnly,
  };
  await atServer(command, flags, async ({ client, display }) => {
    const project = await client.ask<LabelProject>(projectsPath, { method: 'POST', body });
    display.emit(project);
    const next = flags.filesOnly ? `export ${project.id} -o tasks.json` : `push ${project.id}`;
    display.say(...projectLines(project), '', `Send tasks with: ${typed(next)}`);
  });
}

/** Only what was stated: defaults are the server's. */
function planOf(dataset: string, flags: PlanFlags): Partial<ProjectPlan> {
  return {
    dataset_id: dataset,
    blind: !flags.showModels,
    ...(flags.model.length === 0 ? {} : { models: flags.model }),
    ...(flags.title === undefined ? {} : { title: flags.title }),
    ...(flags.seed === undefined ? {} : { seed: numberOf('--seed', flags.seed) }),
    ...(flags.config === undefined ? {} : { label_config: textOf(flags.config) }),
    ...(flags.mapping === undefined ? {} : { mapping: jsonOf(flags.mapping) }),
  };
}

function textOf(name: string): string {
  const file = userPath(name);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AssayError('input_unreadable', { file, problem: (error as Error).message });
  }
}

/** The server checks what it says. */
function jsonOf(name: string): ProjectPlan['mapping'] {
  const text = textOf(name);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AssayError('input_unreadable', { file: userPath(name), problem: `no JSON: ${(error as Error).message}` });
  }
}
