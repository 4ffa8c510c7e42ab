/** Turns tokens into text piece by piece: whole characters only, and nothing of a stop text. */

import type { Loaded, Token } from './library.ts';

export interface TextReading {
  /** The text that is certain after this token, '' while it is held back. */
  add(token: Token): string;
  /** The text held back, at the end. */
  rest(): string;
  /** The stop text that came, or null. */
  stopped(): string | null;
}

/** A character has four bytes at most, so that more tokens than this without a whole one are no character at all. */
const MOST_HELD = 8;
/** Tokens before the new ones that decide about a space in between. */
const LOOK_BACK = 4;

/** `stops`: texts that end the answer, and are no part of it. */
export function readText(model: Loaded['model'], stops: string[], prompt: Token[]): TextReading {
  let before = prompt.slice(-LOOK_BACK);
  let pending: Token[] = [];
  let held = '';
  let stop: string | null = null;

  /** Cuts at the first stop text; holds back an end that may become one. */
  const release = (text: string): string => {
    held += text;
    const found = stops.map((s) => ({ s, at: held.indexOf(s) })).filter(({ at }) => at >= 0);
    const first = found.sort((a, b) => a.at - b.at)[0];
    if (first !== undefined) {
      stop = first.s;
      const out = held.slice(0, first.at);
      held = '';
      return out;
    }
    const keep = Math.max(0, ...stops.map((s) => overlap(held, s)));
    const out = held.slice(0, held.length - keep);
    held = held.slice(held.length - keep);
    return out;
  };

  return {
    add(token) {
      pending.push(token);
      const text = model.detokenize(pending, false, before);
      if (text.endsWith('\uFFFD') && pending.length < MOST_HELD) return '';
      before = [...before, ...pending].slice(-LOOK_BACK);
      pending = [];
      return release(text);
    },
    rest() {
      const last = stop === null && pending.length > 0 ? model.detokenize(pending, false, before) : '';
      const text = held + last;
      held = '';
      pending = [];
      return text;
    },
    stopped: () => stop,
  };
}

/** Length of the longest end of `text` that begins `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length -= 1) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
