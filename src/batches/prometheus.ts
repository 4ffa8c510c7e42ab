/** The figures of all batches for Prometheus, read from the kept counts when they are scraped. */

import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '../db/database.ts';

interface Sums {
  status: string;
  batches: number;
  completed: string;
  failed: string;
  waiting: string;
  prompt: string;
  completion: string;
  cached: string;
  reasoning: string;
}

/** Registers the metrics `assay_batches`, `assay_requests_*`, `assay_tokens_total` and `assay_requests_in_flight`. */
export function registerBatchMetrics(registry: Registry, db: Database, inFlight: () => number): void {
  const registers = [registry];
  // The registry collects all metrics at the same time: one query serves them.
  let asked: Promise<Sums[]> | null = null;
  const rows = () =>
    (asked ??= sums(db).finally(() => {
      asked = null;
    }));
  new Gauge({
    name: 'assay_batches',
    help: 'Batches by status.',
    labelNames: ['status'],
    registers,
    async collect() {
      const all = await rows();
      this.reset();
      for (const { status, batches } of all) this.set({ status }, batches);
    },
  });
  new Counter({
    name: 'assay_requests_total',
    help: 'Requests of batches that have their end, by outcome.',
    labelNames: ['outcome'],
    registers,
    async collect() {
      const all = await rows();
      this.reset();
      for (const row of all)
        for (const outcome of ['completed', 'failed'] as const) this.inc({ outcome }, Number(row[outcome]));
    },
  });
  new Counter({
    name: 'assay_tokens_total',
    help: 'Tokens of ended requests: prompt, completion, and of these cached and reasoning.',
    labelNames: ['kind'],
    registers,
    async collect() {
      const all = await rows();
      this.reset();
      for (const row of all)
        for (const kind of ['prompt', 'completion', 'cached', 'reasoning'] as const)
          this.inc({ kind }, Number(row[kind]));
    },
  });
  new Gauge({
    name: 'assay_requests_open',
    help: 'Requests of batches in progress without an end.',
    registers,
    async collect() {
      this.set(Number((await rows()).find((row) => row.status === 'in_progress')?.waiting ?? 0));
    },
  });
  new Gauge({
    name: 'assay_requests_in_flight',
    help: 'Requests of batches that engines work on now.',
    registers,
    collect() {
      this.set(inFlight());
    },
  });
}

async function sums(db: Database): Promise<Sums[]> {
  const { rows } = await db.asSystem((q) =>
    q.query<Sums>(
      `select status, count(*)::integer as batches, sum(completed) as completed, sum(failed) as failed,
         sum(total - completed - failed) as waiting, sum(prompt_tokens) as prompt, sum(completion_tokens) as completion,
         sum(cached_tokens) as cached, sum(reasoning_tokens) as reasoning
       from batches group by status`,
    ),
  );
  return rows;
}
