#!/usr/bin/env node
/** The `assay` command: runs the command line under the Node that this clone pins, whatever Node called it. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

const fail = (text) => {
  process.stderr.write(`assay: ${text}\n`);
  process.exit(1);
};

/**
 * Reading TypeScript and compiling take half of the time in which a command starts: what comes of them is kept between starts, for
 * this process and those that it starts, in a folder of this user's own (another's might hold anything).
 */
function keepCompiled() {
  if (process.env.NODE_COMPILE_CACHE !== undefined || process.env.NODE_DISABLE_COMPILE_CACHE !== undefined) return;
  const folder = join(process.env.ASSAY_CACHE || join(homedir(), '.cache', 'assay'), 'compiled');
  process.env.NODE_COMPILE_CACHE = folder;
  module.enableCompileCache?.(folder);
}

/** Hands everything to `program`: terminal, signals, exit code. */
function handOver(program) {
  const child = spawn(program, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    // A terminal sends its signals to both processes; passing them on would make one Ctrl-C two.
    const fromTerminal = signal !== 'SIGTERM' && process.stdin.isTTY;
    process.on(signal, () => {
      if (!fromTerminal) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`${program} cannot be started: ${error.message}. Remedy: node ${root}/scripts/prepare.mjs`));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1)));
}

if (!existsSync(join(root, 'node_modules'))) {
  fail(`the packages are not installed. Remedy: node ${join(root, 'scripts', 'prepare.mjs')} (npm start does it by itself).`);
} else if (Number.parseInt(process.versions.node, 10) >= NEEDED) {
  keepCompiled();
  await import('../src/cli/assay.ts');
} else if (existsSync(pinned)) {
  handOver(pinned);
} else {
  fail(
    `Node ${process.versions.node} is too old, ${NEEDED} or newer is needed. Remedy: node ${join(root, 'scripts', 'prepare.mjs')} fetches it, or install it from https://nodejs.org.`,
  );
}
