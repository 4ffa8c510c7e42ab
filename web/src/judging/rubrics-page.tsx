/** Rubrics: those there are, and the editor of the one that the address names. */

import { Anchor, Button, Group, Table } from '@mantine/core';
import { Link, useLocation, useSearchParams } from 'react-router';
import type { Rubric } from '../../../src/contracts/judging.ts';
import { momentText } from '../app/figures.ts';
import { Plus } from '../app/icons.tsx';
import styles from '../app/page.module.css';
import { Fault, Waiting } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { RubricEditor } from './rubric-editor.tsx';
import { emptyRubric, formOf, type RubricForm } from './rubric-form.ts';
import { useRubric, useRubrics } from './use-judging.ts';

export function RubricsPage() {
  const [params, setParams] = useSearchParams();
  const rubrics = useRubrics();
  const id = params.get('rubric');
  return (
    <div className={styles.page}>
      <title>Rubrics · Assay</title>
      <Anchor component={Link} to="/judging">
        All judge runs
      </Anchor>
      <div className={styles.head}>
        <h1>Rubrics</h1>
        <Button leftSection={<Plus size={14} />} onClick={() => setParams({ rubric: 'new' })}>
          New rubric
        </Button>
      </div>
      <p className={styles.lead}>
        A rubric says what a judge looks at. Changed, it becomes the next version; verdicts name the version they were
        made by.
      </p>
      {rubrics.isPending && <Waiting what="rubrics" />}
      {rubrics.isError && <Fault error={rubrics.error} again={() => void rubrics.refetch()} />}
      {rubrics.data && <RubricTable rubrics={rubrics.data} open={id} />}
      {id !== null && <Chosen key={params.toString()} id={id} from={params.get('from')} />}
    </div>
  );
}

function RubricTable({ rubrics, open }: { rubrics: Rubric[]; open: string | null }) {
  return (
    <WideTable label="Rubrics" from={560} verticalSpacing="xs" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Rubric</Table.Th>
          <Table.Th>Criteria</Table.Th>
          <Table.Th ta="right">Version</Table.Th>
          <Table.Th>Changed</Table.Th>
          <Table.Th />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rubrics.map((one) => (
          <Table.Tr key={one.id} {...(one.id === open ? { bg: 'var(--surface-active)' } : {})}>
            <Table.Th scope="row" fw={500} style={{ overflowWrap: 'anywhere' }}>
              {one.name}
            </Table.Th>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{one.criteria.map(({ name }) => name).join(', ')}</Table.Td>
            <Table.Td ta="right">{one.version}</Table.Td>
            <Table.Td className={styles.nowrap!}>
              {one.built_in ? 'comes with Assay' : momentText(one.created_at)}
            </Table.Td>
            <Table.Td>
              <Group gap={6} wrap="nowrap" justify="flex-end">
                {!one.built_in && <Go name={`Edit ${one.name}`} to={{ rubric: one.id }} words="Edit" />}
                <Go name={`Copy ${one.name}`} to={{ rubric: 'new', from: one.id }} words="Copy" />
              </Group>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function Go({ name, to, words }: { name: string; to: Record<string, string>; words: string }) {
  return (
    <Button
      component={Link}
      to={{ search: new URLSearchParams(to).toString() }}
      size="compact-xs"
      variant="default"
      aria-label={name}
    >
      {words}
    </Button>
  );
}

/** The editor, once what it begins with is there. */
function Chosen({ id, from }: { id: string; from: string | null }) {
  const source = id === 'new' ? from : id;
  const rubric = useRubric(source, null);
  // What a page that leads here has written already, such as a criterion against a pattern of failures.
  const prefilled = (useLocation().state as { rubric?: RubricForm } | null)?.rubric;
  if (source === null) return <RubricEditor id={null} version={0} begin={() => prefilled ?? emptyRubric()} />;
  if (rubric.isPending) return <Waiting what="the rubric" />;
  if (!rubric.data) return <Fault error={rubric.error} again={() => void rubric.refetch()} />;
  const { data } = rubric;
  // A built-in one is not changed: what comes of it is a copy.
  const copy = id === 'new' || data.built_in;
  return (
    <RubricEditor
      key={`${data.id} ${copy ? 'copy' : data.version}`}
      id={copy ? null : data.id}
      version={copy ? 0 : data.version}
      begin={() => formOf(data, copy ? `${data.name}, changed` : data.name)}
    />
  );
}
