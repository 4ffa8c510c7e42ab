/** State, progress and times of a batch in short. */

import { Badge, Progress } from '@mantine/core';
import type { Batch, BatchStatus } from '../../../src/contracts/openai-batch.ts';
import { countText } from '../grid/cell-text.ts';

const colours: Record<BatchStatus, string> = {
  validating: 'blue',
  in_progress: 'blue',
  finalizing: 'blue',
  cancelling: 'orange',
  completed: 'green',
  cancelled: 'gray',
  expired: 'orange',
  failed: 'red',
};

export function StatusBadge({ status }: { status: BatchStatus }) {
  return (
    <Badge variant="dot" color={colours[status]} tt="none" fw={500}>
      {status.replace('_', ' ')}
    </Badge>
  );
}

export function BatchProgress({ batch }: { batch: Batch }) {
  const { total, completed, failed } = batch.request_counts;
  const share = (count: number) => (total === 0 ? 0 : (count / total) * 100);
  return (
    <Progress.Root size="sm">
      <Progress.Section
        value={share(completed)}
        aria-label={`Progress of ${batch.id}`}
        aria-valuetext={`${countText(completed)} completed and ${countText(failed)} failed of ${countText(total)}`}
      />
      <Progress.Section value={share(failed)} color="red" withAria={false} />
    </Progress.Root>
  );
}

/** Unix seconds of its end; null while it is under way. */
export function endOf(batch: Batch): number | null {
  return batch.completed_at ?? batch.failed_at ?? batch.cancelled_at ?? batch.expired_at;
}
