/** Notes which engines run, so that those left over by a server that was killed are ended at the next start. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../contracts/log.ts';
import { send, startOf } from '../db/processes.ts';

interface Note {
  pid: number;
  /** When the process started, since numbers of processes are used again. */
  started: string | null;
  model: string;
}

const SUFFIX = '.engine.json';

/** Notes a started engine in `folder`; gives what removes the note. */
export function noteEngine(folder: string, model: string, pid: number): () => void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${pid}${SUFFIX}`);
  const note: Note = { pid, started: startOf(pid), model };
  writeFileSync(file, JSON.stringify(note), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** Kills the engines noted in `folder` that still run; an engine keeps nothing, so nothing is lost. */
export function endOrphans(folder: string, log: Log): void {
  let names: string[] = [];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
  } catch {
    return;
  }
  for (const name of names) {
    const file = join(folder, name);
    try {
      const note = JSON.parse(readFileSync(file, 'utf8')) as Note;
      if (note.started !== null && startOf(note.pid) === note.started) {
        log.warn({ model: note.model, pid: note.pid }, 'ending an engine that a killed server left behind');
        send(note.pid, 'SIGKILL');
      }
    } catch {
      // A note cut off by a full disk names nobody.
    }
    rmSync(file, { force: true });
  }
}
