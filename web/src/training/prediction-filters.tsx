/** What narrows the table of predictions: epoch, sample, whether they could be made; and the pages of what is left. */

import { Button, Group, NumberInput, SegmentedControl, Select } from '@mantine/core';
import type { Evaluation } from '../../../src/contracts/predictions.ts';
import { ChevronLeft, ChevronRight } from '../app/icons.tsx';
import { countText } from '../grid/cell-text.ts';
import { pageLengths, type TableView } from './predictions-view.ts';
import { epochText } from './score-words.ts';

interface FiltersProps {
  evaluations: readonly Evaluation[];
  view: TableView;
  change: (part: Partial<TableView>) => void;
}

/** Another filter begins at its first page, with nothing open. */
const anew = { offset: 0, open: null };

export function PredictionFilters({ evaluations, view, change }: FiltersProps) {
  const errors = evaluations.reduce((sum, each) => sum + each.errors, 0);
  return (
    <Group gap="sm" align="end">
      <Select
        label="Epoch"
        w="12rem"
        allowDeselect={false}
        searchable
        nothingFoundMessage="No such epoch"
        data={epochOptions(evaluations, view.epoch)}
        value={String(view.epoch ?? '')}
        onChange={(value) => change({ ...anew, epoch: epochOf(value) })}
      />
      <NumberInput
        label="Sample"
        placeholder="All"
        w="6rem"
        min={0}
        allowDecimal={false}
        allowNegative={false}
        value={view.sample ?? ''}
        onChange={(value) => change({ ...anew, sample: typeof value === 'number' ? value : null })}
      />
      <SegmentedControl
        aria-label="Which predictions"
        value={view.errors ?? ''}
        data={[
          { value: '', label: 'All' },
          { value: 'false', label: 'Made' },
          { value: 'true', label: `Errors (${countText(errors)})` },
        ]}
        onChange={(value) => change({ ...anew, errors: value === '' ? null : (value as 'true' | 'false') })}
      />
    </Group>
  );
}

const epochOf = (value: string | null): TableView['epoch'] =>
  value === 'latest' ? value : value === null || value === '' ? null : Number(value);

function epochOptions(evaluations: readonly Evaluation[], chosen: TableView['epoch']) {
  const steps = new Map<number, number>();
  for (const { epoch, step } of evaluations) steps.set(epoch, step);
  if (typeof chosen === 'number' && !steps.has(chosen)) steps.set(chosen, Number.NaN);
  const epochs = [...steps].map(([epoch, step]) => ({
    value: String(epoch),
    label: Number.isNaN(step) ? epochText(epoch) : `${epochText(epoch)} (step ${countText(step)})`,
  }));
  return [{ value: '', label: 'All' }, { value: 'latest', label: 'Newest evaluation' }, ...epochs.reverse()];
}

interface PagesProps {
  total: number;
  shown: number;
  view: TableView;
  change: (part: Partial<TableView>) => void;
}

/** Where in all that the filters leave this page is, and the way to others. */
export function PredictionPages({ total, shown, view, change }: PagesProps) {
  const { limit, offset } = view;
  const last = Math.max(0, Math.ceil(total / limit) - 1) * limit;
  const to = (at: number) => change({ offset: Math.max(0, Math.min(last, at)), open: null });
  return (
    <Group gap="sm" justify="space-between" component="nav" aria-label="Pages of predictions">
      <span role="status">
        {shown === 0
          ? `${countText(total)} predictions`
          : `${countText(offset + 1)}–${countText(offset + shown)} of ${countText(total)} predictions`}
      </span>
      <Group gap={4}>
        <Button variant="default" disabled={offset === 0} onClick={() => to(0)}>
          First
        </Button>
        <Button
          variant="default"
          leftSection={<ChevronLeft size={12} />}
          disabled={offset === 0}
          onClick={() => to(offset - limit)}
        >
          Previous
        </Button>
        <Button
          variant="default"
          rightSection={<ChevronRight size={12} />}
          disabled={offset + shown >= total}
          onClick={() => to(offset + limit)}
        >
          Next
        </Button>
        <Button variant="default" disabled={offset + shown >= total} onClick={() => to(last)}>
          Last
        </Button>
        <Select
          aria-label="Predictions on a page"
          w="4.5rem"
          allowDeselect={false}
          data={pageLengths.map(String)}
          value={String(limit)}
          onChange={(value) => change({ limit: Number(value) as TableView['limit'], offset: 0, open: null })}
        />
      </Group>
    </Group>
  );
}
