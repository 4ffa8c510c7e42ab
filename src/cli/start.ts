/** `assay start`: the server in the foreground; at the first start it shows itself on a small demo. */

import { type Command, Option } from 'commander';
import type { Config, Origins } from '../config.ts';
import { type Client, openClient } from './client.ts';
import { runDemo } from './demo.ts';
import { demoState } from './demo-state.ts';
import { type Display, openDisplay } from './display.ts';
import { type Interruption, interruption } from './interruption.ts';
import { logFile, openLog } from './log-file.ts';
import { openBrowser } from './open-browser.ts';
import { Interrupted, reportError } from './report-error.ts';
import type { Notice } from './run-jobs.ts';
import { readConfig } from './settings-flags.ts';
import { invocation } from './user-path.ts';

interface StartFlags {
  demo: boolean;
  worker: boolean;
  small: boolean;
  json: boolean;
}

/** Adds the command, which also runs when no command is named. */
export function addStart(program: Command): void {
  program
    .command('start', { isDefault: true })
    .description('run the server in the foreground; what is unfinished goes on')
    .addOption(new Option('--no-demo', 'leave out the demo of the first start'))
    .addOption(new Option('--no-worker', 'run no rows here: leave them to assay worker processes (local_worker: no)'))
    .option('--small', 'demo with the smallest model alone, under two prompts', false)
    .option('--json', 'write the log as JSON lines to stdout instead of text', false)
    .action(async (flags: StartFlags, command: Command) => {
      const { config, origins } = readConfig(command);
      if (!flags.worker) Object.assign(config, { local_worker: false });
      await start({ config, origins: flags.worker ? origins : { ...origins, local_worker: 'flag' } }, flags);
    });
}

async function start({ config, origins }: { config: Config; origins: Origins }, flags: StartFlags): Promise<void> {
  const stop = interruption();
  const display = openDisplay({ json: false, lineSeconds: config.progress_line_seconds });
  const log = openLog(config, { stdout: flags.json });
  if (!flags.json) display.say('Starting Assay…');
  const { startServer } = await import('../main.ts');
  const server = await startServer({ config, origins, log });
  try {
    const notice: Notice = { text: null, changed: () => undefined };
    const waiting = (reason: string | null) => {
      notice.text = reason;
      notice.changed();
    };
    const client = openClient({ find: async () => server, pollMs: config.poll_ms, waiting, signal: stop.signal });
    if (!flags.json) await greet(server.url, { client, config, display });
    if (config.open_browser) openBrowser(server.url);
    if (flags.demo && !flags.json) await demo({ client, config, display, notice, small: flags.small, stop });
    await stopped(stop.signal);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  } finally {
    if (!flags.json) display.say('', 'Stopping; what is unfinished goes on at the next start…');
    await server.stop();
  }
}

async function greet(url: string, by: { client: Client; config: Config; display: Display }): Promise<void> {
  const models = await by.client.ask<{ data: { id: string }[] }>('/v1/models');
  by.display.say(
    `Assay answers at ${url} (the workbench is that page)`,
    `  data    ${by.config.data}`,
    `  log     ${logFile(by.config)}`,
    `  models  ${models.data.map((model) => model.id).join(', ')}`,
    `  API     ${url}/v1, as OpenAI's; see ${url}/docs`,
    'Ctrl-C stops it; what is unfinished goes on at the next start.',
  );
}

/** Runs the demo when this is the first start, or a demo was cut off; the server goes on whatever becomes of it. */
async function demo(by: {
  client: Client;
  config: Config;
  display: Display;
  notice: Notice;
  small: boolean;
  stop: Interruption;
}): Promise<void> {
  const state = await demoState(by.config.data, by.client, by.small);
  if (state === null) return;
  try {
    await runDemo(state, { ...by, signal: by.stop.signal });
  } catch (error) {
    by.display.settle();
    if (error instanceof Interrupted || by.stop.signal.aborted) return;
    reportError(error, by.config.log_level === 'debug');
    by.display.say(
      `The demo ended there; the server goes on. The next start tries it again, or leaves it: ${invocation()} --no-demo`,
    );
  }
}

/** Resolves at the first Ctrl-C. */
function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
