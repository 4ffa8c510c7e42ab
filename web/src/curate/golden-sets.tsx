/** Named, numbered sets of golden and mended answers: those there are, and a new one from the filter. */

import { ActionIcon, Button, Table, TextInput, Tooltip } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { GoldenSet } from '../../../src/contracts/curation.ts';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import { deleteJson, getJson, path, postJson } from '../api/client.ts';
import { listed } from '../api/queries.ts';
import { download } from '../api/transfer.ts';
import { momentText } from '../app/figures.ts';
import { Download, Trash } from '../app/icons.tsx';
import { Fault } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import { conditions, filterBody, type View } from '../workbench/view.ts';
import styles from './curate.module.css';

/** Sets shown at first, and how many more each time. */
const SHOWN = 20;

export function GoldenSets({ view, dataset }: { view: View; dataset: DatasetObject }) {
  const queries = useQueryClient();
  const key = ['golden-sets', dataset.id];
  const [name, setName] = useState('');
  const sets = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) =>
      listed(await getJson<{ data: GoldenSet[] }>('/admin/golden-sets', { query: { dataset_id: dataset.id }, signal })),
  });
  const done = () => queries.invalidateQueries({ queryKey: key });
  const make = useMutation({
    mutationFn: () => postJson<GoldenSet>('/admin/golden-sets', { name: name.trim(), filter: filterBody(view) }),
    onSuccess: () => {
      setName('');
      return done();
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => deleteJson(path`/admin/golden-sets/${id}`),
    onSuccess: done,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') make.mutate();
  };
  const fault = make.error ?? remove.error ?? sets.error;
  return (
    <section className={styles.section} aria-labelledby="golden-sets">
      <h2 id="golden-sets">Golden sets</h2>
      <p className={styles.dim}>
        The golden and fixed answers {conditions(view) > 0 ? 'of the rows the filter chooses' : 'of the dataset'}, kept
        as they are now. The same name again makes its next version.
      </p>
      <form className={styles.form} onSubmit={submit}>
        <TextInput
          label="Name"
          placeholder="hiring-v1"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" loading={make.isPending} disabled={name.trim() === ''}>
          Make a golden set
        </Button>
      </form>
      {fault && <Fault error={fault} />}
      {sets.data && sets.data.length > 0 && <SetTable sets={sets.data} remove={(id) => remove.mutate(id)} />}
    </section>
  );
}

function SetTable({ sets, remove }: { sets: GoldenSet[]; remove: (id: string) => void }) {
  const [shown, show] = useState(SHOWN);
  return (
    <div className={styles.wide}>
      <WideTable label="Golden sets there are" from={380} verticalSpacing={4} horizontalSpacing="sm" fz="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Version</Table.Th>
            <Table.Th>Items</Table.Th>
            <Table.Th>Made</Table.Th>
            <Table.Th>
              <span className="visually-hidden">Actions</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sets.slice(0, shown).map(({ id, name, version, items, created_at }) => (
            <Table.Tr key={id}>
              <Table.Td>{name}</Table.Td>
              <Table.Td>{version}</Table.Td>
              <Table.Td>{countText(items)}</Table.Td>
              <Table.Td>{momentText(created_at)}</Table.Td>
              <Table.Td className={styles.actions!}>
                <Tooltip label="Download as JSON lines">
                  <ActionIcon
                    size="sm"
                    aria-label={`Download ${name}, version ${version}`}
                    onClick={() => void download(path`/admin/golden-sets/${id}/items`, {}, `${name}-${version}.jsonl`)}
                  >
                    <Download size={14} />
                  </ActionIcon>
                </Tooltip>
                <RemoveButton name={`${name}, version ${version}`} remove={() => remove(id)} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
      {sets.length > shown && (
        <Button size="compact-xs" variant="default" onClick={() => show(shown + SHOWN)}>
          Older golden sets
        </Button>
      )}
    </div>
  );
}

/** Asks once more before it removes. */
export function RemoveButton({ name, remove }: { name: string; remove: () => void }) {
  const [sure, setSure] = useState(false);
  if (!sure) {
    return (
      <Tooltip label="Delete">
        <ActionIcon size="sm" aria-label={`Delete ${name}`} onClick={() => setSure(true)}>
          <Trash size={14} />
        </ActionIcon>
      </Tooltip>
    );
  }
  return (
    <Button size="compact-xs" color="red" autoFocus onBlur={() => setSure(false)} onClick={remove}>
      Delete it
    </Button>
  );
}
