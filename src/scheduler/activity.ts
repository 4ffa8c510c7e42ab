/** Measures what a worker does for each batch right now: rows in flight, and rows and tokens a second of late. */

/** The shortest of these windows (s) that holds enough rows tells the present speed: slow models end a row now and then. */
const windows = [10, 30, 120];
const enoughRows = 20;
const longest = windows.at(-1)!;

export interface BatchActivity {
  in_flight: number;
  rows_per_s: number;
  prompt_tokens_per_s: number;
  completion_tokens_per_s: number;
}

interface Meter {
  inFlight: number;
  firstSecond: number;
  buckets: { second: number; rows: number; prompt: number; completion: number }[];
}

export interface Activity {
  started(batchId: string): void;
  ended(batchId: string): void;
  landed(batchId: string, row: { promptTokens: number | null; completionTokens: number | null }): void;
  forget(batchId: string): void;
  snapshot(): Record<string, BatchActivity>;
}

export function openActivity(): Activity {
  const meters = new Map<string, Meter>();
  const now = () => Math.floor(Date.now() / 1000);
  const meter = (batchId: string): Meter => {
    let found = meters.get(batchId);
    if (found === undefined) meters.set(batchId, (found = { inFlight: 0, firstSecond: now(), buckets: [] }));
    return found;
  };
  return {
    started: (batchId) => void (meter(batchId).inFlight += 1),
    // Rows in flight of a batch that was forgotten end after it.
    ended(batchId) {
      const found = meters.get(batchId);
      if (found !== undefined) found.inFlight -= 1;
    },
    landed(batchId, row) {
      const { buckets } = meter(batchId);
      const second = now();
      let bucket = buckets.at(-1);
      if (bucket?.second !== second) {
        buckets.push((bucket = { second, rows: 0, prompt: 0, completion: 0 }));
        while (buckets[0]!.second <= second - longest) buckets.shift();
      }
      bucket.rows += 1;
      bucket.prompt += row.promptTokens ?? 0;
      bucket.completion += row.completionTokens ?? 0;
    },
    forget: (batchId) => void meters.delete(batchId),
    snapshot() {
      const second = now();
      return Object.fromEntries(
        [...meters].map(([batchId, { inFlight, firstSecond, buckets }]) => {
          const within = (window: number) => buckets.filter((bucket) => bucket.second > second - window);
          const sum = (of: Meter['buckets'], field: 'rows' | 'prompt' | 'completion') =>
            of.reduce((total, bucket) => total + bucket[field], 0);
          const window = windows.find((one) => sum(within(one), 'rows') >= enoughRows) ?? longest;
          const recent = within(window);
          const span = Math.max(1, Math.min(window, second - firstSecond + 1));
          const rate = (field: 'rows' | 'prompt' | 'completion') => sum(recent, field) / span;
          return [
            batchId,
            {
              in_flight: inFlight,
              rows_per_s: rate('rows'),
              prompt_tokens_per_s: rate('prompt'),
              completion_tokens_per_s: rate('completion'),
            },
          ];
        }),
      );
    },
  };
}
