/** What a job was made with, what its trainer told of itself, its tokens, and the model that came out of it. */

import { Anchor, Button, Code, Group, Select, Title } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { TrainingJob } from '../../../src/contracts/training.ts';
import { countText } from '../grid/cell-text.ts';
import { useModels } from '../models/use-models.ts';
import { JobTokens } from './job-tokens.tsx';
import { epochText } from './score-words.ts';
import styles from './training.module.css';
import { metricText, samplesText, sourceText } from './training-text.tsx';
import { useNameModel } from './use-training.ts';

export function JobSettings({ job }: { job: TrainingJob }) {
  const { predictions: _predictions, ...config } = job.config;
  return (
    <>
      <section className={styles.section} aria-label="Settings">
        <Title order={2}>Settings</Title>
        <Told rows={aboutOf(job)} />
        <Given title="Of the trainer" values={config} />
        <Given title="Environment" values={job.environment} />
      </section>
      <TrainedModel job={job} />
      <JobTokens job={job} />
    </>
  );
}

function aboutOf(job: TrainingJob): [string, string][] {
  return [
    ['Base model', job.base_model],
    [
      'Size',
      job.parameters_billions === null ? 'unknown' : `${metricText(job.parameters_billions)} billion parameters`,
    ],
    ['Method', job.method],
    ['Epochs', job.total_epochs === null ? 'unknown' : epochText(job.total_epochs)],
    ['Rows', sourceText(job.data, 'the trainer’s own')],
    ['Samples', sourceText(job.samples ?? job.data, 'the trainer’s own')],
    ['Predictions', predictionsText(job)],
  ];
}

function predictionsText({ config: { predictions } }: TrainingJob): string {
  if (!predictions.enabled) return 'none';
  const when =
    predictions.sample_frequency === 'epoch'
      ? 'after every epoch'
      : `every ${countText(predictions.step_interval)} steps`;
  return `${samplesText(predictions.sample_count)} ${when}, up to ${countText(predictions.max_length)} tokens each`;
}

function Told({ rows }: { rows: [string, string][] }) {
  return (
    <dl className={styles.settings}>
      {rows.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Whatever the trainer told, as it told it. */
function Given({ title, values }: { title: string; values: Record<string, unknown> }) {
  const rows = Object.entries(values);
  if (rows.length === 0) return null;
  return (
    <>
      <Title order={3}>{title}</Title>
      <Told rows={rows.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])} />
    </>
  );
}

function TrainedModel({ job }: { job: TrainingJob }) {
  const models = useModels();
  const name = useNameModel(job.id);
  const [chosen, choose] = useState<string | null>(null);
  return (
    <section className={styles.section} aria-label="The model that came out of it">
      <Title order={2}>The model that came out of it</Title>
      {job.model_id !== null && (
        <p style={{ margin: 0, overflowWrap: 'anywhere' }}>
          Registered as <Code>{job.model_id}</Code>; see it among the{' '}
          <Anchor component={Link} to="/models">
            models
          </Anchor>
          , or run it in the{' '}
          <Anchor component={Link} to="/">
            workbench
          </Anchor>{' '}
          against the one before.
        </p>
      )}
      {job.model_id === null && (
        <Group align="end" gap="xs">
          <Select
            label="Registered model"
            description="Register it on the page of models first"
            placeholder={models.isPending ? 'Loading …' : 'Choose'}
            searchable
            w="20rem"
            maw="100%"
            nothingFoundMessage="No model of that name"
            data={(models.data ?? []).map(({ id }) => id)}
            value={chosen}
            onChange={choose}
          />
          <Button
            variant="default"
            disabled={chosen === null}
            loading={name.isPending}
            onClick={() => name.mutate(chosen!)}
          >
            Say that this is it
          </Button>
        </Group>
      )}
    </section>
  );
}
