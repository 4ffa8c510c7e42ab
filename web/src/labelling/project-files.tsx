/** Tasks as a file for Label Studio's import, and its export brought back. */

import { Alert, Button, FileInput, Group, NumberInput, Progress, Stack, Text, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { LabelProject, PushSelection } from '../../../src/contracts/label-studio.ts';
import { path } from '../api/client.ts';
import { download } from '../api/transfer.ts';
import { Fault } from '../app/states.tsx';
import { tellFault } from '../app/tell.ts';
import { numberIn } from '../judging/judge-fields.tsx';
import judgingStyles from '../judging/judging.module.css';
import { pulledText } from './label-words.ts';
import styles from './labelling.module.css';
import { emptyPush, pushFaults } from './new-push.ts';
import { SelectionField } from './push-section.tsx';
import { useTakeFile } from './use-labelling.ts';

export function ProjectFiles({ project }: { project: LabelProject }) {
  return (
    <section className={styles.section} aria-labelledby="files">
      <Title order={2} id="files">
        Files
      </Title>
      <p className={styles.dim}>
        For a Label Studio that this server does not reach: make a project there with the labeling configuration below,
        import the file of tasks, annotate, export as JSON, and bring that file back.
      </p>
      <div className={styles.two}>
        <TaskFile project={project} />
        <AnnotationFile project={project} />
      </div>
    </section>
  );
}

function TaskFile({ project }: { project: LabelProject }) {
  const [select, setSelect] = useState<PushSelection>(emptyPush.select);
  const [limit, setLimit] = useState<number | ''>(emptyPush.limit);
  const faults = pushFaults({ ...emptyPush, limit });
  const save = () => {
    const at = path`/api/label-studio/projects/${project.id}/tasks.json`;
    void download(at, { select, limit: Number(limit) }, `${project.id}.tasks.json`).catch(tellFault);
  };
  return (
    <Stack gap="xs">
      <div className={judgingStyles.pair}>
        <SelectionField value={select} set={setSelect} />
        <NumberInput
          label="At most"
          suffix=" items"
          min={1}
          thousandSeparator=","
          allowDecimal={false}
          value={limit}
          error={faults.limit}
          onChange={(value) => setLimit(numberIn(value))}
        />
      </div>
      <div>
        <Button variant="default" disabled={faults.limit !== undefined} onClick={save}>
          Download tasks
        </Button>
      </div>
    </Stack>
  );
}

function AnnotationFile({ project }: { project: LabelProject }) {
  const [file, setFile] = useState<File | null>(null);
  const [share, setShare] = useState(0);
  const taken = useTakeFile(project.id);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file === null || taken.isPending) return;
    setShare(0);
    taken.mutate({ file, onProgress: setShare });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        <FileInput
          label="Annotations"
          placeholder="Label Studio’s export, JSON"
          accept="application/json,.json"
          clearable
          clearButtonProps={{ 'aria-label': 'Take the file away' }}
          value={file}
          onChange={(chosen) => {
            taken.reset();
            setFile(chosen);
          }}
        />
        {taken.isPending && <Progress size="sm" value={share * 100} aria-label="Sent of the file" />}
        {taken.isError && <Fault title="Nothing was taken in" error={taken.error} />}
        {taken.data && (
          <Alert role="status" color="green" variant="light" p="xs">
            <Text size="sm" c="var(--ink)">
              {pulledText(taken.data)}
            </Text>
          </Alert>
        )}
        <Group>
          <Button type="submit" variant="default" disabled={file === null} loading={taken.isPending}>
            Bring annotations in
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
