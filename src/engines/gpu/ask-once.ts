/** Asks the tools of the vendors once what cards there are. */

import { execFile } from 'node:child_process';
import { findTool, type Tool } from './find-tool.ts';
import { nvidiaArguments, nvidiaRemedy, parseNvidiaLine } from './nvidia.ts';
import type { Reading } from './reading.ts';
import { parseRocm, rocmArguments } from './rocm.ts';

/** What one tool answered; `problem` in its own words. `path` is null where there is no such tool. */
export interface Asked {
  tool: Tool;
  path: string | null;
  cards: Reading[];
  problem: string | null;
  remedy: string | null;
}

/** What may help against a problem of a tool; `path` is null when the one that is set cannot be run. */
export function remedyFor(tool: Tool, path: string | null, problem: string): string {
  if (path === null) return 'Correct the path, or leave it out.';
  if (tool === 'nvidia-smi') return nvidiaRemedy(problem);
  return 'Run rocm-smi by hand; models run without it, but their memory is not watched.';
}

/** Asks both tools; never throws. `nvidiaSmi` and `rocmSmi` are paths that are set, else null. */
export async function askOnce(o: {
  nvidiaSmi: string | null;
  rocmSmi: string | null;
  timeoutMs: number;
}): Promise<Asked[]> {
  const ask = async (tool: Tool, configured: string | null): Promise<Asked> => {
    const none = { tool, path: null, cards: [], problem: null, remedy: null };
    let path: string | null = null;
    try {
      path = await findTool(tool, configured);
      if (path === null) return none;
      const nvidia = tool === 'nvidia-smi';
      const text = await answerOf(path, nvidia ? nvidiaArguments : rocmArguments, { timeoutMs: o.timeoutMs });
      const cards = nvidia ? readNvidia(text) : parseRocm(text);
      return { ...none, path, cards };
    } catch (error) {
      const problem = (error as Error).message;
      return { ...none, path, problem, remedy: remedyFor(tool, path, problem) };
    }
  };
  return Promise.all([ask('nvidia-smi', o.nvidiaSmi), ask('rocm-smi', o.rocmSmi)]);
}

function readNvidia(text: string): Reading[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const cards = lines.map(parseNvidiaLine).filter((card) => card !== null);
  if (cards.length === 0) throw new Error(lines.slice(0, 2).join(' ').trim() || 'it said nothing');
  return cards;
}

/** What a program writes. @throws Error with what it said (on either stream) when it fails, or is not done in time */
export function answerOf(
  path: string,
  args: string[],
  o: { timeoutMs: number; signal?: AbortSignal },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: o.timeoutMs, killSignal: 'SIGKILL' as const, signal: o.signal, windowsHide: true };
    execFile(path, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const said = `${stdout}\n${stderr}`.trim().split('\n').slice(0, 2).join(' ').slice(0, 300);
      const late = error.killed === true && error.signal === 'SIGKILL';
      reject(new Error(late ? `it did not answer within ${o.timeoutMs / 1000} s` : said || error.message));
    });
  });
}
