/** What a run will take, model by model: requests, tokens, time, cost; what is not known is said to be unknown. */

import { Table, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { Estimate, NewRun } from '../../../src/contracts/runs.ts';
import { costText, durationText, roughText } from '../app/figures.ts';
import { Fault } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import { estimateRuns } from './use-runs.ts';

const TYPING_MS = 500;

export interface EstimateState {
  estimates: Estimate[] | null;
  error: unknown;
  refetch: () => void;
  /** Whether it is of the form as it stands now. */
  current: boolean;
}

/** The estimate of a run, asked for when the form has been left alone for a moment; null: there is none to ask for. */
export function useEstimate(run: NewRun | null): EstimateState {
  const wanted = run === null ? null : JSON.stringify(run);
  const [settled] = useDebouncedValue(wanted, TYPING_MS);
  const query = useQuery({
    queryKey: ['estimate', settled],
    enabled: settled !== null,
    staleTime: 0,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => estimateRuns(JSON.parse(settled!) as NewRun, signal),
  });
  const fresh = wanted !== null && wanted === settled && !query.isPlaceholderData;
  return {
    estimates: query.data ?? null,
    error: fresh ? query.error : null,
    refetch: () => void query.refetch(),
    current: fresh && query.isSuccess,
  };
}

/** `missing` says why there is none to ask for yet; null: there is. */
export function EstimateTable({ estimate, missing }: { estimate: EstimateState; missing: string | null }) {
  const { estimates, error, refetch, current } = estimate;
  if (missing !== null) {
    return (
      <Text size="sm" c="dimmed" role="status">
        {missing}
      </Text>
    );
  }
  if (error !== null) return <Fault title="Such a run cannot be started" error={error} again={refetch} />;
  return (
    <section aria-label="Estimate" aria-busy={!current} aria-live="polite">
      <Text size="sm" fw={600}>
        Estimate
      </Text>
      {estimates === null ? (
        <Text size="xs" c="dimmed">
          Reckoning …
        </Text>
      ) : (
        <Figures estimates={estimates} old={!current} />
      )}
    </section>
  );
}

const unknown = 'unknown';

function Figures({ estimates, old }: { estimates: Estimate[]; old: boolean }) {
  return (
    <>
      <WideTable label="Estimate by model" from={340} fz="xs" style={{ opacity: old ? 0.6 : 1 }}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Model</Table.Th>
            {['Requests', 'Tokens in', 'Tokens out', 'Time', 'Cost'].map((name) => (
              <Table.Th key={name} ta="right">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {estimates.map((each) => (
            <Table.Tr key={each.model_id}>
              <Table.Th scope="row" fw={500}>
                {each.model_id}
              </Table.Th>
              <Table.Td ta="right">{countText(each.requests)}</Table.Td>
              <Table.Td ta="right">{roughText(each.prompt_tokens)}</Table.Td>
              <Table.Td ta="right">
                {each.completion_tokens === null ? unknown : roughText(each.completion_tokens)}
              </Table.Td>
              <Table.Td ta="right">{each.seconds === null ? unknown : durationText(each.seconds)}</Table.Td>
              <Table.Td ta="right">{each.cost === null ? unknown : costText(each.cost)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
      <details>
        <summary style={{ fontSize: 'var(--mantine-font-size-xs)', cursor: 'pointer' }}>How this came about</summary>
        {estimates.map(({ model_id, basis }) => (
          <Text key={model_id} size="xs" c="dimmed" mt={4}>
            <b>{model_id}</b>: {basis}
          </Text>
        ))}
      </details>
    </>
  );
}
