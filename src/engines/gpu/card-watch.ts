/** Watches the cards beside an engine for one model: learns how many of its tokens in flight they hold, and keeps to that. */

import type { Log } from '../../contracts/log.ts';
import { admissionShare } from './admission.ts';
import type { CeilingModel, Ceilings } from './ceiling.ts';
import type { Card } from './pressure.ts';

export interface CardWatch {
  /** Names of the cards, sorted, with their number where there are several of one; empty while none is seen. */
  name(): string;
  /** Tokens of the model that may be in flight; null while nothing is known to limit it. */
  ceiling(): number | null;
  /** So many tokens are in flight now: kept as safe while the cards have room, as too many when one has just become full. */
  holds(tokensInFlight: number): void;
  /** The engine ran out of memory with so many in flight. */
  outOfMemory(tokensInFlight: number): void;
}

export interface CardWatchOptions {
  ceilings: Pick<Ceilings, 'noteSafe' | 'noteFull' | 'ceilingOf'>;
  model: CeilingModel;
  gpus(): readonly Card[];
  /** Share of a card's memory from which on it counts as full. */
  warningShare: number;
  log: Log;
}

/** Growth below this is a program's own coming and going, not the work of a model, in bytes. */
const NOTHING_BYTES = 64 * 1024 * 1024;
/** The ceiling may be reset by a person: it is read again after so many samples. */
const READ_EVERY = 30;

/**
 * Only cards whose use has grown since the watch began count as filled by the model, as in pressure.ts. A card that fills up is told
 * once, with the most tokens in flight at this sample or the one before; what is in flight while it stays full says nothing.
 */
export function openCardWatch(o: CardWatchOptions): CardWatch {
  const first = new Map<string, number>();
  let ceiling: number | null = null;
  let samples = 0;
  let full = false;
  let safest = 0;
  let before = 0;
  const name = (): string => namesOf(o.gpus());

  // One after the other: a card that is full is to find what was seen to fit before.
  let last = Promise.resolve();
  const noted = (work: () => Promise<void>): void => {
    last = last.then(() => kept(o, work));
  };
  const read = (card: string) =>
    noted(async () => {
      ceiling = await o.ceilings.ceilingOf(o.model, card);
    });
  const filled = (card: string, tokens: number) =>
    noted(async () => {
      if (card === '' || tokens <= 0) return;
      await o.ceilings.noteFull(o.model, card, tokens);
      ceiling = await o.ceilings.ceilingOf(o.model, card);
      o.log.info({ model: o.model.id, card, tokens, ceiling }, 'a GPU was full: fewer tokens are let in');
    });

  return {
    name,
    ceiling: () => ceiling,
    holds(tokens) {
      const card = name();
      if (card === '') return;
      if (samples++ % READ_EVERY === 0) read(card);
      const share = admissionShare(grown(o.gpus(), first), o.warningShare);
      if (share < 1) {
        if (!full) filled(card, Math.max(tokens, before));
        full = true;
      } else if (o.gpus().some(isNear(o.warningShare))) {
        // Filled by something else: neither.
      } else {
        full = false;
        // A card that does not tell its memory may be full.
        if (tokens > safest && o.gpus().some((one) => one.memory_used_bytes !== null)) {
          safest = tokens;
          noted(() => o.ceilings.noteSafe(o.model, card, tokens));
        }
      }
      before = tokens;
    },
    outOfMemory: (tokens) => filled(name(), Math.max(tokens, before)),
  };
}

/** Rows go on when nothing can be noted. */
async function kept({ log, model }: CardWatchOptions, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.debug({ model: model.id, problem: (error as Error).message }, 'the ceiling of a GPU is learned later');
  }
}

const isNear = (warningShare: number) => (card: Card) => admissionShare([card], warningShare) < 1;

function grown(cards: readonly Card[], first: Map<string, number>): Card[] {
  return cards.filter((card) => {
    if (card.memory_used_bytes === null) return false;
    const key = `${card.name} ${card.index}`;
    const least = Math.min(first.get(key) ?? Number.POSITIVE_INFINITY, card.memory_used_bytes);
    first.set(key, least);
    return card.memory_used_bytes - least >= NOTHING_BYTES;
  });
}

/** "NVIDIA L40S", "2 x NVIDIA H100 80GB HBM3"; of different cards with " + " between. */
export function namesOf(cards: readonly Card[]): string {
  const counts = Map.groupBy(cards, (card) => card.name);
  return [...counts]
    .map(([name, all]) => (all.length === 1 ? name : `${all.length} x ${name}`))
    .sort()
    .join(' + ');
}
