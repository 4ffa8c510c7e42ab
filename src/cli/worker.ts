/** `assay worker`: runs chunks of the server at DATABASE_URL on this machine's engines, until it is told to stop. */

import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { openDisplay } from './display.ts';
import { interruption } from './interruption.ts';
import { logFile, openLog } from './log-file.ts';
import { readConfig } from './settings-flags.ts';

/** Adds the command. */
export function addWorker(program: Command): void {
  program
    .command('worker')
    .description('run batches of the server that shares DATABASE_URL, on the engines of this machine')
    .option('--json', 'write the log as JSON lines to stdout instead of text', false)
    .action(async (flags: { json: boolean }, command: Command) => {
      await work(readConfig(command).config, flags);
    });
}

async function work(config: Config, flags: { json: boolean }): Promise<void> {
  const stop = interruption();
  const display = openDisplay({ json: false, lineSeconds: config.progress_line_seconds });
  const say = (...lines: string[]) => {
    if (!flags.json) display.say(...lines);
  };
  const { startFleetWorker } = await import('../fleet-worker.ts');
  const worker = await startFleetWorker({
    config,
    log: openLog(config, { stdout: flags.json }),
    waiting: (reason) => say(`Waiting: ${reason}`),
    signal: stop.signal,
  });
  say(
    `Assay worker ${worker.workerId} takes part`,
    `  data    ${config.data}`,
    ...(flags.json ? [] : [`  log     ${logFile(config)}`]),
    ...(worker.healthUrl === null ? [] : [`  health  ${worker.healthUrl}`]),
    'Ctrl-C ends it after its rows in flight; twice ends it at once.',
  );
  await new Promise<void>((resolve) => {
    if (stop.signal.aborted) resolve();
    stop.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  say('', `Stopping; rows in flight have ${config.drain_seconds} s, the rest goes to other workers…`);
  await worker.drain();
}
