/** `assay label-studio export` and `import`: tasks and annotations as files, for a Label Studio that Assay does not reach. */

import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { type LabelProject, type Pulled, pushSelections } from '../contracts/label-studio.ts';
import { numberOf } from './judge.ts';
import { bytesOf } from './judge-import.ts';
import { atServer, type JsonFlag, jsonFlag, projectPath } from './label-studio-server.ts';
import { pulledLines } from './label-studio-text.ts';
import { saveContent } from './save-results.ts';
import { clean } from './text.ts';
import { userPath } from './user-path.ts';

interface ExportFlags extends JsonFlag {
  out?: string;
  select?: string;
  limit?: string;
}

export function addFiles(group: Command): void {
  group
    .command('config')
    .description('print the labeling configuration of a project, as Label Studio takes it under Settings')
    .argument('<project>', 'id of the project (lsp_...)')
    .option(...jsonFlag)
    .action((project: string, flags: JsonFlag, command: Command) =>
      atServer(command, flags, async ({ client, display }) => {
        const { label_config } = await client.ask<LabelProject>(projectPath(project));
        display.emit({ label_config });
        display.say(...label_config.trimEnd().split('\n').map(clean));
      }),
    );
  group
    .command('export')
    .description("write tasks with predictions and annotations to a file that Label Studio's import takes")
    .argument('<project>', 'id of the project (lsp_...)')
    .option('-o, --out <file>', 'where to write it (default: PROJECT.tasks.json)')
    .addOption(new Option('--select <what>', 'which items (default: differences)').choices(pushSelections))
    .option('--limit <n>', 'items at most (default: 1000)')
    .option(...jsonFlag)
    .action(exportTo);
  group
    .command('import')
    .description("take in a file of Label Studio's export (JSON); all of it or nothing, and again without harm")
    .argument('<project>', 'id of the project (lsp_...)')
    .argument('<file>', 'the file, exported as JSON, not JSON-MIN')
    .option(...jsonFlag)
    .action(importFrom);
}

async function exportTo(project: string, flags: ExportFlags, command: Command): Promise<void> {
  const file = userPath(flags.out ?? `${project}.tasks.json`);
  const query = new URLSearchParams();
  if (flags.select !== undefined) query.set('select', flags.select);
  if (flags.limit !== undefined) query.set('limit', String(numberOf('--limit', flags.limit)));
  await atServer(command, flags, async ({ client, display }) => {
    await saveContent(client, `${projectPath(project)}/tasks.json?${query}`, file);
    display.emit({ file });
    display.say(file, "Import it into a project of Label Studio that has this project's labeling configuration.");
  });
}

// biome-ignore lint/complexity/useMaxParams: as the command line gives them
async function importFrom(project: string, name: string, flags: JsonFlag, command: Command): Promise<void> {
  const path = userPath(name);
  const bytes = await bytesOf(path);
  await atServer(command, flags, async ({ client, display }) => {
    const pulled = await client.upload<Pulled>({
      path,
      bytes,
      filename: basename(path),
      idempotencyKey: randomUUID(),
      to: `/api/label-studio/projects/${encodeURIComponent(project)}/annotations`,
      type: 'application/json',
    });
    display.emit(pulled);
    display.say(...pulledLines(pulled, project));
  });
}
