/** Figures of a batch: rows, tokens, speed, time left, and how much of its prompts the cache saved. */

import { Alert, Text } from '@mantine/core';
import type { Gpu } from '../../../src/contracts/gpu.ts';
import { durationText, rateText, roughText } from '../app/figures.ts';
import { type Tile, Tiles } from '../app/tiles.tsx';
import { GpuGauges } from '../charts/gpu-gauges.tsx';
import { countText, percentText } from '../grid/cell-text.ts';
import { type BatchState, isFinal } from './use-batches.ts';

export function BatchMetricsView(state: BatchState) {
  const { waiting } = state.metrics;
  return (
    <section aria-label="Figures">
      {waiting !== null && (
        <Alert role="status" color="yellow" variant="light" p="xs" mb="sm">
          <Text size="sm" c="var(--ink)">
            It waits: {waiting.reason}
          </Text>
        </Alert>
      )}
      <Tiles tiles={tilesOf(state)} />
      <Gpus gpus={state.metrics.gpu} />
      <PrefixNote prefix={state.metrics.prefix} />
    </section>
  );
}

function tilesOf({ batch, metrics }: BatchState): Tile[] {
  const { rows, tokens, rate, run_seconds, eta_seconds, prefix } = metrics;
  const under = !isFinal(batch.status);
  const tiles: (Tile | null)[] = [
    ['Completed', countText(rows.completed), `of ${countText(rows.total)}`],
    rows.reused > 0 ? ['Taken over', countText(rows.reused), 'from earlier batches, at no cost'] : null,
    ['Failed', countText(rows.failed)],
    under ? ['In flight', countText(rows.in_flight), `${countText(rows.queued)} queued`] : null,
    ['Tokens in', roughText(tokens.prompt), cachedText(tokens)],
    [
      'Tokens out',
      roughText(tokens.completion),
      tokens.reasoning > 0 ? `${roughText(tokens.reasoning)} of reasoning` : undefined,
    ],
    [
      under ? 'Speed now' : 'Speed',
      `${rateText(rate.completion_tokens_per_s)} tok/s`,
      `${rateText(rate.prompt_tokens_per_s)} tok/s in, ${rateText(rate.rows_per_s)} requests/s`,
    ],
    ['Ran for', run_seconds === null ? 'not begun' : durationText(run_seconds)],
    under ? ['Time left', eta_seconds === null ? 'unknown' : durationText(eta_seconds)] : null,
    ['Saved by the cache', shareText(prefix.saved), `a perfect cache: ${shareText(prefix.bound)} (H*)`],
  ];
  return tiles.filter((tile) => tile !== null);
}

function Gpus({ gpus }: { gpus: Gpu[] }) {
  if (gpus.length === 0) return null;
  return (
    <div style={{ maxWidth: '34rem' }}>
      <GpuGauges gpus={gpus} />
    </div>
  );
}

function cachedText({ cached }: BatchState['metrics']['tokens']): string {
  return cached === null ? 'the engine does not tell what was cached' : `${roughText(cached)} from the cache`;
}

const shareText = (share: number | null) => (share === null ? 'unknown' : percentText(share));

function PrefixNote({ prefix: { bound, bound_per_slot, saved } }: Pick<BatchState['metrics'], 'prefix'>) {
  if (bound === null) return null;
  return (
    <Text size="xs" c="dimmed" mt="xs" maw="46rem">
      H* is the share of prompt tokens that these requests have in common with one before them, in the best order: no
      cache can save more than {percentText(bound)}.
      {bound_per_slot !== null &&
        ` With a cache in each slot of the engine the most is ${percentText(bound_per_slot)}.`}
      {saved === null ? ' How much was saved, the engine has not told.' : ` Saved so far: ${percentText(saved)}.`}
    </Text>
  );
}
