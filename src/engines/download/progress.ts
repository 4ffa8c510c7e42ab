/** Tells how far a download is, by the size of the folder it grows in, so that any way of fetching is seen alike. */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Unit: bytes and seconds; `total` and `etaSeconds` are null where the size is not known. */
export interface DownloadProgress {
  model: string;
  file: string;
  bytes: number;
  total: number | null;
  bytesPerSecond: number;
  etaSeconds: number | null;
}

/** `total` is asked each time, since a server may tell the size only later. */
export interface Watched {
  model: string;
  file: string;
  folder: string;
  total(): number | null;
  everyMs: number;
  onProgress(progress: DownloadProgress): void;
}

/** How far back the rate looks. */
const WINDOW_MS = 5000;

/** Reports until the returned function is called; bytes never go down, and never beyond the total. */
export function watchDownload(watched: Watched): () => void {
  const seen: { at: number; bytes: number }[] = [];
  let most = 0;
  let busy = false;
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    const total = watched.total();
    most = Math.max(most, Math.min(await folderBytes(watched.folder), total ?? Number.MAX_SAFE_INTEGER));
    const now = performance.now();
    seen.push({ at: now, bytes: most });
    while (seen.length > 2 && now - seen[0]!.at > WINDOW_MS) seen.shift();
    const first = seen[0]!;
    const rate = now > first.at ? ((most - first.bytes) / (now - first.at)) * 1000 : 0;
    const left = total === null ? null : total - most;
    watched.onProgress({
      model: watched.model,
      file: watched.file,
      bytes: most,
      total,
      bytesPerSecond: Math.round(rate),
      etaSeconds: left === null || rate === 0 ? null : Math.round(left / rate),
    });
    busy = false;
  };
  const timer = setInterval(look, watched.everyMs);
  look();
  return () => clearInterval(timer);
}

/** Bytes of all files below a folder; those that vanish meanwhile count nothing. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory()
      ? await folderBytes(path)
      : await stat(path).then(
          (s) => s.size,
          () => 0,
        );
  }
  return bytes;
}
