/** Reads metrics in Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats), labels aside. */

export interface Samples {
  /** Over all labels; null where there is no such metric. */
  sum(name: string): number | null;
  max(name: string): number | null;
}

/** A metric's name, its labels (whose values may hold any character but a bare quote), its value. */
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?:[^"}]|"(?:\\.|[^"\\])*")*\})?\s+(\S+)/;

export function readSamples(text: string): Samples {
  const values = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    const match = SAMPLE.exec(line);
    const value = Number(match?.[2]);
    if (match === null || !Number.isFinite(value)) continue;
    const before = values.get(match[1]!);
    if (before === undefined) values.set(match[1]!, [value]);
    else before.push(value);
  }
  return {
    sum: (name) => values.get(name)?.reduce((a, b) => a + b, 0) ?? null,
    max: (name) => values.get(name)?.reduce((a, b) => Math.max(a, b)) ?? null,
  };
}
