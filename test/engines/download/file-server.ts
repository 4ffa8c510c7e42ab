/** A file server on a free loopback port that knows Range and If-Range, counts, and breaks off when told to. */

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FileServer {
  url: string;
  /** Range header of each request, null where it had none. */
  ranges: (string | null)[];
  headers: Record<string, string | string[] | undefined>[];
  /** Bytes of the body sent in all. */
  sent(): number;
  content: Buffer;
  /** After this many bytes the next answers are cut off. */
  cutAfter: number | null;
  status: number | null;
  /** Milliseconds between pieces of 64 KiB. */
  pieceMs: number;
  close(): Promise<void>;
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** Serves `content` at every path. */
export async function startFileServer(content: Buffer): Promise<FileServer> {
  let sent = 0;
  const server = createServer(async (request, response) => {
    const { range } = request.headers;
    files.ranges.push(range ?? null);
    files.headers.push(request.headers);
    if (files.status !== null) return response.writeHead(files.status).end('no');
    const etag = `"${sha256(files.content).slice(0, 8)}"`;
    const condition = request.headers['if-range'];
    const asked = condition === undefined || condition === etag ? /^bytes=(\d+)-$/.exec(range ?? '') : null;
    const from = Number(asked?.[1] ?? 0);
    const total = files.content.length;
    if (asked !== null && from >= total) return response.writeHead(416, { 'content-range': `bytes */${total}` }).end();
    response.writeHead(asked === null ? 200 : 206, {
      etag,
      'content-length': total - from,
      ...(asked === null ? {} : { 'content-range': `bytes ${from}-${total - 1}/${total}` }),
    });
    const end = files.cutAfter === null ? total : Math.min(total, from + files.cutAfter);
    for (let at = from; at < end; at += 65_536) {
      const piece = files.content.subarray(at, Math.min(end, at + 65_536));
      await new Promise((resolve) => response.write(piece, resolve));
      sent += piece.length;
      if (files.pieceMs > 0) await new Promise((resolve) => setTimeout(resolve, files.pieceMs));
    }
    if (end < total) response.destroy();
    else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const files: FileServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ranges: [],
    headers: [],
    sent: () => sent,
    content,
    cutAfter: null,
    status: null,
    pieceMs: 0,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return files;
}
