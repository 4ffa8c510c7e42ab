/** Finds or starts the server for a command of Label Studio, and gives back all that the command took. */

import type { Command } from 'commander';
import type { Client } from './client.ts';
import { connect } from './connect.ts';
import { type Display, openDisplay } from './display.ts';
import { interruption } from './interruption.ts';
import { readConfig } from './settings-flags.ts';
import { invocation } from './user-path.ts';

/** What a command works with. */
export interface AtWork {
  client: Client;
  display: Display;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Whether the server ends with this command. */
  owned: boolean;
}

/** Flags that every command has. */
export interface JsonFlag {
  json: boolean;
}

export const jsonFlag = ['--json', 'write JSON instead of text', false] as const;

export const projectsPath = '/api/label-studio/projects';
export const projectPath = (id: string): string => `${projectsPath}/${encodeURIComponent(id)}`;

/** A command of this group as the user types it. */
export const typed = (words: string): string => `${invocation()} label-studio ${words}`;

export async function atServer(
  command: Command,
  { json }: JsonFlag,
  work: (at: AtWork) => Promise<void>,
): Promise<void> {
  const { config } = readConfig(command);
  const display = openDisplay({ json, lineSeconds: config.progress_line_seconds });
  const stop = interruption();
  const waiting = (reason: string | null) => reason !== null && display.say(`Waiting: ${reason}`);
  try {
    const server = await connect(config, { start: true, waiting, signal: stop.signal });
    try {
      await work({ client: server.client, display, signal: stop.signal, owned: server.owned });
    } finally {
      await server.stop();
    }
  } finally {
    stop.end();
  }
}
