/** Opens an address in the user's browser, where there is one; failing to is no fault. */

import { spawn } from 'node:child_process';

const openers: Partial<Record<NodeJS.Platform, [string, string[]]>> = {
  darwin: ['open', []],
  win32: ['cmd', ['/c', 'start', '']],
};

export function openBrowser(url: string): void {
  const [program, before] = openers[process.platform] ?? ['xdg-open', []];
  const child = spawn(program, [...before, url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
