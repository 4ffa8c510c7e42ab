/** What doctor says of the GPUs whose memory is watched. */

import type { Config } from '../config.ts';
import { type Asked, askOnce } from '../engines/gpu/ask-once.ts';
import type { Reading } from '../engines/gpu/reading.ts';
import type { Check } from './doctor-check.ts';
import { gibibytes } from './gpu-field.ts';

/** One line a card; what is wrong with a tool; a note where there is neither tool. */
export async function checkGpu(config: Config): Promise<Check[]> {
  const asked = await askOnce({
    nvidiaSmi: config.nvidia_smi ?? null,
    rocmSmi: config.rocm_smi ?? null,
    timeoutMs: config.gpu_silent_ms,
  });
  const checks = asked.flatMap(checksOf);
  if (checks.length > 0) return checks;
  const remedy =
    'With a GPU on this machine, install its driver with nvidia-smi or rocm-smi, and its memory is watched.';
  return [{ name: 'GPU', state: 'note', found: 'no nvidia-smi and no rocm-smi: no GPU is watched', remedy }];
}

function checksOf({ tool, path, cards, problem, remedy }: Asked): Check[] {
  if (problem !== null) {
    const found = `${tool}: ${problem}`;
    // Models run without it; but a path that is set and wrong is a fault of the settings.
    const state = path === null ? 'missing' : 'note';
    return [{ name: 'GPU', state, found, ...(remedy !== null && { remedy }) }];
  }
  if (path !== null && cards.length === 0) return [{ name: 'GPU', state: 'note', found: `${tool} tells of no card` }];
  return cards.map((card) => ({ name: 'GPU', state: 'ok', found: describe(card) }));
}

function describe({ index, name, driver, usedBytes, totalBytes }: Reading): string {
  const memory =
    usedBytes === null || totalBytes === null
      ? 'does not tell its memory, which is not watched'
      : `${gibibytes(usedBytes)} of ${gibibytes(totalBytes)} GB used`;
  return `${index}: ${name}, ${memory}${driver === null ? '' : `, driver ${driver}`}`;
}
