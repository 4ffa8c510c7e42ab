/** Works on several requests at once: each in a slot that keeps its tokens, all of them evaluated together step by step. */

import { BATCH, type DrawOptions, type Sequence, type Token } from './library.ts';

/** What is to be generated. */
export interface Work {
  prompt: Token[];
  draw: DrawOptions;
  maxTokens: number;
  /** Number of the slot it must have; null lets the one with the most tokens in common be taken. */
  slot: number | null;
  /** Whether tokens that the slot holds may be used. */
  useCache: boolean;
  signal: AbortSignal;
  /** Told each token; true ends the work. */
  onToken(token: Token): boolean;
}

/** `finish` is 'length' at the limit of tokens or context. Times in ms; `generated` counts the end token too. */
export interface Done {
  finish: 'stop' | 'length';
  slot: number;
  cached: number;
  promptMs: number;
  generated: number;
  generatedMs: number;
}

export interface SlotState {
  id: number;
  busy: boolean;
}

export interface Slots {
  /** Rejects with the signal's reason when it is aborted. */
  run(work: Work): Promise<Done>;
  state(): SlotState[];
}

/** Prompt tokens of a step: small enough that an aborted request, and those that generate, do not wait long. */
const PROMPT_STEP = BATCH / 2;

interface Job {
  work: Work;
  cached: number;
  /** Prompt tokens evaluated. */
  read: number;
  generated: number;
  started: number;
  firstAt: number;
  tokens: AsyncGenerator<Token, void, undefined> | null;
  resolve(done: Done): void;
  reject(reason: unknown): void;
}

interface Slot {
  id: number;
  sequence: Sequence;
  job: Job | null;
  usedAt: number;
}

/** @param context tokens that each slot holds */
export function openSlots(sequences: Sequence[], context: number): Slots {
  const slots: Slot[] = sequences.map((sequence, id) => ({ id, sequence, job: null, usedAt: 0 }));
  const queue: Job[] = [];
  let running = false;

  const turn = async (): Promise<void> => {
    running = true;
    try {
      for (;;) {
        dropAborted(queue);
        await seat(slots, queue);
        const busy = slots.filter((slot) => slot.job !== null);
        if (busy.length === 0) break;
        await step(busy, context);
      }
    } finally {
      running = false;
    }
  };

  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        const job = { cached: 0, read: 0, generated: 0, started: 0, firstAt: 0, tokens: null };
        queue.push({ ...job, work, resolve, reject });
        if (!running) void turn();
      }),
    state: () => slots.map(({ id, job }) => ({ id, busy: job !== null })),
  };
}

function dropAborted(queue: Job[]): void {
  for (const job of queue.filter(({ work }) => work.signal.aborted)) {
    queue.splice(queue.indexOf(job), 1);
    job.reject(job.work.signal.reason);
  }
}

/** Gives free slots to those that wait, in the order they came; one that must have a busy slot lets others pass. */
async function seat(slots: Slot[], queue: Job[]): Promise<void> {
  for (const job of [...queue]) {
    const free = slots.filter((slot) => slot.job === null && (job.work.slot === null || job.work.slot === slot.id));
    const slot = closest(free, job.work.prompt);
    if (slot === undefined) continue;
    queue.splice(queue.indexOf(job), 1);
    slot.job = job;
    job.started = performance.now();
    try {
      // The last token of the prompt is always evaluated: what follows it is drawn from that.
      const usable = job.work.useCache ? Math.min(common(slot, job.work.prompt), job.work.prompt.length - 1) : 0;
      if (usable === 0) await slot.sequence.clearHistory();
      else await slot.sequence.adaptStateToTokens(job.work.prompt.slice(0, usable), false);
      job.cached = slot.sequence.nextTokenIndex;
      job.read = job.cached;
    } catch (error) {
      end(slot, () => job.reject(error));
    }
  }
}

/** The slot with the most tokens in common; the one longest unused where several have as many. */
function closest(free: Slot[], prompt: Token[]): Slot | undefined {
  const ranked = free.map((slot) => ({ slot, same: common(slot, prompt) }));
  return ranked.sort((a, b) => b.same - a.same || a.slot.usedAt - b.slot.usedAt)[0]?.slot;
}

function common({ sequence }: Slot, prompt: Token[]): number {
  return Math.min(sequence.compareContextTokens(prompt).firstDifferentIndex, prompt.length);
}

/**
 * One step of all busy slots: a token of each that generates, a part of the prompt of each that reads. All are asked for
 * before any is waited for, and the next step begins when all are there, so that they share one batch: the
 * package evaluates what is queued when it looks, which slots left to themselves would miss by turns.
 */
async function step(busy: Slot[], context: number): Promise<void> {
  const reading = busy.filter(({ job }) => job!.tokens === null);
  const share = Math.max(1, Math.floor(PROMPT_STEP / Math.max(1, reading.length)));
  await Promise.all(
    busy.map(async (slot) => {
      const job = slot.job!;
      const { signal } = job.work;
      try {
        if (signal.aborted) await abandon(slot, job);
        else if (job.tokens === null) await read(slot, share);
        else await draw(slot, context);
      } catch (error) {
        // What the slot holds is not known any more.
        await slot.sequence.clearHistory().catch(() => undefined);
        end(slot, () => job.reject(error));
      }
    }),
  );
}

async function read(slot: Slot, share: number): Promise<void> {
  const job = slot.job!;
  const { prompt } = job.work;
  const left = prompt.length - job.read;
  if (left > share) {
    await slot.sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(job.read, job.read + share));
    job.read += share;
    return;
  }
  job.tokens = slot.sequence.evaluate(prompt.slice(job.read), job.work.draw);
  job.read = prompt.length;
  await next(slot);
}

async function draw(slot: Slot, context: number): Promise<void> {
  if (slot.sequence.nextTokenIndex >= context) return finish(slot, 'length');
  await next(slot);
}

async function next(slot: Slot): Promise<void> {
  const job = slot.job!;
  const { value: token, done } = await job.tokens!.next();
  if (job.generated === 0) job.firstAt = performance.now();
  job.generated += 1;
  if (done || token === undefined) return finish(slot, 'stop');
  if (job.work.onToken(token)) return finish(slot, 'stop');
  if (job.generated >= job.work.maxTokens) return finish(slot, 'length');
}

async function finish(slot: Slot, how: Done['finish']): Promise<void> {
  const job = slot.job!;
  await job.tokens?.return();
  const done: Done = {
    finish: how,
    slot: slot.id,
    cached: job.cached,
    promptMs: job.firstAt - job.started,
    generated: job.generated,
    generatedMs: performance.now() - job.firstAt,
  };
  end(slot, () => job.resolve(done));
}

async function abandon(slot: Slot, job: Job): Promise<void> {
  await job.tokens?.return();
  end(slot, () => job.reject(job.work.signal.reason));
}

function end(slot: Slot, settle: () => void): void {
  slot.job = null;
  slot.usedAt = performance.now();
  settle();
}
