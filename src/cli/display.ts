/** Shows lines that change: redrawn in place on a terminal, one line every few seconds elsewhere, JSON for machines. */

import { createLogUpdate } from 'log-update';
import { clean, cut } from './text.ts';

/** Where a command's progress is shown. */
export interface Display {
  /** Columns there are. */
  width(): number;
  /** Redraws the changing lines; `brief` is what is written instead where there is no terminal. */
  update(lines: string[], brief: string[]): void;
  /** Writes lines that stay. */
  say(...lines: string[]): void;
  /** One JSON object on stdout; only in `--json`. */
  emit(value: object): void;
  /** Leaves the changing lines as they are and goes on below them. */
  settle(): void;
}

/**
 * A display on `stream`: changing lines where it is a terminal, else a line each `lineSeconds`. With `json` nothing but
 * the objects of `emit` is written.
 */
export function openDisplay(options: { json: boolean; lineSeconds: number; stream?: NodeJS.WriteStream }): Display {
  const stream = options.stream ?? process.stdout;
  if (options.json) return jsonDisplay(stream);
  return stream.isTTY ? liveDisplay(stream) : lineDisplay(stream, options.lineSeconds);
}

function jsonDisplay(stream: NodeJS.WriteStream): Display {
  return {
    width: () => 80,
    update: () => undefined,
    say: () => undefined,
    emit: (value) => void stream.write(`${JSON.stringify(value)}\n`),
    settle: () => undefined,
  };
}

function liveDisplay(stream: NodeJS.WriteStream): Display {
  const log = createLogUpdate(stream);
  let drawn = false;
  const width = () => Math.max(20, (stream.columns ?? 80) - 1);
  const settle = () => {
    if (drawn) log.done();
    drawn = false;
  };
  return {
    width,
    update: (lines) => {
      drawn = true;
      log(lines.map((line) => cut(line, width())).join('\n'));
    },
    say: (...lines) => {
      if (drawn) log.clear();
      for (const line of lines) stream.write(`${line}\n`);
    },
    emit: () => undefined,
    settle,
  };
}

function lineDisplay(stream: NodeJS.WriteStream, lineSeconds: number): Display {
  let next = Date.now() + lineSeconds * 1000;
  let last: string[] = [];
  let written = '';
  const write = (lines: string[]) => {
    for (const line of lines) stream.write(`${clean(line)}\n`);
    written = lines.join('\n');
  };
  return {
    width: () => 100,
    update: (_, brief) => {
      last = brief;
      if (Date.now() < next) return;
      next = Date.now() + lineSeconds * 1000;
      write(brief);
    },
    say: (...lines) => {
      for (const line of lines) stream.write(`${line}\n`);
    },
    emit: () => undefined,
    settle: () => {
      if (last.length > 0 && last.join('\n') !== written) write(last);
      last = [];
    },
  };
}
