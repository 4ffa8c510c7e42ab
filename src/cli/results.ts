/** `assay results`: the answers (or failed rows) of a batch to stdout or a file, also while it runs. */

import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Batch } from '../contracts/openai-batch.ts';
import { AssayError } from '../errors.ts';
import { connect } from './connect.ts';
import { saveFile } from './save-results.ts';
import { readConfig } from './settings-flags.ts';
import { userPath } from './user-path.ts';

interface ResultFlags {
  errors: boolean;
  out?: string;
}

/** Adds the command. */
export function addResults(program: Command): void {
  program
    .command('results')
    .description('write the answers of a batch, one JSON object a line, in the order of the input')
    .argument('<batch>', 'id of the batch')
    .option('--errors', 'write the failed rows instead', false)
    .option('--out <file>', 'write to a file instead of stdout')
    .action(async (batchId: string, flags: ResultFlags, command: Command) => {
      const { client } = await connect(readConfig(command).config, { start: false });
      const batch = await client.ask<Batch>(`/v1/batches/${encodeURIComponent(batchId)}`);
      const fileId = flags.errors ? batch.error_file_id : batch.output_file_id;
      if (fileId === null) throw noFile(batch, flags.errors);
      if (flags.out !== undefined) {
        await saveFile(client, fileId, userPath(flags.out));
        process.stderr.write(`${userPath(flags.out)}\n`);
        return;
      }
      // stdout stays open: other text may follow, and a closed pipe is handled where the program starts.
      await pipeline(await client.content(`/v1/files/${fileId}/content`), process.stdout, { end: false });
    });
}

function noFile(batch: Batch, errors: boolean): AssayError {
  const { completed, failed } = batch.request_counts;
  const kind = errors ? 'error' : 'output';
  const problem = `${completed} rows are answered, ${failed} failed`;
  return new AssayError('batch_has_no_file', { id: batch.id, status: batch.status, kind, problem });
}
