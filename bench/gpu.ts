/**
 * All comparisons on one engine, for a machine with a GPU: order (lanes.ts), rows without anything shared, the search for
 * the rows in flight (tuning.ts), and the ideal client (closed-loop.ts), one after another.
 * `node bench/gpu.ts --base-url http://127.0.0.1:8000 --engine vllm --model NAME` for an engine that runs;
 * `ASSAY_LLAMA_SERVER=/path/to/llama-server node bench/gpu.ts --model NAME --source hf:OWNER/REPO/FILE.gguf` for a
 * llama.cpp with CUDA, which is started. [--fixed 8,16,32,64,128] [--rows 2000] [--prefixes 20] [--max-tokens 128]
 * [--budget-minutes 30] for each part, [--record].
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { engineFlags } from './engine-under-test.ts';

const { values } = parseArgs({
  options: {
    ...engineFlags,
    fixed: { type: 'string', default: '8,16,32,64,128' },
    rows: { type: 'string', default: '2000' },
    prefixes: { type: 'string', default: '20' },
    'max-tokens': { type: 'string', default: '128' },
    'budget-minutes': { type: 'string', default: '30' },
    record: { type: 'boolean', default: false },
  },
});

/** Flags that every part takes. */
const ofAll = [
  ...Object.keys(engineFlags).flatMap((name) => flag(name, values[name as keyof typeof engineFlags])),
  ...flag('rows', values.rows),
  ...flag('max-tokens', values['max-tokens']),
  ...flag('budget-minutes', values['budget-minutes']),
  ...(values.record ? ['--record'] : []),
];
const prefixes = flag('prefixes', values.prefixes);
const fixed = flag('fixed', values.fixed);
const parts: [string, string[]][] = [
  ['lanes.ts', [...prefixes, ...flag('slots', values.fixed)]],
  ['lanes.ts', ['--no-sharing', '--rounds', '3', ...flag('slots', values.fixed)]],
  ['tuning.ts', ['--part', 'engine', ...prefixes, ...fixed, ...flag('search-rows', values.rows)]],
  ['closed-loop.ts', [...prefixes, ...fixed, ...flag('search-rows', values.rows)]],
];

function flag(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`--${name}`, value];
}

process.once('SIGINT', () => process.exit(130));
for (const [file, own] of parts) {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [program, ...ofAll, ...own], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) console.log(`${file} ended with ${code}; the others go on`);
}
