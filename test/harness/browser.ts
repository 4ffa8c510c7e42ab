/** A real Chromium for tests of the pages: found on PATH, its console watched, its answers waited for. */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/** The Chromium of this machine; null when none is on PATH. */
export function chromiumPath(): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder.
      }
    }
  }
  return null;
}

/** Starts it with a fresh profile. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error('no Chromium on PATH; install it with: apt-get install chromium');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}

export interface WatchedPage {
  page: Page;
  /** Errors of the console and of scripts so far, but those that `expected` allows. */
  errors: string[];
}

/**
 * A page whose errors are gathered. `expected` allows what the test itself brings about, such as refused connections
 * while it has killed the server.
 */
export async function openPage(
  browser: Browser,
  options: { width?: number; height?: number; dark?: boolean; expected?: RegExp } = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.dark ? 'dark' : 'light',
  });
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  const keep = (text: string) => {
    if (!options.expected?.test(text)) errors.push(text);
  };
  page.on('console', (message) => {
    if (message.type() === 'error') keep(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => keep(error.message));
  return { page, errors };
}

/** The grid of the workbench. */
export const grid = (page: Page) => page.getByRole('grid', { name: 'Answers by item and model' });

/** The runs of the right column that have ended. */
export const ended = (page: Page) => page.getByRole('list', { name: 'Ended runs' }).getByRole('listitem');

/** JSON lines. */
export const lines = (count: number, line: (i: number) => object) =>
  Array.from({ length: count }, (_, i) => JSON.stringify(line(i))).join('\n');

/** Sends a file with form fields, as the page does, and gives the server's answer. Throws when it is not 200. */
export async function sendFile<T>(
  url: string,
  file: { name: string; text: string },
  fields: Record<string, string> = {},
): Promise<T> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([file.text]), file.name);
  const answer = await fetch(url, { method: 'POST', body: form });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}
