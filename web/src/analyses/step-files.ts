/** The files of each step, as the contract names them; spelled out here, since the contract itself would bring its validator along. */

import type { analysisFiles } from '../../../src/contracts/analyses.ts';

export const stepFiles: typeof analysisFiles = {
  test_set: ['test_dataset.jsonl', 'test_dataset_stats.json'],
  outputs: ['model_outputs.jsonl', 'generation_stats.json'],
  judge: ['judged_results.jsonl', 'failures.jsonl', 'summary.json'],
  cluster: ['clusters.json'],
  label: ['patterns.json'],
  generate: ['targeted_sft.jsonl', 'targeted_prompt_completion.jsonl', 'targeted_dpo.jsonl', 'targeted_stats.json'],
};
