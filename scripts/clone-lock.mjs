/** A lock file that one process of a clone holds at a time; a holder that died, or has been silent, loses it. */

import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';

/** A holder touches its lock this often; one untouched for the stale time is taken over (its pid may be another's by then). */
const HEARTBEAT_MS = 5_000;
const STALE_MS = 60_000;
const POLL_MS = 200;

/**
 * Waits for the lock at `file` and gives a function that frees it.
 * @param {string} file
 * @param {(pid: number | string) => void} onWait called once, with the holder's process id, when it must wait
 * @returns {Promise<() => void>}
 */
export async function takeLock(file, onWait) {
  for (let told = false; !create(file); ) {
    const held = look(file);
    if (held === null) continue;
    if (isGone(held)) {
      removeStale(file, held.content);
      continue;
    }
    if (!told) onWait(held.holder?.pid ?? 'unknown');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const beat = setInterval(() => utimesSync(file, new Date(), new Date()), HEARTBEAT_MS);
  beat.unref();
  return () => {
    clearInterval(beat);
    rmSync(file, { force: true });
  };
}

function create(file) {
  try {
    const handle = openSync(file, 'wx');
    writeFileSync(handle, JSON.stringify({ pid: process.pid, host: hostname(), started: Date.now() }));
    closeSync(handle);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** What the lock says and when it was last touched; holder null while it is being written; null when it has gone. */
function look(file) {
  try {
    const touchedMs = statSync(file).mtimeMs;
    const content = readFileSync(file, 'utf8');
    return { touchedMs, content, holder: content.endsWith('}') ? JSON.parse(content) : null };
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function isGone({ holder, touchedMs }) {
  if (Date.now() - touchedMs > STALE_MS) return true;
  if (!holder || holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Takes a dead holder's lock away; one that a third process has made anew in between is put back. */
function removeStale(file, content) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== content) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  rmSync(aside, { force: true });
}
