/** The command line: reads the arguments, runs one command, turns whatever it throws into one line and an exit code. */

import { Command } from 'commander';
import { AssayError } from '../errors.ts';
import { version } from '../version.ts';
import { addAnalyze } from './analyze.ts';
import { addAnalyzeFailures } from './analyze-failures.ts';
import { addCancel } from './cancel.ts';
import { connect } from './connect.ts';
import { addConvert } from './convert.ts';
import { addDoctor } from './doctor.ts';
import { addGenerate } from './generate.ts';
import { addJudge } from './judge.ts';
import { addKeys } from './keys.ts';
import { addLabelStudio } from './label-studio.ts';
import { addMine } from './mine.ts';
import { exitCodes, reportError } from './report-error.ts';
import { addResults } from './results.ts';
import { addRetry } from './retry.ts';
import { addRun } from './run.ts';
import { addSample } from './sample.ts';
import { addSettingFlags, readConfig } from './settings-flags.ts';
import { addStart } from './start.ts';
import { addStatus } from './status.ts';
import { nearest } from './text.ts';
import { addTrainDemo } from './train-demo.ts';
import { addWorker } from './worker.ts';

const settingsHelp = `
Each setting of docs/reference/configuration.md is a flag too (--chunk-seconds 5); flags go over the environment
(ASSAY_CHUNK_SECONDS), that over assay.yaml, that over the default. assay doctor shows what is in force.`;

/** The program with all its commands. */
export function program(): Command {
  const assay = new Command('assay')
    .description('Runs large batches of prompts through open models on your own machines.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText('after', settingsHelp);
  addSettingFlags(assay);
  addStart(assay);
  addWorker(assay);
  addRun(assay);
  addStatus(assay);
  addCancel(assay);
  addRetry(assay);
  addResults(assay);
  addConvert(assay);
  addSample(assay);
  addJudge(assay);
  addAnalyzeFailures(assay);
  addMine(assay);
  addGenerate(assay);
  addAnalyze(assay, (command) => connect(readConfig(command).config, { start: false }));
  addTrainDemo(assay);
  addLabelStudio(assay);
  addKeys(assay);
  addDoctor(assay);
  return assay;
}

/** Throws unknown_command where the first word is no command: `start`, the default, would swallow it. */
function checkCommand(assay: Command, args: string[]): void {
  const word = assay.parseOptions(args).operands[0];
  const known = [...assay.commands.map((command) => command.name()), 'help'];
  if (word === undefined || known.includes(word)) return;
  const near = nearest(word, known);
  throw new AssayError('unknown_command', {
    value: word,
    nearest: near === null ? '' : `Did you mean ${near}? `,
    known: known.join(', '),
  });
}

/** Whether the log level is debug; not where the configuration is what is wrong. */
function wantsStacks(assay: Command): boolean {
  try {
    return readConfig(assay).config.log_level === 'debug';
  } catch {
    return false;
  }
}

async function main(args: string[]): Promise<void> {
  const assay = program();
  // A reader that has seen enough (head, less) closes the pipe: that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok);
    throw error;
  });
  try {
    checkCommand(program(), args);
    await assay.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = reportError(error, wantsStacks(assay));
  }
  process.stdout.write('', () => process.exit());
}

await main(process.argv.slice(2));
