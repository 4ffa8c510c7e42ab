/** `assay label-studio`: the commands by which disagreements go to Label Studio and what people say of them comes back. */

import type { Command } from 'commander';
import { addAnswers } from './label-studio-answers.ts';
import { addConnection } from './label-studio-connection.ts';
import { addFiles } from './label-studio-files.ts';
import { addProjects } from './label-studio-projects.ts';
import { addMoves } from './label-studio-push.ts';

const examples = `
Examples:
  assay label-studio connect http://localhost:8080      # asks for the token
  assay label-studio create ds_... --audit-share 0.2
  assay label-studio push lsp_... --limit 200
  assay label-studio pull lsp_...
  assay label-studio open lsp_...                       # what waits for a person`;

/** Adds the commands. */
export function addLabelStudio(program: Command): void {
  const group = program
    .command('label-studio')
    .description('send answers to Label Studio for people to label, and take their labels back')
    .addHelpText('after', examples);
  addConnection(group);
  addProjects(group);
  addMoves(group);
  addAnswers(group);
  addFiles(group);
}
