/** Sees to a Chromium for the tests of the pages: the one on PATH, else Debian's where this machine lets us install it. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromiumPath } from '../test/harness/browser.ts';

const run = (command: string, args: string[]): boolean =>
  spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0;

/** Installs Debian's package when there is no Chromium and we are root; else says what to do, and the tests are skipped by name. */
export function ensureChromium(): void {
  if (chromiumPath() !== null) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('Chromium: installing the package of Debian');
    const install = () => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
    if (!install() && run('apt-get', ['update', '-qq'])) install();
  }
  if (chromiumPath() === null) {
    console.log('Chromium: none here; tests of the pages are skipped. Install it with: apt-get install chromium');
  }
}
