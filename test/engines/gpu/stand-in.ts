/** Writes stand-ins: programs that take the place of nvidia-smi and rocm-smi and print what was recorded, with its timing. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface StandIn {
  path: string;
  /** The arguments and pid of each start so far. */
  starts(): Promise<{ args: string[]; pid: number }[]>;
}

/**
 * A program in `folder` that runs `script`: JavaScript that may use `say(text)`, `args`, `start` (1 at the first start)
 * and `await wait(ms)`; at its end the program ends.
 */
export async function writeStandIn(folder: string, name: string, script: string): Promise<StandIn> {
  const path = join(folder, `stand-in-${name}`);
  const noted = `${path}.starts`;
  await writeFile(noted, '');
  const program = `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync(${JSON.stringify(noted)}, JSON.stringify({ args, pid: process.pid }) + '\\n');
const start = readFileSync(${JSON.stringify(noted)}, 'utf8').trim().split('\\n').length;
const say = (text) => process.stdout.write(text.endsWith('\\n') ? text : text + '\\n');
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
(async () => { ${script} })();
`;
  await writeFile(path, program, { mode: 0o755 });
  return {
    path,
    async starts() {
      const lines = (await readFile(noted, 'utf8')).split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line) as { args: string[]; pid: number });
    },
  };
}
