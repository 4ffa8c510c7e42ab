/** Reads a zip archive (PKWARE APPNOTE 6.3) entry by entry, without holding any in memory; wheels are such archives. */

import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline, type Readable, Transform } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';

export interface ZipEntry {
  name: string;
  /** Bytes unpacked. */
  bytes: number;
  packedBytes: number;
  /** 0 stored, 8 deflated. */
  method: number;
  crc: number;
  /** Unix permission bits; 0 where the archive has none. */
  mode: number;
  /** Offset of the entry's local header. */
  offset: number;
}

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const COMMENT_MAX_BYTES = 65_535;
const ZIP64_MARK = 0xffffffff;

/** The entries of an archive. @throws Error when it is not a whole archive, or larger than 4 GB (zip64) */
export async function listEntries(file: string): Promise<ZipEntry[]> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const tail = await readAt(handle, Math.max(0, size - END_BYTES - COMMENT_MAX_BYTES), size);
    const end = findEnd(tail);
    const start = tail.readUInt32LE(end + 16);
    const bytes = tail.readUInt32LE(end + 12);
    if (start === ZIP64_MARK || bytes === ZIP64_MARK) throw new Error(`${file}: archives over 4 GB are not read`);
    return readDirectory(await readAt(handle, start, start + bytes), tail.readUInt16LE(end + 10));
  } finally {
    await handle.close();
  }
}

async function readAt(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.alloc(to - from);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
  if (bytesRead !== buffer.length) throw new Error('the archive is cut off');
  return buffer;
}

function findEnd(tail: Buffer): number {
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) if (tail.readUInt32LE(at) === END_SIGNATURE) return at;
  throw new Error('not a zip archive, or one that is cut off');
}

function readDirectory(directory: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (directory.readUInt32LE(at) !== ENTRY_SIGNATURE) throw new Error('the archive has a broken directory');
    const nameBytes = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameBytes),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      mode: directory.readUInt32LE(at + 38) >>> 16,
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** The unpacked bytes of an entry; the stream fails when they do not match the archive's checksum. */
export async function openEntry(file: string, entry: ZipEntry): Promise<Readable> {
  if (entry.method !== 0 && entry.method !== 8) throw new Error(`${entry.name}: packing method ${entry.method}`);
  const handle = await open(file, 'r');
  const header = await readAt(handle, entry.offset, entry.offset + 30).finally(() => handle.close());
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  let crc = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _, done) {
      crc = crc32(chunk, crc);
      done(null, chunk);
    },
    flush(done) {
      done(crc === entry.crc ? null : new Error(`${entry.name}: the archive's checksum does not match`));
    },
  });
  if (entry.packedBytes === 0) {
    checked.end();
    return checked;
  }
  const packed = createReadStream(file, { start, end: start + entry.packedBytes - 1, highWaterMark: 1024 * 1024 });
  // A failure of an earlier stage destroys `checked` with it, and so reaches whoever reads that.
  const ignore = (): void => undefined;
  if (entry.method === 0) pipeline(packed, checked, ignore);
  else pipeline(packed, createInflateRaw(), checked, ignore);
  return checked;
}
