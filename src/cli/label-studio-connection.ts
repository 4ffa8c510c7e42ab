/** `assay label-studio connect`, `status` and `disconnect`: the connection, and how projects stand. */

import type { Command } from 'commander';
import type { ConnectionObject, LabelProject } from '../contracts/label-studio.ts';
import { interruption } from './interruption.ts';
import { atServer, type JsonFlag, jsonFlag, projectPath, projectsPath } from './label-studio-server.ts';
import { connectionLines, projectLines, projectTable } from './label-studio-text.ts';
import { readToken, type TokenFlags, whyNoArgument } from './label-studio-token.ts';

const path = '/api/label-studio/connection';

export function addConnection(group: Command): void {
  group
    .command('connect')
    .description('connect to a Label Studio; address and token are tried before they are kept, the token encrypted')
    .argument('<address>', 'where it is, as http://localhost:8080')
    .option('--token-file <file>', 'file that holds the token and nothing else')
    .option('--token-stdin', 'read the token from stdin', false)
    .option(...jsonFlag)
    .addHelpText('after', `\nWithout a flag the token is asked for, and not shown. ${whyNoArgument}`)
    .action(connectTo);
  group
    .command('status')
    .description('show the connection and all projects, or one project')
    .argument('[project]', 'id of a project (lsp_...)')
    .option(...jsonFlag)
    .action(status);
  group
    .command('disconnect')
    .description('forget the address and the token; projects and annotations stay')
    .option(...jsonFlag)
    .action((flags: JsonFlag, command: Command) =>
      atServer(command, flags, async ({ client, display }) => {
        display.emit(await client.ask<ConnectionObject>(path, { method: 'DELETE' }));
        display.say('There is no connection to Label Studio now. Projects and annotations stay.');
      }),
    );
}

async function connectTo(address: string, flags: TokenFlags & JsonFlag, command: Command): Promise<void> {
  const stop = interruption();
  const token = await readToken(flags, stop.signal).finally(stop.end);
  await atServer(command, flags, async ({ client, display }) => {
    const body = { base_url: address, token };
    const connection = await client.ask<ConnectionObject>(path, { method: 'PUT', body });
    display.emit(connection);
    display.say(...connectionLines(connection));
  });
}

async function status(project: string | undefined, flags: JsonFlag, command: Command): Promise<void> {
  await atServer(command, flags, async ({ client, display }) => {
    if (project !== undefined) {
      const one = await client.ask<LabelProject>(projectPath(project));
      display.emit(one);
      display.say(...projectLines(one));
      return;
    }
    const connection = await client.ask<ConnectionObject>(path);
    const { data } = await client.ask<{ data: LabelProject[] }>(projectsPath);
    display.emit({ connection, projects: data });
    display.say(...connectionLines(connection), '', ...projectTable(data, display.width()));
  });
}
