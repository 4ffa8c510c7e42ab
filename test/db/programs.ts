/** Starts the program that tests kill, and looks at processes. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A started parent program and the line it told. */
export interface Parent {
  child: ChildProcess;
  told: { pid: number; url?: string; error?: string; code?: string };
  /** SIGKILL, and returns when it is gone. */
  kill(): Promise<void>;
}

/** Starts parent-program.ts with `what` on `folder` and waits for its line. */
export async function startParent(what: 'embedded' | 'hold' | 'sleep', folder = ''): Promise<Parent> {
  const program = fileURLToPath(new URL('parent-program.ts', import.meta.url));
  const child = spawn(process.execPath, [program, what, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return { child, told: JSON.parse(line), kill };
}
