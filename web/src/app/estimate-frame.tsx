/** What stands around an estimate: why there is none to ask for yet, why there cannot be one, that it is reckoned. */

import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Fault } from './states.tsx';
import type { Estimated } from './use-estimate.ts';

interface EstimateFrameProps<T> {
  state: Estimated<T>;
  /** Why there is none to ask for yet; null: there is. */
  missing: string | null;
  /** What a refusal is headed by. */
  fault: string;
  /** Whether a field of the form says already why it is refused. */
  refused: boolean;
  children: (estimate: T) => ReactNode;
}

export function EstimateFrame<T>({ state, missing, fault, refused, children }: EstimateFrameProps<T>) {
  const { estimate, error, refetch, current } = state;
  if (missing !== null) {
    return (
      <Text size="sm" c="dimmed" role="status">
        {missing}
      </Text>
    );
  }
  if (error !== null) return <Fault title={fault} error={error} {...(refused ? {} : { again: refetch })} />;
  return (
    <section aria-label="Estimate" aria-busy={!current} aria-live="polite">
      <Text size="sm" fw={600} mb={4}>
        Estimate: nothing is asked before you start
      </Text>
      {estimate === null ? (
        <Text size="xs" c="dimmed">
          Reckoning …
        </Text>
      ) : (
        <div style={{ opacity: current ? 1 : 0.6 }}>{children(estimate)}</div>
      )}
    </section>
  );
}
