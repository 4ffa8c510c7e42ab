/** `assay retry`: runs the failed rows of an ended batch again. */

import type { Command } from 'commander';
import type { Batch } from '../contracts/openai-batch.ts';
import { connect } from './connect.ts';
import { openDisplay } from './display.ts';
import { readConfig } from './settings-flags.ts';

/** Adds the command. */
export function addRetry(program: Command): void {
  program
    .command('retry')
    .description('run the failed rows of a batch again')
    .argument('<batch>', 'id of the batch')
    .option('--json', 'write JSON instead of text', false)
    .action(async (batchId: string, flags: { json: boolean }, command: Command) => {
      const { config } = readConfig(command);
      const display = openDisplay({ json: flags.json, lineSeconds: config.progress_line_seconds });
      const { client } = await connect(config, { start: false });
      const batch = await client.ask<Batch>(`/v1/batches/${encodeURIComponent(batchId)}/retry`, { method: 'POST' });
      display.emit(batch);
      display.say(`${batch.id}: ${batch.status}. Follow it with: assay status ${batch.id} --watch`);
    });
}
