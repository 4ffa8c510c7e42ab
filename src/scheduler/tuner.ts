/** Finds how many rows in flight an engine works on fastest: doubles while that helps, then halves its steps around the best. */

export interface TunerOptions {
  /** Rows in flight to begin with. */
  start: number;
  /** Rows in flight at least and at most. */
  min: number;
  max: number;
  /** Shortest time over which a speed is measured, in ms. */
  windowMs: number;
  /** How long a found limit is kept before its neighbours are tried again, in ms. */
  holdMs: number;
  now(): number;
}

export interface Tuner {
  /** Rows that should be in flight. */
  limit(): number;
  /** The engine did `units` of work: anything that grows with it, such as bytes of the answers as they stream. */
  progress(units: number): void;
  /** Rows in flight, told whenever some have ended and others were started in their place. */
  observe(inFlight: number): void;
  /** A row ended after `latencyMs`. */
  ended(latencyMs: number): void;
  /** The engine is over its limit (429, 5xx, time-out, preemption): what is measured now says nothing. */
  trouble(): void;
  /** The limit that was found best; null before anything was measured. */
  found(): number | null;
}

/** A higher limit must be faster by this share, a lower one slower by no more than `loss`, to be taken. */
const gain = 0.02;
const loss = 0.01;
/** Steps around the best limit, tried one after another; each as a factor up, then down. */
const steps = [1.5, 1.25, 1.12];
/** Speed below this share of the best one at the same limit: the work has changed, and what was found no longer holds. */
const changed = 0.7;
/** In-flight share of the limit below which rows are too few to say anything. */
const full = 0.9;
/** Windows are at most this many times `windowMs`, however long the rows take. */
const longestWindow = 5;

/**
 * The phases of the search.
 * - climb: the limit doubles as long as that is faster
 * - refine: limits around the best one are tried, with smaller and smaller steps
 * - hold: the best limit stays; after `holdMs` the smallest steps are tried again
 */
type Phase = { kind: 'climb' } | { kind: 'refine'; step: number; up: boolean } | { kind: 'hold'; since: number };

interface Search {
  phase: Phase;
  limit: number;
  best: { limit: number; speed: number } | null;
}

/** Everything happens inside the calls; no timer runs. Times are those of `now`, so that a simulation can set them. */
export function openTuner(options: TunerOptions): Tuner {
  const { now } = options;
  const search: Search = { phase: { kind: 'climb' }, limit: clamp(options.start, options), best: null };
  let window: { from: number; units: number } | null = null;
  let settledAt = 0;
  let latency = options.windowMs;
  const restart = () => {
    window = null;
    settledAt = now() + between(latency / 4, options.windowMs / 4, options.windowMs);
  };
  restart();

  const measured = (speed: number) => {
    const before = search.limit;
    next(search, { speed, options });
    if (search.limit !== before) restart();
    else window = null;
  };

  return {
    limit: () => search.limit,
    progress(units) {
      if (window !== null) window.units += units;
    },
    ended(latencyMs) {
      latency += (latencyMs - latency) / 16;
    },
    observe(inFlight) {
      const at = now();
      if (inFlight > search.limit || inFlight < search.limit * full) {
        // Too many yet after a step down, or too few rows left: neither is the limit's own speed.
        window = null;
        return;
      }
      if (window === null) {
        if (at >= settledAt) window = { from: at, units: 0 };
        return;
      }
      const span = between(latency / 4, options.windowMs, options.windowMs * longestWindow);
      if (at - window.from >= span) measured(window.units / (at - window.from));
    },
    trouble() {
      if (search.phase.kind === 'climb' && search.best !== null && search.best.limit < search.limit) {
        search.limit = search.best.limit;
        search.phase = { kind: 'refine', step: 0, up: true };
      }
      restart();
    },
    found: () => search.best?.limit ?? null,
  };
}

const between = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const clamp = (limit: number, { min, max }: TunerOptions): number => between(Math.round(limit), min, max);

/** Takes the speed measured at `search.limit` and chooses the limit to try next. */
function next(search: Search, seen: { speed: number; options: TunerOptions }): void {
  const { phase } = search;
  const better = isBetter(search, seen.speed);
  if (phase.kind === 'hold') {
    holdOn(search, phase, seen);
    return;
  }
  if (better) search.best = { limit: search.limit, speed: seen.speed };
  if (phase.kind === 'climb' && better) {
    const doubled = clamp(search.limit * 2, seen.options);
    if (doubled > search.limit) {
      search.limit = doubled;
      return;
    }
  }
  if (phase.kind === 'climb') search.phase = { kind: 'refine', step: 0, up: false };
  else if (!better) advance(phase);
  tryNeighbour(search, seen.options);
}

/** Up: clearly faster. Down: hardly slower, since fewer rows in flight need less memory. */
function isBetter({ best, limit }: Search, speed: number): boolean {
  if (best === null) return true;
  return limit > best.limit ? speed > best.speed * (1 + gain) : speed >= best.speed * (1 - loss);
}

/** The next step: first down, then up, then the same with a smaller factor. */
function advance(phase: Extract<Phase, { kind: 'refine' }>): void {
  if (!phase.up) phase.up = true;
  else {
    phase.up = false;
    phase.step += 1;
  }
}

/** Moves to the neighbour that the phase names, leaving out those that the bounds or rounding make the best itself. */
function tryNeighbour(search: Search, options: TunerOptions): void {
  const { phase } = search;
  const best = search.best!.limit;
  while (phase.kind === 'refine' && phase.step < steps.length) {
    const factor = steps[phase.step]!;
    const limit = clamp(phase.up ? best * factor : best / factor, options);
    if (limit !== best) {
      search.limit = limit;
      return;
    }
    advance(phase);
  }
  search.limit = best;
  search.phase = { kind: 'hold', since: options.now() };
}

function holdOn(
  search: Search,
  phase: Extract<Phase, { kind: 'hold' }>,
  seen: { speed: number; options: TunerOptions },
): void {
  const best = search.best!;
  const fallen = seen.speed < best.speed * changed;
  best.speed = seen.speed;
  if (fallen) search.phase = { kind: 'refine', step: 0, up: false };
  else if (seen.options.now() - phase.since >= seen.options.holdMs) {
    search.phase = { kind: 'refine', step: steps.length - 1, up: false };
  } else return;
  tryNeighbour(search, seen.options);
}
