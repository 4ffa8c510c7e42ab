/** How a running batch is shown in lines of a given width. */

import { describe, expect, it } from 'vitest';
import { briefLines, type Progress, progressLines } from '../../src/cli/progress.ts';
import { columns } from '../../src/cli/text.ts';
import type { Gpu } from '../../src/contracts/gpu.ts';
import type { BatchMetrics } from '../../src/contracts/openai-batch.ts';

function metrics(change: Partial<BatchMetrics> = {}): BatchMetrics {
  return {
    status: 'in_progress',
    run_seconds: 20,
    rows: { total: 1200, completed: 590, failed: 10, in_flight: 4, queued: 596, reused: 0 },
    tokens: { prompt: 60_000, completion: 9000, cached: 36_000, reasoning: 0 },
    prefix: { bound: 0.7, bound_per_slot: 0.66, saved: 0.6 },
    rate: { rows_per_s: 1.52, prompt_tokens_per_s: 512, completion_tokens_per_s: 23.4 },
    eta_seconds: 395,
    errors: [{ code: 'request_timeout', count: 10 }],
    waiting: null,
    gpu: [],
    context: { peak_tokens: null, trimmed_rows: 0 },
    ...change,
  };
}

const at = (change: Partial<Progress> = {}): Progress => ({
  job: { label: 'qwen2.5-coder-1.5b' },
  batchId: 'batch_1',
  note: null,
  metrics: metrics(),
  ...change,
});

describe('progressLines', () => {
  it('shows done, failed, rates, share cached and time left', () => {
    const text = progressLines([at()], 80).join('\n');
    for (const part of [
      '50 %',
      '600/1,200',
      '10 failed',
      '1.5 requests/s',
      'in 512',
      'out 23.4',
      'cached 60 %',
      '6:35',
    ])
      expect(text).toContain(part);
  });

  it('shows the memory of the fullest GPU, and its peak at the end', () => {
    const card = (used: number, peak: number, warning = false): Gpu => ({
      vendor: 'nvidia',
      index: 0,
      uuid: null,
      name: 'NVIDIA GeForce RTX 4080 SUPER',
      driver: '595.71.05',
      memory_used_bytes: used * 1024 ** 3,
      memory_total_bytes: 16_376 * 1024 ** 2,
      memory_warning_bytes: 14 * 1024 ** 3,
      memory_peak_bytes: peak * 1024 ** 3,
      peak_of: 'batch',
      utilisation: 0.9,
      power_watts: null,
      warning,
    });
    const unknown = { ...card(1, 1), memory_used_bytes: null, memory_peak_bytes: null };
    const shown = (change: Partial<BatchMetrics>) => progressLines([at({ metrics: metrics(change) })], 120).join('\n');
    expect(shown({ gpu: [card(11.2, 12)] })).toContain(' · gpu 11.2/16 GB');
    expect(shown({ gpu: [card(2, 12), unknown, card(14.5, 15, true)] })).toContain(
      'gpu 14.5/16 GB (fullest of 2), nearly full',
    );
    expect(shown({ gpu: [card(1, 15, true)], status: 'completed' })).toContain('gpu peak 15/16 GB');
    for (const gpu of [[], [unknown]]) expect(shown({ gpu })).not.toContain('gpu');
  });

  it.each([60, 80, 120])('stays within %i columns', (width) => {
    const waiting = { reason: 'the engine is starting', since: 0 };
    const lines = progressLines([at(), at({ job: { label: 'b' }, metrics: metrics({ waiting }) })], width);
    for (const line of lines) expect(columns(line)).toBeLessThanOrEqual(width);
  });

  it('says why it waits, and not what it cannot know', () => {
    const waiting = { reason: 'model smollm2-135m is being downloaded, 12 %', since: 0 };
    expect(progressLines([at({ metrics: metrics({ waiting }) })], 100).join('\n')).toContain('being downloaded, 12 %');
    const unknown = metrics({ tokens: { prompt: 100, completion: 1, cached: null, reasoning: 0 }, eta_seconds: null });
    const text = progressLines([at({ metrics: unknown })], 100).join('\n');
    expect(text).toContain('cached ?');
    expect(text).toContain('left ?');
  });

  it('shows the note while there is no batch yet', () => {
    expect(progressLines([at({ metrics: null, note: 'reading the input, 40 %' })], 80)).toEqual([
      'qwen2.5-coder-1.5b  reading the input, 40 %',
    ]);
  });
});

describe('briefLines', () => {
  it('is one line for each job', () => {
    const lines = briefLines([at(), at({ metrics: metrics({ status: 'completed' }) })]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('600/1200 done, 10 failed');
    expect(lines[1]).toContain('(completed)');
  });
});
