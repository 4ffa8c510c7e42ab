/** Reads a trace of Chromium: the tasks of a page's main thread by the CPU time they took. */

interface TraceEvent {
  ph: string;
  name: string;
  pid: number;
  tid: number;
  /** Microseconds, as all times of a trace. */
  ts: number;
  dur?: number;
  /** Time of the thread itself. */
  tdur?: number;
  args?: { name?: string; data?: { functionName?: string; url?: string } };
}

export interface MainThreadTasks {
  /** CPU time of every task, ms. */
  cpuMs: number[];
  /** What the longest of them did most: name and ms of the longest events inside it. */
  longest: string;
}

/**
 * Tasks of the busiest main thread of a renderer in a trace with the category `disabled-by-default-devtools.timeline`
 * (its RunTask events; format: Chromium's Trace Event Format in JSON).
 */
export function mainThreadTasks(trace: Buffer): MainThreadTasks {
  const { traceEvents: events } = JSON.parse(trace.toString('utf8')) as { traceEvents: TraceEvent[] };
  const place = ({ pid, tid }: TraceEvent) => `${pid}:${tid}`;
  const mains = new Set(
    events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(place),
  );
  const threads = Map.groupBy(
    events.filter((event) => event.name === 'RunTask' && event.ph === 'X' && mains.has(place(event))),
    place,
  );
  const sum = (tasks: TraceEvent[]) => tasks.reduce((total, task) => total + (task.tdur ?? 0), 0);
  const tasks = [...threads.values()].toSorted((a, b) => sum(b) - sum(a))[0];
  if (tasks === undefined || sum(tasks) === 0) throw new Error('the trace holds no tasks of a page with CPU times');
  const longest = tasks.toSorted((a, b) => (b.tdur ?? 0) - (a.tdur ?? 0))[0]!;
  const inside = events.filter(
    (event) =>
      event.ph === 'X' &&
      event !== longest &&
      event.name !== 'RunTask' &&
      place(event) === place(longest) &&
      event.ts >= longest.ts &&
      event.ts < longest.ts + (longest.dur ?? 0),
  );
  const parts = inside
    .toSorted((a, b) => (b.tdur ?? 0) - (a.tdur ?? 0))
    .slice(0, 3)
    .map((event) => `${event.name}${partName(event)} ${((event.tdur ?? 0) / 1000).toFixed(0)}`);
  return { cpuMs: tasks.map(({ tdur = 0 }) => tdur / 1000), longest: parts.join(', ') };
}

const partName = ({ args }: TraceEvent): string => (args?.data?.functionName ? ` ${args.data.functionName}` : '');
