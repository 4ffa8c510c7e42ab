/** `assay worker`: runs chunks of the server at DATABASE_URL on this machine's engines, until it is told to stop. */

import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { collectorFlags } from '../scheduler/worker-process.ts';
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
      const { config } = readConfig(command);
      takeCollectorFlags();
      await work(config, flags);
    });
}

/**
 * Puts this process in the place of itself, with the flags of the collector that the server gives to its own worker: they
 * count only from the start of a process. Standard streams, working folder and process id stay. They save
 * memory at the same speed. Whoever states a size by a flag of node keeps it; Windows cannot do
 * it.
 */
function takeCollectorFlags(): void {
  if (process.platform === 'win32' || process.execArgv.some((flag) => flag.includes('semi-space-size'))) return;
  const args = [...process.execArgv, ...collectorFlags, ...process.argv.slice(1)];
  process.execve?.(process.execPath, [process.execPath, ...args]);
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
  const outdated = await Promise.race([worker.outdated, stopped(stop.signal)]);
  if (outdated !== null) say('', outdated.message);
  say('', `Stopping; rows in flight have ${config.drain_seconds} s, the rest goes to other workers…`);
  await worker.drain();
  if (outdated !== null) throw outdated;
}

/** Resolves at the first signal. */
function stopped(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}
