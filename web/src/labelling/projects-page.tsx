/** The projects of all datasets by which answers go to Label Studio and come back, and where a new one begins. */

import { Alert, Anchor, Button, Table } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { LabelProject } from '../../../src/contracts/label-studio.ts';
import { path } from '../api/client.ts';
import { useDatasets } from '../api/queries.ts';
import { momentText } from '../app/figures.ts';
import { Plus } from '../app/icons.tsx';
import styles from '../app/page.module.css';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import { waitingOf } from './label-words.ts';
import { NewProjectDialog } from './new-project-dialog.tsx';
import { ProjectState } from './project-state.tsx';
import { useConnection } from './use-connection.ts';
import { useLabelProjects } from './use-labelling.ts';

export function ProjectsPage() {
  const [params, setParams] = useSearchParams();
  const [asked, setAsked] = useState(false);
  // A link with a dataset begins a project of it.
  const dataset = params.get('dataset');
  const close = () => {
    setAsked(false);
    if (dataset !== null) setParams({}, { replace: true });
  };
  return (
    <div className={styles.page}>
      <title>Label Studio · Assay</title>
      <div className={styles.head}>
        <h1>Label Studio</h1>
        <Button leftSection={<Plus size={14} />} onClick={() => setAsked(true)}>
          New project
        </Button>
      </div>
      <p className={styles.lead}>
        What is worth a person’s time goes to Label Studio as pre-labelled tasks; what annotators say comes back as
        golden, fixed and wrong answers, and as labels for the figures of trust.
      </p>
      <ConnectionLine />
      <Projects />
      {(asked || dataset !== null) && <NewProjectDialog dataset={dataset} onClose={close} />}
    </div>
  );
}

function ConnectionLine() {
  const connection = useConnection().data;
  if (connection === undefined || (connection.connected && connection.problem === null)) return null;
  const settings = (
    <Anchor component={Link} to="/settings#label-studio" underline="always" inherit>
      Settings
    </Anchor>
  );
  return (
    <Alert role="status" color="orange" variant="light" p="xs">
      {connection.connected ? (
        <>
          Label Studio does not answer at present: {connection.problem} The connection is under {settings}.
        </>
      ) : (
        <>There is no connection to Label Studio yet: make one under {settings}, or work with files alone.</>
      )}
    </Alert>
  );
}

function Projects() {
  const projects = useLabelProjects(null);
  return (
    <>
      {projects.isPending && <Waiting what="projects" />}
      {projects.isError && !projects.data && <Fault error={projects.error} again={() => void projects.refetch()} />}
      {projects.data?.length === 0 && (
        <Nothing>
          No project yet. Connect under Settings, then “New project”: choose a dataset that models have answered, look
          at a task as annotators will see it, make the project, and push the items on which the models differ.
        </Nothing>
      )}
      {projects.data && projects.data.length > 0 && <ProjectTable projects={projects.data} />}
    </>
  );
}

function ProjectTable({ projects }: { projects: LabelProject[] }) {
  const datasets = new Map(useDatasets().data?.map(({ id, name }) => [id, name]));
  return (
    <WideTable label="Projects" from={760} verticalSpacing="xs" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Project</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th ta="right">Tasks sent</Table.Th>
          <Table.Th ta="right">Annotated</Table.Th>
          <Table.Th ta="right">Conflicts</Table.Th>
          <Table.Th ta="right">Waiting</Table.Th>
          <Table.Th>Last pull</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {projects.map((project) => (
          <Table.Tr key={project.id}>
            <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }} title={project.id}>
              <Anchor component={Link} to={path`/label-studio/${project.id}`}>
                {project.title}
              </Anchor>
              <div className={styles.dim}>{datasets.get(project.dataset_id) ?? project.dataset_id}</div>
            </Table.Th>
            <Table.Td>
              <ProjectState project={project} />
            </Table.Td>
            <Table.Td ta="right">{countText(project.tasks.sent)}</Table.Td>
            <Table.Td ta="right">{countText(project.tasks.annotated)}</Table.Td>
            <Table.Td ta="right">{countText(project.conflicts)}</Table.Td>
            <Table.Td ta="right">{countText(waitingOf(project))}</Table.Td>
            <Table.Td className={styles.nowrap!}>
              {project.pulled_at === null ? 'never' : momentText(project.pulled_at)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
