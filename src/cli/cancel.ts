/** `assay cancel`: stops a batch; what is done is kept. */

import type { Command } from 'commander';
import type { Batch } from '../contracts/openai-batch.ts';
import { connect } from './connect.ts';
import { openDisplay } from './display.ts';
import { readConfig } from './settings-flags.ts';
import { count } from './text.ts';

/** Adds the command. */
export function addCancel(program: Command): void {
  program
    .command('cancel')
    .description('stop a batch; the answers it has are kept')
    .argument('<batch>', 'id of the batch')
    .option('--json', 'write JSON instead of text', false)
    .action(async (batchId: string, flags: { json: boolean }, command: Command) => {
      const { config } = readConfig(command);
      const display = openDisplay({ json: flags.json, lineSeconds: config.progress_line_seconds });
      const { client } = await connect(config, { start: false });
      const batch = await client.ask<Batch>(`/v1/batches/${encodeURIComponent(batchId)}/cancel`, { method: 'POST' });
      display.emit(batch);
      const { completed, total } = batch.request_counts;
      display.say(`${batch.id}: ${batch.status}; ${count(completed)} of ${count(total)} rows are answered and kept.`);
    });
}
