/** Labels on their way to the server, one after the other: what fails is shown and said again, until it is kept or let go. */

import type { LabelTask, NewLabel } from '../../../src/contracts/trust.ts';

export type LabelProgress = LabelTask['progress'];
/** The audit sample is as large as the server has it. */
export type SentLabel = Omit<NewLabel, 'audit_size'>;

/** Something said, or taken back, that the server has not kept yet. */
export interface Unsaved {
  key: string;
  what: 'label' | 'undo';
  label: SentLabel;
  /** Name of the item, for the message. */
  name: string;
  /** Whether it was sent, so that the server may have it although no answer came. */
  tried: boolean;
  /** Why it is not kept yet, in the server's words. */
  problem: string | null;
  /** Whether the server refused it: it is sent again only when asked for. */
  refused: boolean;
}

export interface OutboxOptions {
  /** What an earlier page could not have kept. */
  left: readonly Unsaved[];
  send(label: SentLabel): Promise<LabelProgress>;
  takeBack(label: SentLabel): Promise<LabelProgress>;
  /** "refused": sending the same again is of no use; "gone": there is nothing to take back. */
  meaning(error: unknown): { problem: string; kind: 'away' | 'refused' | 'gone' };
  /** Keeps what is unsaved over the end of the page; called with what was added, changed or is through. */
  keep(key: string, unsaved: Unsaved | null): void;
  wait(ms: number): Promise<void>;
  /** `progress`: as the server now sees it; null where there was nothing to take back. */
  saved(unsaved: Unsaved, progress: LabelProgress | null): void;
}

export interface Outbox {
  list(): readonly Unsaved[];
  subscribe(listener: () => void): () => void;
  add(label: SentLabel, name: string): void;
  /** Takes a label back, or never sends it. */
  undo(label: SentLabel, name: string): void;
  /** Sends what was refused, or waits to be sent again, now. */
  again(): void;
  /** Lets go of what was refused. */
  drop(key: string): void;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

export function labelOutbox(options: OutboxOptions): Outbox {
  let list: readonly Unsaved[] = options.left.map((each) => ({ ...each, problem: null, refused: false }));
  let running = false;
  let wake = () => {};
  let waits = 0;
  const listeners = new Set<() => void>();
  const set = (next: readonly Unsaved[]) => {
    list = next;
    for (const listener of listeners) listener();
  };
  const put = (unsaved: Unsaved) => {
    options.keep(unsaved.key, unsaved);
    const there = list.some(({ key }) => key === unsaved.key);
    set(there ? list.map((each) => (each.key === unsaved.key ? unsaved : each)) : [...list, unsaved]);
  };
  const remove = (key: string) => {
    options.keep(key, null);
    set(list.filter((each) => each.key !== key));
  };

  const attempt = async (unsaved: Unsaved) => {
    put({ ...unsaved, tried: true });
    try {
      const progress = await (unsaved.what === 'label' ? options.send : options.takeBack)(unsaved.label);
      waits = 0;
      remove(unsaved.key);
      options.saved(unsaved, progress);
    } catch (error) {
      const { problem, kind } = options.meaning(error);
      if (kind === 'gone' && unsaved.what === 'undo') {
        remove(unsaved.key);
        return options.saved(unsaved, null);
      }
      put({ ...unsaved, tried: true, problem, refused: kind !== 'away' });
      if (kind !== 'away') return;
      const woken = new Promise<void>((resolve) => (wake = resolve));
      await Promise.race([options.wait(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** waits)), woken]);
      waits += 1;
    }
  };
  const run = async () => {
    if (running) return;
    running = true;
    for (;;) {
      const next = list.find(({ refused }) => !refused);
      if (next === undefined) break;
      await attempt(next);
    }
    running = false;
  };
  const enter = (what: Unsaved['what'], label: SentLabel, name: string) => {
    put({ key: newKey(), what, label, name, tried: false, problem: null, refused: false });
    void run();
  };

  if (list.length > 0) void run();
  return {
    list: () => list,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add: (label, name) => enter('label', label, name),
    undo(label, name) {
      const last = list.findLast((each) => sameAnswer(each.label, label));
      if (last?.what === 'label' && (!last.tried || last.refused)) return remove(last.key);
      enter('undo', label, name);
    },
    again() {
      set(list.map((each) => ({ ...each, refused: false })));
      waits = 0;
      wake();
      void run();
    },
    drop: remove,
  };
}

const sameAnswer = (a: SentLabel, b: SentLabel) =>
  a.candidate_id === b.candidate_id &&
  a.benchmark_id === b.benchmark_id &&
  a.other_benchmark_id === b.other_benchmark_id &&
  a.labeller === b.labeller;

/** Apart from those of other pages of this browser. */
const newKey = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
