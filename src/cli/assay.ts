/** The command line: reads the arguments, runs one command, turns whatever it throws into one line and an exit code. */

import { Command } from 'commander';
import { AssayError } from '../errors.ts';
import { version } from '../version.ts';
import { exitCodes, reportError } from './report-error.ts';
import { addSettingFlags, readConfig } from './settings-flags.ts';
import { nearest } from './text.ts';

const settingsHelp = `
Each setting of docs/reference/configuration.md is a flag too (--chunk-seconds 5); flags go over the environment
(ASSAY_CHUNK_SECONDS), that over assay.yaml, that over the default. assay doctor shows what is in force.`;

/**
 * The commands in the order of the help, each read only when it is asked for: reading all of them takes longer than most
 * of them run.
 */
const commands: Record<string, (assay: Command) => Promise<void>> = {
  start: async (assay) => (await import('./start.ts')).addStart(assay),
  worker: async (assay) => (await import('./worker.ts')).addWorker(assay),
  run: async (assay) => (await import('./run.ts')).addRun(assay),
  status: async (assay) => (await import('./status.ts')).addStatus(assay),
  cancel: async (assay) => (await import('./cancel.ts')).addCancel(assay),
  retry: async (assay) => (await import('./retry.ts')).addRetry(assay),
  results: async (assay) => (await import('./results.ts')).addResults(assay),
  convert: async (assay) => (await import('./convert.ts')).addConvert(assay),
  sample: async (assay) => (await import('./sample.ts')).addSample(assay),
  judge: async (assay) => (await import('./judge.ts')).addJudge(assay),
  'analyze-failures': async (assay) => (await import('./analyze-failures.ts')).addAnalyzeFailures(assay),
  mine: async (assay) => (await import('./mine.ts')).addMine(assay),
  generate: async (assay) => (await import('./generate.ts')).addGenerate(assay),
  analyze: async (assay) => {
    const [{ addAnalyze }, { connect }] = await Promise.all([import('./analyze.ts'), import('./connect.ts')]);
    addAnalyze(assay, (command) => connect(readConfig(command).config, { start: false }));
  },
  'train-demo': async (assay) => (await import('./train-demo.ts')).addTrainDemo(assay),
  'label-studio': async (assay) => (await import('./label-studio.ts')).addLabelStudio(assay),
  keys: async (assay) => (await import('./keys.ts')).addKeys(assay),
  doctor: async (assay) => (await import('./doctor.ts')).addDoctor(assay),
};

/** The program without its commands. */
function bareProgram(): Command {
  const assay = new Command('assay')
    .description('Runs large batches of prompts through open models on your own machines.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText('after', settingsHelp);
  addSettingFlags(assay);
  return assay;
}

/** Adds the command that `args` name; all of them where they name none, or ask for help. */
async function addCommands(assay: Command, args: string[]): Promise<void> {
  const word = commandIn(args);
  if (word !== undefined && word in commands) await commands[word]!(assay);
  else for (const add of Object.values(commands)) await add(assay);
}

/**
 * The first word that is no flag, nor the value of one of a setting.
 * @throws AssayError unknown_command where it is no command: `start`, the default, would swallow it.
 */
function commandIn(args: string[]): string | undefined {
  const word = bareProgram().parseOptions(args).operands[0];
  const known = [...Object.keys(commands), 'help'];
  if (word === undefined || known.includes(word)) return word;
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
  const assay = bareProgram();
  // A reader that has seen enough (head, less) closes the pipe: that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok);
    throw error;
  });
  try {
    await addCommands(assay, args);
    await assay.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = reportError(error, wantsStacks(assay));
  }
  process.stdout.write('', () => process.exit());
}

await main(process.argv.slice(2));
