/** `assay keys`: makes, lists and revokes API keys, straight on the database, so that it works before the first start. */

import type { Command } from 'commander';
import { addKey, listKeys, revokeKey } from '../http/keys.ts';
import { openDisplay } from './display.ts';
import { readConfig } from './settings-flags.ts';
import { clean, table } from './text.ts';
import { withDatabase } from './with-database.ts';

const json = ['--json', 'write JSON instead of text', false] as const;

/** Adds the command. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('make, list and revoke API keys');
  keys
    .command('add')
    .description('make a key; it is shown this once')
    .argument('<name>', 'what the key is for')
    .option('--user <id>', 'user whose key it is', 'local')
    .option(...json)
    .action(async (name: string, flags: { user: string; json: boolean }, command: Command) => {
      const { config } = readConfig(command);
      const key = await withDatabase(config, (db) => addKey(db, { name, userId: flags.user }));
      const display = openDisplay({ json: flags.json, lineSeconds: config.progress_line_seconds });
      display.emit(key);
      display.say(key.key, `(key ${key.id} of user ${clean(key.user_id)}; it is not shown again)`);
    });
  keys
    .command('list')
    .description('list the keys, without the keys themselves')
    .option(...json)
    .action(async (flags: { json: boolean }, command: Command) => {
      const { config } = readConfig(command);
      const all = await withDatabase(config, listKeys);
      const display = openDisplay({ json: flags.json, lineSeconds: config.progress_line_seconds });
      display.emit({ data: all });
      const rows = all.map((key) => [
        key.id,
        clean(key.user_id),
        clean(key.name),
        `…${key.hint}`,
        day(key.created_at),
        key.revoked_at === null ? day(key.last_used_at) : `revoked ${day(key.revoked_at)}`,
      ]);
      if (rows.length === 0) display.say('No keys. Make one with: assay keys add NAME');
      else display.say(...table([['KEY', 'USER', 'NAME', 'ENDS IN', 'MADE', 'LAST USED'], ...rows], display.width()));
    });
  keys
    .command('revoke')
    .description('end a key at once')
    .argument('<id>', 'id of the key, as assay keys list shows it')
    .option(...json)
    .action(async (id: string, flags: { json: boolean }, command: Command) => {
      const { config } = readConfig(command);
      const key = await withDatabase(config, (db) => revokeKey(db, id));
      const display = openDisplay({ json: flags.json, lineSeconds: config.progress_line_seconds });
      display.emit(key);
      display.say(`${key.id} (${clean(key.name)}) is revoked.`);
    });
}

const day = (seconds: number | null): string =>
  seconds === null ? 'never' : new Date(seconds * 1000).toISOString().slice(0, 10);
