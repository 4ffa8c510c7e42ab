/** The engine over npm's node-llama-cpp, as a program that takes the place of llama-server. */

import { join } from 'node:path';
import type { FetchWheelOptions } from '../download/engine-wheels.ts';
import { fetchNodeLlama, hasBinary } from './fetch.ts';

/** Flags of llama-server that the program has beside those every one of them has. */
const FLAGS = new Set(['--alias', '--threads']);

interface Program {
  command: string;
  args: string[];
  env: Record<string, string>;
  knows(flag: string): boolean;
}

/** The program, fetched first where it is not here yet. @throws AssayError download_failed, disk_full */
export async function nodeLlamaBinary(options: FetchWheelOptions): Promise<Program> {
  const home = await fetchNodeLlama(options);
  const args = [join(import.meta.dirname, 'process.ts'), '--home', home];
  return { command: process.execPath, args, env: {}, knows: (flag) => FLAGS.has(flag) };
}

/** Why this machine has no such engine, or null. */
export function whyNotNodeLlama(): string | null {
  const { platform, arch } = process;
  if (!hasBinary(platform, arch)) return `node-llama-cpp has nothing for ${platform} ${arch}`;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const isMusl = platform === 'linux' && header.glibcVersionRuntime === undefined;
  return isMusl ? 'node-llama-cpp needs glibc' : null;
}
