/** Why a batch failed as a whole, and why requests of it failed, grouped by cause; a cause narrows the list below. */

import { Button, Table, Title } from '@mantine/core';
import { countText } from '../grid/cell-text.ts';
import type { BatchState } from './use-batches.ts';

interface BatchFaultsProps extends BatchState {
  /** The error code that the requests are narrowed to. */
  chosen: string | null;
  choose: (code: string | null) => void;
}

export function BatchFaults({ batch, metrics, chosen, choose }: BatchFaultsProps) {
  const faults = batch.errors?.data ?? [];
  return (
    <>
      {faults.length > 0 && (
        <section aria-label="Faults of the input">
          <Title order={2} mb="xs">
            The input was refused
          </Title>
          <Table fz="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Line</Table.Th>
                <Table.Th>Cause</Table.Th>
                <Table.Th>Message</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {faults.map(({ line, code, message }, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the list does not change
                <Table.Tr key={at}>
                  <Table.Td>{line ?? ''}</Table.Td>
                  <Table.Td>{code}</Table.Td>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{message}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </section>
      )}
      {metrics.errors.length > 0 && (
        <section aria-label="Failed requests by cause">
          <Title order={2} mb="xs">
            Failed, by cause
          </Title>
          <Table fz="sm" maw="34rem">
            <Table.Tbody>
              {metrics.errors.map(({ code, count }) => (
                <Table.Tr key={code}>
                  <Table.Th scope="row" fw={500}>
                    {code}
                  </Table.Th>
                  <Table.Td ta="right">{countText(count)}</Table.Td>
                  <Table.Td ta="right">
                    <Button
                      size="compact-xs"
                      variant={chosen === code ? 'light' : 'default'}
                      aria-pressed={chosen === code}
                      aria-label={`Show only requests that failed by ${code}`}
                      onClick={() => choose(chosen === code ? null : code)}
                    >
                      {chosen === code ? 'Show all' : 'Show'}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </section>
      )}
    </>
  );
}
