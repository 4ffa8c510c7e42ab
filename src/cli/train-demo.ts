/** `assay train-demo`: fine-tunes a small model on the CPU with predictions on, and runs what comes out against the one before. */

import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { CreatedTrainingJob, TrainingSettings } from '../contracts/training.ts';
import { readHolder } from '../db/folder.ts';
import { builtInModels } from '../engines/built-in.ts';
import { modelFile } from '../engines/download/model-file.ts';
import { AssayError } from '../errors.ts';
import type { Client } from './client.ts';
import { openDisplay } from './display.ts';
import { downloadLines } from './downloads.ts';
import { type AtWork, withServer } from './follow-analysis.ts';
import { interruption } from './interruption.ts';
import { openLog } from './log-file.ts';
import { makeFolder } from './save-results.ts';
import { readConfig } from './settings-flags.ts';
import { bytes, duration, percent } from './text.ts';
import { compareModels } from './train-demo-compare.ts';
import { ANSWER_TOKENS, type Fact, factsFile, readFacts } from './train-demo-facts.ts';
import { followTraining } from './train-demo-follow.ts';
import { comparisonLines, endLines, evaluationLine } from './train-demo-text.ts';
import { trainerPython } from './trainer-environment.ts';
import { uploadDataset } from './upload-dataset.ts';
import { userPath } from './user-path.ts';

interface TrainDemoFlags {
  epochs?: string;
  keep?: string;
  python?: string;
  yes: boolean;
  run: boolean;
  json: boolean;
}

/** What is trained; its weights are those that Assay runs too. */
const BASE = builtInModels.find(({ id }) => id === 'smollm2-135m')!;
const BASE_BILLIONS = 0.135;
/** Enough for all facts to be learned: two steps an epoch. */
const EPOCHS = 10;
const MOST_EPOCHS = 200;

/** Adds the command. */
export function addTrainDemo(program: Command): void {
  program
    .command('train-demo')
    .description('fine-tune a small model on eight invented facts, and watch it learn them')
    .option('--epochs <n>', `times that each fact is shown (default: ${EPOCHS})`)
    .option('--keep <folder>', 'where the trained model goes (default: training/ of the data folder)')
    .option(
      '--python <path>',
      'a Python that has torch, transformers, peft, accelerate and gguf (default: one is made)',
    )
    .option('--yes', 'install what is missing without asking', false)
    .option('--no-run', 'do not run the trained model against the one before')
    .option('--json', 'write JSON instead of text', false)
    .action(trainDemo);
}

async function trainDemo(flags: TrainDemoFlags, command: Command): Promise<void> {
  const epochs = epochsOf(flags.epochs);
  const { config } = readConfig(command);
  const python = await preparePython(flags, config);
  await withServer(command, flags, (at) => demo(at, { flags, config, epochs, python }));
}

/** @throws AssayError invalid_parameter */
function epochsOf(given: string | undefined): number {
  const epochs = given === undefined ? EPOCHS : Number(given);
  if (Number.isInteger(epochs) && epochs >= 1 && epochs <= MOST_EPOCHS) return epochs;
  const problem = `must be a whole number from 1 to ${MOST_EPOCHS}`;
  throw new AssayError('invalid_parameter', { param: '--epochs', problem, value: given });
}

/** Before a server is started: it may take minutes, or end with a no. */
async function preparePython({ python, yes, json }: TrainDemoFlags, config: Config): Promise<string> {
  const stop = interruption();
  try {
    return await trainerPython({
      given: python === undefined ? null : /[\\/]/.test(python) ? userPath(python) : python,
      cache: config.cache,
      torchIndex: config.trainer_torch_index,
      yes,
      display: openDisplay({ json, lineSeconds: config.progress_line_seconds }),
      signal: stop.signal,
    });
  } finally {
    stop.end();
  }
}

interface Demo {
  flags: TrainDemoFlags;
  config: Config;
  epochs: number;
  python: string;
}

async function demo(at: AtWork, { flags, config, epochs, python }: Demo): Promise<void> {
  const { client, display, signal } = at;
  const source = await baseFile(at, config);
  const facts = await readFacts(python, signal);
  const job = await createJob(client, { facts, epochs, data: config.data });
  const folder = flags.keep === undefined ? join(config.data, 'training', job.id) : userPath(flags.keep);
  const { url } = await client.address();
  const page = `${url}/training/${job.id}`;
  display.say(
    `Teaching ${BASE.id} ${facts.length} invented facts: ${epochs} epochs by LoRA on the CPU, predictions after each.`,
    `Watch it: ${page}`,
    '',
  );
  display.emit({ type: 'job', job_id: job.id, page });
  const trained = await followTraining(at, { job, python, url, source, folder, epochs });
  display.settle();
  display.say(evaluationLine(trained.evaluations), '');
  const model = await registerModel(client, job.id, trained.done.gguf);
  const compared = flags.run
    ? await compareModels(at, { config, facts, dataset: job.data!.id, models: [BASE.id, model], folder })
    : null;
  if (compared !== null) display.say('', ...comparisonLines(compared, display.width()));
  const owned = (await readHolder(config.data))?.pid === process.pid;
  display.say(
    '',
    ...endLines({ ...trained.done, undelivered: trained.undelivered, model, page, dataset: job.data!.id, owned }),
  );
  display.emit({
    type: 'summary',
    job_id: job.id,
    page,
    model_id: model,
    evaluations: trained.evaluations,
    seconds: trained.done.seconds,
    files: { gguf: trained.done.gguf, adapter: trained.done.adapter, merged: trained.done.merged },
    undelivered: trained.undelivered,
    comparison: compared,
  });
}

/** The weights of the base model, fetched where they are not there. */
async function baseFile({ client, display, signal }: AtWork, config: Config): Promise<string> {
  display.say(...(await downloadLines([BASE.id], { client, config })));
  return modelFile(BASE, {
    cache: config.cache,
    hfEndpoint: config.hf_endpoint,
    ollamaModels: config.ollama_models,
    log: openLog(config, { stdout: false }),
    signal,
    onProgress: (progress) => {
      const share =
        progress.total === null ? '' : ` of ${bytes(progress.total)} ${percent(progress.bytes / progress.total)}`;
      const text = `Fetching ${BASE.id}: ${bytes(progress.bytes)}${share}, left ${duration(progress.etaSeconds)}`;
      display.update([text], [text]);
    },
  });
}

/** The facts as a dataset, from which the trainer fetches its rows, and a job over it. */
async function createJob(
  client: Client,
  { facts, epochs, data }: { facts: Fact[]; epochs: number; data: string },
): Promise<CreatedTrainingJob> {
  const input = factsFile(data);
  await makeFolder(dirname(input));
  await writeFile(input, facts.map((fact) => `${JSON.stringify(fact)}\n`).join(''));
  const dataset = await uploadDataset(client, input);
  const { limits } = await client.ask<TrainingSettings>('/api/training/settings');
  return client.ask<CreatedTrainingJob>('/api/training/jobs', {
    method: 'POST',
    body: {
      name: 'Eight invented facts',
      base_model: BASE.id,
      method: 'lora',
      parameters_billions: BASE_BILLIONS,
      epochs,
      data: { kind: 'dataset', id: dataset },
      config: {
        predictions: {
          enabled: true,
          sample_count: Math.min(facts.length, limits.max_sample_count),
          sample_frequency: 'epoch',
          max_length: Math.min(ANSWER_TOKENS, limits.max_length),
        },
      },
    },
  });
}

/** Its GGUF file as a model of this server, named in the job; gives the model's id. */
async function registerModel(client: Client, job: string, gguf: string): Promise<string> {
  const id = `train-demo-${job.replace(/^tj_/, '').slice(0, 8)}`;
  const model = { id, engine: 'llama-server', source: `file:${gguf}`, license: BASE.license };
  await client.ask('/admin/models', { method: 'POST', body: model });
  await client.ask(`/api/training/jobs/${encodeURIComponent(job)}/model`, { method: 'POST', body: { model_id: id } });
  return id;
}
