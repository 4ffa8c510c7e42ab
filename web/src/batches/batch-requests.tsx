/** The requests of a batch by line, with filters, by pages; each opens to its attempts. */

import { ActionIcon, Button, Group, SegmentedControl, Table, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import type { RequestRow } from '../../../src/contracts/openai-batch.ts';
import { ChevronDown, ChevronRight, Refresh } from '../app/icons.tsx';
import styles from '../app/page.module.css';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText, timeText } from '../grid/cell-text.ts';
import { requestStates } from './request-states.ts';
import { type BatchState, isFinal, type RequestFilter, useRequests } from './use-batches.ts';

interface BatchRequestsProps extends BatchState {
  filter: RequestFilter;
  setFilter: (filter: RequestFilter) => void;
}

export function BatchRequests({ batch, filter, setFilter }: BatchRequestsProps) {
  const requests = useRequests(batch.id, filter, !isFinal(batch.status));
  const queries = useQueryClient();
  const rows = requests.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <section aria-label="Requests">
      <Group mb="xs" gap="sm">
        <Title order={2}>Requests</Title>
        <SegmentedControl
          aria-label="State of the requests"
          value={filter.state ?? ''}
          data={[{ value: '', label: 'All' }, ...requestStates.map((value) => ({ value, label: value }))]}
          onChange={(state) =>
            setFilter({ state: requestStates.find((each) => each === state) ?? null, errorCode: null })
          }
        />
        {filter.errorCode !== null && (
          <Button size="compact-xs" variant="light" onClick={() => setFilter({ ...filter, errorCode: null })}>
            only {filter.errorCode} ✕
          </Button>
        )}
        <ActionIcon
          aria-label="Fetch the requests again"
          loading={requests.isRefetching}
          onClick={() => void queries.resetQueries({ queryKey: ['batch-requests', batch.id] })}
        >
          <Refresh />
        </ActionIcon>
      </Group>
      {requests.isPending && <Waiting what="requests" />}
      {requests.isError && <Fault error={requests.error} again={() => void requests.refetch()} />}
      {requests.isSuccess && rows.length === 0 && <Nothing>No such request.</Nothing>}
      {rows.length > 0 && <RequestTable rows={rows} />}
      {requests.hasNextPage && (
        <Button
          variant="default"
          mt="xs"
          loading={requests.isFetchingNextPage}
          onClick={() => void requests.fetchNextPage()}
        >
          More requests
        </Button>
      )}
    </section>
  );
}

const columns = ['Tokens in', 'cached', 'Tokens out', 'Queued', 'First token', 'Time'];

function RequestTable({ rows }: { rows: RequestRow[] }) {
  const [open, setOpen] = useState<number | null>(null);
  return (
    <WideTable label="Requests by line" from={820} fz="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th ta="right">Line</Table.Th>
          <Table.Th>custom_id</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>Attempts</Table.Th>
          {columns.map((name) => (
            <Table.Th key={name} ta="right">
              {name}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Fragment key={row.line}>
            <OneRequest
              row={row}
              open={open === row.line}
              toggle={() => setOpen(open === row.line ? null : row.line)}
            />
            {open === row.line && (
              <Table.Tr>
                <Table.Td colSpan={4 + columns.length}>
                  <Attempts row={row} />
                </Table.Td>
              </Table.Tr>
            )}
          </Fragment>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function OneRequest({ row, open, toggle }: { row: RequestRow; open: boolean; toggle: () => void }) {
  const history = row.attempts_history.length;
  return (
    <Table.Tr>
      <Table.Td ta="right">{countText(row.line)}</Table.Td>
      <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
        {row.custom_id}
      </Table.Th>
      <Table.Td>
        {row.state}
        {row.reused_from !== null && (
          <div className={styles.dim} style={{ overflowWrap: 'anywhere' }}>
            answer of {row.reused_from.custom_id} in {row.reused_from.batch_id}
          </div>
        )}
        {row.error_code !== null && <div style={{ color: 'var(--bad)' }}>{row.error_code}</div>}
      </Table.Td>
      <Table.Td>
        {history === 0 ? (
          row.attempts
        ) : (
          <Button
            size="compact-xs"
            variant="subtle"
            aria-expanded={open}
            aria-label={`Attempts of line ${row.line}`}
            rightSection={open ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
            onClick={toggle}
          >
            {row.attempts}
          </Button>
        )}
      </Table.Td>
      {[row.prompt_tokens, row.cached_tokens, row.completion_tokens].map((tokens, at) => (
        <Table.Td key={columns[at]} ta="right">
          {tokens === null ? '' : countText(tokens)}
        </Table.Td>
      ))}
      {[row.queue_ms, row.first_token_ms, row.total_ms].map((ms, at) => (
        <Table.Td key={columns[at + 3]} ta="right" className={styles.nowrap!}>
          {ms === null ? '' : timeText(ms)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

function Attempts({ row }: { row: RequestRow }) {
  return (
    <ol style={{ margin: 0, paddingLeft: '1.25rem' }}>
      {row.attempts_history.map((each) => (
        <li key={each.attempt}>
          <Text size="xs" component="span" style={{ overflowWrap: 'anywhere' }}>
            <b>{each.code}</b>
            {each.status_code !== null && ` (${each.status_code})`}: {each.message}{' '}
            <span className={styles.dim}>after {timeText(msBetween(each.started_at, each.ended_at))}</span>
          </Text>
        </li>
      ))}
    </ol>
  );
}

const msBetween = (started: number, ended: number) => Math.max(0, (ended - started) * 1000);
