/** A 200 MB upload passes through to the disk: the server's resident memory hardly grows. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { freshDatabase } from '../harness/database.ts';

const MB = 1024 * 1024;
const SIZE = 200 * MB;
const LIMIT = 64 * MB;

/** Sends a form with a file of `bytes` without holding it. */
function upload(url: string, bytes: number): Promise<{ id: string; bytes: number }> {
  const head =
    '--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n' +
    '--b\r\ncontent-disposition: form-data; name="file"; filename="big.jsonl"\r\n\r\n';
  const tail = '\r\n--b--\r\n';
  const piece = Buffer.alloc(MB, 'x');
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'multipart/form-data; boundary=b',
      'content-length': head.length + bytes + tail.length,
    };
    const sending = request(`${url}/v1/files`, { method: 'POST', headers }, async (answer) => {
      let text = '';
      for await (const part of answer) text += part;
      if (answer.statusCode === 200) resolve(JSON.parse(text));
      else reject(new Error(text));
    });
    sending.on('error', reject);
    (async () => {
      sending.write(head);
      for (let sent = 0; sent < bytes; sent += MB) {
        if (!sending.write(piece)) await once(sending, 'drain');
      }
      sending.end(tail);
    })().catch(reject);
  });
}

test.skipIf(process.platform !== 'linux')('a 200 MB upload raises resident memory by less than 64 MB', async () => {
  const fresh = await freshDatabase('http_memory');
  const child = spawn(process.execPath, [new URL('upload-server.ts', import.meta.url).pathname, fresh.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => (await lines.next()).value as string;
    const url = await next();
    const peak = async () => {
      child.stdin.write('peak\n');
      return Number(await next()) * 1024;
    };
    // What the first request loads (parser, hashes, pool) is no memory of the upload.
    await upload(url, MB);
    // 5 resets the kernel's peak to the present size.
    writeFileSync(`/proc/${child.pid}/clear_refs`, '5');
    const before = await peak();
    const made = await upload(url, SIZE);
    const grown = (await peak()) - before;
    expect(made.bytes).toBe(SIZE);
    expect(grown).toBeLessThan(LIMIT);
    const hash = createHash('sha256');
    const content = await fetch(`${url}/v1/files/${made.id}/content`);
    for await (const part of content.body!) hash.update(part);
    expect(content.headers.get('etag')).toBe(`"${hash.digest('hex')}"`);
    console.info(`resident memory grew by ${Math.round(grown / MB)} MB`);
  } finally {
    child.stdin.write('stop\n');
    await ended;
    await fresh.drop();
  }
});
