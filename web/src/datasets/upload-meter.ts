/** Measures an upload: bytes a second over the last seconds, and the time left. */

export interface UploadPace {
  bytesPerSecond: number | null;
  secondsLeft: number | null;
}

const WINDOW_MS = 5000;
/** Below this a rate is noise. */
const SHORTEST_MS = 250;

/** Told the bytes sent so far, at a time in ms; gives the pace over the last five seconds. */
export function uploadMeter(total: number): (sent: number, now: number) => UploadPace {
  let samples: { sent: number; at: number }[] = [];
  return (sent, now) => {
    samples.push({ sent, at: now });
    const since = samples.findLastIndex(({ at }) => now - at >= WINDOW_MS);
    if (since > 0) samples = samples.slice(since);
    const first = samples[0]!;
    if (now - first.at < SHORTEST_MS || sent <= first.sent) return { bytesPerSecond: null, secondsLeft: null };
    const bytesPerSecond = (sent - first.sent) / ((now - first.at) / 1000);
    return { bytesPerSecond, secondsLeft: (total - sent) / bytesPerSecond };
  };
}
