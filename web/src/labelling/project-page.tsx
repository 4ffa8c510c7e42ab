/** One project: how far it is, what goes out, what comes back, what waits for a person, its files and its rule. */

import { Alert, Anchor, Button, Group, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { LabelProject } from '../../../src/contracts/label-studio.ts';
import { address, path } from '../api/client.ts';
import { useDataset } from '../api/queries.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { momentText } from '../app/figures.ts';
import pageStyles from '../app/page.module.css';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { type Tile, Tiles } from '../app/tiles.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import { ConfigText } from './config-text.tsx';
import { alphaText, safeUrl, waitingOf } from './label-words.ts';
import styles from './labelling.module.css';
import { OpenAnswers } from './open-answers-list.tsx';
import { ProjectFiles } from './project-files.tsx';
import { ProjectRule } from './project-rule.tsx';
import { ProjectState } from './project-state.tsx';
import { PullButton } from './pull-button.tsx';
import { PushSection } from './push-section.tsx';
import { useLabelProject, useRemoveProject } from './use-labelling.ts';

export function ProjectPage() {
  const { id = '' } = useParams();
  const query = useLabelProject(id);
  return (
    <div className={pageStyles.page}>
      <title>Label Studio · Assay</title>
      <Anchor component={Link} to="/label-studio">
        All projects
      </Anchor>
      {query.isPending && <Waiting what="the project" />}
      {query.isError && !query.data && <Fault error={query.error} again={() => void query.refetch()} />}
      {query.data && <OneProject key={id} project={query.data} />}
    </div>
  );
}

function OneProject({ project }: { project: LabelProject }) {
  return (
    <>
      <Head project={project} />
      {project.problem !== null && (
        <Alert role="alert" color="orange" variant="light" p="xs" title="Not as it should be">
          <Text size="sm" c="var(--ink)" style={{ overflowWrap: 'anywhere' }}>
            {project.problem}
          </Text>
        </Alert>
      )}
      <section aria-label="State">
        <Tiles tiles={tilesOf(project)} />
      </section>
      {project.origin !== 'files' && <PushSection project={project} />}
      {project.origin === 'files' && <ProjectFiles project={project} />}
      <OpenAnswers project={project} />
      <Annotators project={project} />
      {project.origin !== 'files' && <ProjectFiles project={project} />}
      <ProjectRule project={project} />
      <ConfigText config={project.label_config} />
    </>
  );
}

function Head({ project }: { project: LabelProject }) {
  const dataset = useDataset(project.dataset_id);
  const [removing, setRemoving] = useState(false);
  const there = safeUrl(project.url);
  return (
    <>
      <div className={pageStyles.head}>
        <h1 style={{ flexBasis: '14rem' }}>{project.title}</h1>
        <ProjectState project={project} />
        <Group gap="xs">
          {project.origin !== 'files' && <PullButton project={project} />}
          {there !== null && (
            <Button variant="default" component="a" href={there} target="_blank" rel="noreferrer">
              Open in Label Studio
            </Button>
          )}
          <Button variant="default" component={Link} to={path`/review/${project.dataset_id}`}>
            Review queue
          </Button>
          <Button variant="default" onClick={() => setRemoving(true)}>
            Remove
          </Button>
        </Group>
      </div>
      <p className={pageStyles.lead}>
        Answers of {project.models.join(', ')} over{' '}
        <Anchor component={Link} inherit underline="always" to={address('/', { dataset: project.dataset_id })}>
          {dataset.data?.name ?? project.dataset_id}
        </Anchor>{' '}
        · {project.blind ? 'names hidden' : 'names shown'} · created {momentText(project.created_at)} ·{' '}
        <span className={pageStyles.mono}>{project.id}</span>
      </p>
      {removing && <RemoveDialog project={project} onClose={() => setRemoving(false)} />}
    </>
  );
}

function RemoveDialog({ project, onClose }: { project: LabelProject; onClose: () => void }) {
  const remove = useRemoveProject(project.id);
  const navigate = useNavigate();
  return (
    <ConfirmDialog
      title={`Take “${project.title}” off the list?`}
      action="Remove"
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: () => void navigate('/label-studio') })}
      onClose={onClose}
    >
      <p style={{ margin: 0 }}>
        The project stays in Label Studio, and what was taken over stays here. What annotators say from now on is not
        heard any more
        {waitingOf(project) > 0 &&
          `, and the ${countText(waitingOf(project))} answers that wait for a person are dropped`}
        .
      </p>
    </ConfirmDialog>
  );
}

function tilesOf(project: LabelProject): Tile[] {
  const { tasks, annotations, annotators, agreement, pulled_at, origin, webhook } = project;
  const heard = origin === 'files' ? 'by files alone' : webhook ? 'told by webhook' : 'looked for now and then';
  return [
    ['Tasks sent', countText(tasks.sent), tasks.audit > 0 ? `${countText(tasks.audit)} audit` : undefined],
    ['Annotated', countText(tasks.annotated), tasks.sent > 0 ? `of ${countText(tasks.sent)}` : undefined],
    ['Annotations', countText(annotations), annotators.length > 0 ? byText(annotators.length) : undefined],
    ['Waiting for a person', countText(waitingOf(project)), waitingText(project)],
    [
      'Agreement',
      agreement.alpha === null ? 'not known' : `α ${agreement.alpha.toFixed(2)}`,
      agreement.alpha === null ? 'needs two annotators of a task' : alphaText(agreement.alpha),
    ],
    ['Last pull', pulled_at === null ? 'never' : momentText(pulled_at), heard],
  ];
}

const byText = (people: number) => `by ${countText(people)} ${people === 1 ? 'person' : 'people'}`;

function waitingText({ conflicts, in_review, refused }: LabelProject): string | undefined {
  const parts = [
    conflicts > 0 ? `${countText(conflicts)} in conflict` : null,
    in_review > 0 ? `${countText(in_review)} in review` : null,
    refused > 0 ? `${countText(refused)} refused` : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? undefined : parts.join(', ');
}

function Annotators({ project: { annotators, agreement } }: { project: LabelProject }) {
  return (
    <section className={styles.section} aria-labelledby="annotators">
      <Title order={2} id="annotators">
        Annotators
      </Title>
      {annotators.length === 0 ? (
        <Nothing>Nobody has annotated yet.</Nothing>
      ) : (
        <>
          <p className={styles.dim}>
            {agreement.answers === 0
              ? 'No answer was judged by two people yet, so how well they agree is not known.'
              : `Of ${countText(agreement.answers)} answers that two or more judged, ${countText(agreement.same)} were judged alike${
                  agreement.alpha === null ? '' : `; Krippendorff’s alpha ${agreement.alpha.toFixed(3)}`
                }.`}
          </p>
          <WideTable label="Annotations of each" from={240} maw="34rem" verticalSpacing={4} fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Annotator</Table.Th>
                <Table.Th ta="right">Annotations</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {annotators.map(({ name, annotations }) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
                    {name}
                  </Table.Th>
                  <Table.Td ta="right">{countText(annotations)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </WideTable>
        </>
      )}
    </section>
  );
}
