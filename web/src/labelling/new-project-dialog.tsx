/** Makes a project: whose answers, where, by which rule they are taken; and shows a task as it will look. */

import { Alert, Anchor, Button, Modal, Stack } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type FormEvent, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { Preview } from '../../../src/contracts/label-studio.ts';
import { ApiError, path } from '../api/client.ts';
import { useFocusBack } from '../app/focus-back.ts';
import { Fault } from '../app/states.tsx';
import { useEstimate } from '../app/use-estimate.ts';
import judgingStyles from '../judging/judging.module.css';
import { ConfigPreview } from './config-preview.tsx';
import {
  emptyProject,
  type ProjectFaults,
  type ProjectForm,
  planOf,
  projectFaults,
  projectOf,
  refusedAt,
} from './new-project.ts';
import { DatasetFields, RuleFields, ShowFields, TemplateField, WhereFields } from './new-project-fields.tsx';
import { useConnection } from './use-connection.ts';
import { useCreateProject } from './use-labelling.ts';

/** What every part of the form is handed. */
export interface FormPart {
  form: ProjectForm;
  set: (part: Partial<ProjectForm>) => void;
  faults: ProjectFaults;
}

interface DialogProps {
  dataset: string | null;
  onClose: () => void;
}

export function NewProjectDialog({ dataset, onClose }: DialogProps) {
  const narrow = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false });
  useFocusBack();
  return (
    <Modal opened onClose={onClose} title="New project" size="52rem" fullScreen={narrow}>
      <ProjectFormView dataset={dataset} onClose={onClose} />
    </Modal>
  );
}

function ProjectFormView({ dataset, onClose }: DialogProps) {
  const [chosen, setForm] = useState<ProjectForm>({ ...emptyProject, dataset });
  const [tried, setTried] = useState(false);
  const navigate = useNavigate();
  const connected = useConnection().data?.connected;
  // Without a connection there is nothing but files.
  const form: ProjectForm = connected === false ? { ...chosen, origin: 'files' } : chosen;
  const own = projectFaults(form);
  const plan = planOf(form);
  const preview = useEstimate<Preview>('/api/label-studio/preview', plan);
  const create = useCreateProject(({ id }) => void navigate(path`/label-studio/${id}`));
  const refused = refusedOf(form, create.error) ?? refusedOf(form, preview.error);
  const part: FormPart = {
    form,
    set: (change) => {
      create.reset();
      setForm((now) => ({ ...now, ...change }));
    },
    // What is wanting is marked once somebody went on without it.
    faults: { ...(tried ? own : withoutWanting(own)), ...refused },
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(own).length === 0 && !create.isPending) create.mutate(projectOf(form));
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {connected === false && <NotConnected />}
        <DatasetFields {...part} />
        <WhereFields {...part} connected={connected === true} />
        <ShowFields {...part} />
        <RuleFields {...part} />
        <TemplateField {...part} generated={preview.estimate?.label_config ?? null} />
        <ConfigPreview {...preview} plan={plan} origin={form.origin} refused={refused !== null} />
        {create.isError && refused === null && <Fault title="No project was made" error={create.error} />}
      </Stack>
      <div className={judgingStyles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={create.isPending}>
          Make the project
        </Button>
      </div>
    </form>
  );
}

const withoutWanting = ({ dataset: _dataset, remote: _remote, template: _template, ...rest }: ProjectFaults) => rest;

const refusedOf = (form: ProjectForm, error: unknown): ProjectFaults | null =>
  error instanceof ApiError ? refusedAt(form, error) : null;

function NotConnected() {
  return (
    <Alert role="status" color="orange" variant="light" p="xs">
      There is no connection to Label Studio. Connect under{' '}
      <Anchor component={Link} to="/settings#label-studio" underline="always" inherit>
        Settings
      </Anchor>
      , or make a project of files: its tasks are downloaded, imported there, and the export is brought back.
    </Alert>
  );
}
