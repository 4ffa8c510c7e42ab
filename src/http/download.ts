/** Answers with a content, whole or one range of it (RFC 9110, section 14), under a file name that is safe in a header. */

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AssayError } from '../errors.ts';
import type { ByteRange } from '../files/store.ts';

export interface Download {
  id: string;
  filename: string;
  bytes: number;
  /** Null for a content that is made as it is read. */
  sha256: Buffer | null;
  /** False while lines may still come: then it is sent whole, to its last line of that moment, and no range of it. */
  complete: boolean;
  read(range: ByteRange): Readable;
}

/** Sends the content, 206 for a range, 304 for a known ETag. Throws range_not_satisfiable. */
export function sendContent(request: FastifyRequest, reply: FastifyReply, file: Download): FastifyReply {
  if (!file.complete) return sendUnfinished(request, reply, file);
  const etag = file.sha256 === null ? null : `"${file.sha256.toString('hex')}"`;
  void reply.headers({
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'content-disposition': disposition(file.filename),
    'x-content-type-options': 'nosniff',
  });
  if (etag !== null) void reply.header('etag', etag);
  if (etag !== null && request.headers['if-none-match']?.split(/,\s*/).includes(etag)) return reply.code(304).send();
  const range = rangeFor(request, file, etag);
  if (range !== null) {
    void reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${file.bytes}`);
  }
  const { start, end } = range ?? { start: 0, end: file.bytes - 1 };
  void reply.header('content-length', end - start + 1);
  // Fastify leaves the length of an answer to HEAD alone only when it is a stream.
  if (request.method === 'HEAD' || end < start) return reply.send(Readable.from([]));
  return reply.send(file.read({ start, end }));
}

/** Lines that land earlier in the file shift all that follow, so neither a length nor a range would hold. */
function sendUnfinished(request: FastifyRequest, reply: FastifyReply, file: Download): FastifyReply {
  void reply.headers({
    'content-type': 'application/octet-stream',
    'content-disposition': disposition(file.filename),
    'x-content-type-options': 'nosniff',
    'x-incomplete': 'true',
  });
  if (request.method === 'HEAD') return reply.send(Readable.from([]));
  return reply.send(file.read({ start: 0, end: Number.POSITIVE_INFINITY }));
}

function rangeFor(request: FastifyRequest, file: Download, etag: string | null): ByteRange | null {
  const header = request.headers.range;
  const condition = request.headers['if-range'];
  if (header === undefined || (condition !== undefined && condition !== etag)) return null;
  const range = parseRange(header, file.bytes);
  if (range !== 'outside') return range;
  throw new AssayError(
    'range_not_satisfiable',
    { value: header, bytes: file.bytes, id: file.id, last: Math.max(0, file.bytes - 1) },
    { param: 'Range' },
  );
}

/** One range of `bytes`; null (the whole content) for several ranges and for what is no byte range, as the RFC allows. */
export function parseRange(header: string, bytes: number): ByteRange | 'outside' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.replaceAll(' ', ''));
  if (!match || (match[1] === '' && match[2] === '')) return null;
  if (match[1] === '') {
    const last = Math.min(Number(match[2]), bytes);
    return last === 0 ? 'outside' : { start: bytes - last, end: bytes - 1 };
  }
  const start = Number(match[1]);
  const end = match[2] === '' ? bytes - 1 : Math.min(Number(match[2]), bytes - 1);
  if (match[2] !== '' && Number(match[2]) < start) return null;
  return start >= bytes ? 'outside' : { start, end };
}

/** A plain name for old clients, and the exact one in UTF-8 (RFC 6266). */
function disposition(filename: string): string {
  const plain = filename.replaceAll(/[^\x20-\x7e]|["\\]/g, '_');
  const exact = encodeURIComponent(filename.toWellFormed()).replaceAll(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}
