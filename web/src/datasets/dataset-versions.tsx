/** The versions of a dataset, newest first: what each upload held, and how many runs are pinned to it. */

import { Table, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { DatasetObject, DatasetVersion } from '../../../src/contracts/datasets.ts';
import { getJson, path } from '../api/client.ts';
import { datasetsKey } from '../api/queries.ts';
import { bytesText, momentText } from '../app/figures.ts';
import { Fault, Waiting } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';

export function DatasetVersions({ dataset }: { dataset: DatasetObject }) {
  const query = useQuery({
    queryKey: [...datasetsKey, dataset.id, 'versions'],
    queryFn: async ({ signal }) =>
      (await getJson<{ versions: DatasetVersion[] }>(path`/admin/datasets/${dataset.id}/versions`, { signal }))
        .versions,
  });
  return (
    <section aria-label="Versions">
      <Title order={3}>Versions</Title>
      {query.isPending && <Waiting what="versions" />}
      {query.isError && <Fault error={query.error} again={() => void query.refetch()} />}
      {query.data && (
        <WideTable label="Versions of the dataset" from={460} fz="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="right">Version</Table.Th>
              <Table.Th ta="right">Items</Table.Th>
              <Table.Th ta="right">Runs</Table.Th>
              <Table.Th>Uploaded</Table.Th>
              <Table.Th>File</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {query.data.map((version) => (
              <OneVersion
                key={version.version_id}
                version={version}
                shown={version.version_id === dataset.version_id}
              />
            ))}
          </Table.Tbody>
        </WideTable>
      )}
    </section>
  );
}

function OneVersion({ version, shown }: { version: DatasetVersion; shown: boolean }) {
  return (
    <Table.Tr fw={shown ? 600 : undefined}>
      <Table.Th scope="row" ta="right" fw="inherit">
        {version.ordinal}
        {shown && <span className="visually-hidden">, shown in the grid</span>}
      </Table.Th>
      <Table.Td ta="right">{countText(version.count)}</Table.Td>
      <Table.Td ta="right">{countText(version.runs)}</Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>{momentText(version.created_at)}</Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }} title={`sha256 ${version.version}`}>
        {version.filename}, {bytesText(version.bytes)}
      </Table.Td>
    </Table.Tr>
  );
}
