/** Fetches a file over HTTP, going on where an earlier try stopped. */

import { createWriteStream } from 'node:fs';
import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { downloadError, failed } from './failures.ts';

export interface HttpFetch {
  /** As the user wrote it, for messages. */
  source: string;
  url: string;
  headers: Record<string, string>;
  /** Where the bytes go; kept with `target`.json beside it while incomplete. */
  target: string;
  signal?: AbortSignal | undefined;
  onTotal(bytes: number): void;
  /** Tries without a byte of progress before it gives up, and the wait after the first. */
  attempts: number;
  retryMs: number;
}

/** What the server said of the file when its first bytes came; another one since makes the bytes worthless. */
interface Validator {
  url: string;
  etag: string | null;
  modified: string | null;
}

/** Fetches all of `url` into `target`. @throws AssayError download_failed, disk_full */
export async function fetchFile(job: HttpFetch): Promise<void> {
  const dispatcher = new EnvHttpProxyAgent();
  let fruitless = 0;
  try {
    for (;;) {
      const before = await sizeOf(job.target);
      try {
        await fetchRest(job, before, dispatcher);
        await rm(`${job.target}.json`, { force: true });
        return;
      } catch (error) {
        job.signal?.throwIfAborted();
        const wrong = downloadError(job.source, error);
        const isFinal = wrong === error || (wrong as { code?: string }).code === 'disk_full';
        fruitless = (await sizeOf(job.target)) > before ? 0 : fruitless + 1;
        if (isFinal || fruitless >= job.attempts) throw wrong;
        await sleep(job.retryMs * 2 ** fruitless, undefined, { signal: job.signal });
      }
    }
  } finally {
    await dispatcher.close().catch(() => undefined);
  }
}

async function fetchRest(job: HttpFetch, have: number, dispatcher: EnvHttpProxyAgent): Promise<void> {
  const validator = await readValidator(job);
  const resumable = have > 0 && validator !== null;
  const headers: Record<string, string> = { ...job.headers };
  if (resumable) {
    headers.range = `bytes=${have}-`;
    const unchanged = validator.etag ?? validator.modified;
    if (unchanged !== null) headers['if-range'] = unchanged;
  }
  const response = await fetch(job.url, { headers, dispatcher, signal: job.signal ?? null });
  if (response.status === 416 && resumable) {
    await response.body?.cancel();
    const total = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]);
    if (total === have) return;
    await truncate(job.target, 0);
    throw new Error('the file at the source has changed');
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw refused(job, response.status);
  }
  const from = response.status === 206 ? have : 0;
  await write(job, response, from);
}

async function write(job: HttpFetch, response: Response, from: number): Promise<void> {
  const etag = response.headers.get('etag');
  const validator: Validator = {
    url: job.url,
    etag: etag?.startsWith('W/') ? null : etag,
    modified: response.headers.get('last-modified'),
  };
  await writeFile(`${job.target}.json`, JSON.stringify(validator));
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = Number.isNaN(length) ? null : from + length;
  if (total !== null) job.onTotal(total);
  if (response.body === null) throw new Error('the answer has no body');
  const sink = createWriteStream(job.target, from > 0 ? { flags: 'r+', start: from } : { flags: 'w' });
  await pipeline(Readable.fromWeb(response.body as never), sink);
  const got = await sizeOf(job.target);
  if (total !== null && got !== total) throw new Error(`the connection ended after ${got} of ${total} bytes`);
}

/** 5xx, 408 and 429 may pass; the rest needs the user. */
function refused(job: HttpFetch, status: number): Error {
  if (status >= 500 || status === 408 || status === 429) return new Error(`the server answered ${status}`);
  const remedy =
    status === 401 || status === 403
      ? 'Set HF_TOKEN to a token that may read it, and accept its licence on the model’s page.'
      : 'Check the source; the file is not there.';
  return failed(job.source, `the server answered ${status} for ${job.url}`, remedy);
}

async function readValidator(job: HttpFetch): Promise<Validator | null> {
  try {
    const validator = JSON.parse(await readFile(`${job.target}.json`, 'utf8')) as Validator;
    return validator.url === job.url ? validator : null;
  } catch {
    return null;
  }
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    (s) => s.size,
    () => 0,
  );
