/** `assay generate`: makes training data targeted at the patterns of an analysis, and saves it. */

import type { Command } from 'commander';
import { AssayError } from '../errors.ts';
import { targetedOf } from './analysis-flags.ts';
import { analysisPath, finish, type ShowFlags, withServer } from './follow-analysis.ts';

interface GenerateFlags extends ShowFlags {
  model?: string;
  answerModel?: string;
  judge?: string;
  rows?: string;
  clusters?: string;
  balance?: string;
  budgetUsd?: string;
  budgetCalls?: string;
}

/** Adds the command. */
export function addGenerate(program: Command): void {
  program
    .command('generate')
    .description('make training data targeted at the patterns of failure of an analysis')
    .argument('<analysis>', 'id of the analysis (an_...)')
    .option('-m, --model <model>', 'model that writes the prompts')
    .option('--answer-model <model>', 'stronger model that answers them (default: the one that writes them)')
    .option('--judge <model>', 'model that judges the answers (default: rules alone)')
    .option('--answer-tokens <n>', 'longest answer, in tokens (default: 512)')
    .option('--max-factor <n>', 'most rows asked for, as a multiple of --rows: some are dropped (default: 3)')
    .option('--rows <n>', 'rows to keep over all patterns (default: 50)')
    .option('--clusters <numbers>', 'clusters to write for, joined by commas (default: all but other)')
    .option('--balance <how>', 'equal, or proportional to the failures of each pattern (default: equal)')
    .option('--budget-usd <usd>', 'asks for no more when it has cost so much')
    .option('--budget-calls <n>', 'asks for no more after so many calls')
    .option('--out <folder>', 'where the files go (default: a folder named as the analysis)')
    .option('--json', 'write JSON instead of text', false)
    .action(generate);
}

async function generate(id: string, flags: GenerateFlags, command: Command): Promise<void> {
  const { model, judge, ...others } = flags;
  const options = targetedOf({ ...others, generateModel: model, targetedJudge: judge });
  if (!id.startsWith('an_') || options === undefined)
    throw new AssayError('usage', { problem: 'Name an analysis and a model: assay generate an_... --model MODEL' });
  await withServer(command, flags, async (at) => {
    await at.client.ask(`${analysisPath(id)}/resume`, { method: 'POST', body: { generate: options } });
    await finish(at, id, { out: flags.out, steps: ['generate'] });
  });
}
