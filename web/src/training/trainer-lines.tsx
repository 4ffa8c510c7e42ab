/** What connects a trainer with its job: its token, shown once, and the lines to paste before and into the training script. */

import { Alert, Button, Code, Group, Stack, Text, Title } from '@mantine/core';
import type { TrainingJob } from '../../../src/contracts/training.ts';
import { copyText } from '../app/copy-text.ts';
import { Copy } from '../app/icons.tsx';
import styles from './training.module.css';

interface LinesProps {
  job: Pick<TrainingJob, 'id' | 'data' | 'samples'>;
  /** null: it was shown before, and nobody can show it again. */
  token: string | null;
}

/** Quoted, so that nothing in it is a command. */
const exported = (name: string, value: string) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`;

const environmentOf = ({ job, token }: LinesProps): string =>
  [
    exported('ASSAY_URL', location.origin),
    exported('ASSAY_JOB_ID', job.id),
    exported('ASSAY_JOB_TOKEN', token ?? 'the token of this job'),
  ].join('\n');

const install = 'pip install ./python';

/** Rows of the job are fetched where it names them; else the trainer's own are predicted. */
function scriptOf({ data, samples }: LinesProps['job']): string {
  if (data === null && samples === null) {
    return `from assay_train import PredictionsCallback

trainer.add_callback(PredictionsCallback())
trainer.train()`;
  }
  const fetched = (part: 'train' | 'samples') => `fetch_rows(*job, "${part}")`;
  return `import os

from assay_train import PredictionsCallback
from assay_train.training_rows import fetch_rows

job = [os.environ[name] for name in ("ASSAY_URL", "ASSAY_JOB_ID", "ASSAY_JOB_TOKEN")]
${data === null ? '' : `train_rows = ${fetched('train')}  # to make the trainer with\n`}
trainer.add_callback(PredictionsCallback(rows=${fetched('samples')}))
trainer.train()`;
}

export function TrainerLines({ job, token }: LinesProps) {
  return (
    <Stack gap="sm">
      {token !== null && <OnceShown token={token} />}
      <Lines title="In the environment of the trainer" text={environmentOf({ job, token })} />
      <Lines title="Once, in the folder of this server’s source" text={install} />
      <Lines title="In the training script, of transformers.Trainer or of TRL" text={scriptOf(job)} />
    </Stack>
  );
}

/** What the token is good for, and that nobody can show it again. */
function OnceShown({ token }: { token: string }) {
  return (
    <Alert role="status" color="orange" variant="light" p="xs" title="The token of this job, shown this once">
      <Text size="xs" c="var(--ink)" mb="xs">
        With it a trainer can write into this job, and nothing else. Keep it now; a new one can be made at any time.
      </Text>
      <Lines title="Token" text={token} />
    </Alert>
  );
}

function Lines({ title, text }: { title: string; text: string }) {
  const copy = () => copyText(text);
  return (
    <section aria-label={title}>
      <Group justify="space-between" mb={4} wrap="nowrap">
        <Title order={3} size="h4">
          {title}
        </Title>
        <Button
          size="compact-xs"
          variant="default"
          flex="none"
          leftSection={<Copy size={12} />}
          aria-label={`Copy: ${title}`}
          onClick={copy}
        >
          Copy
        </Button>
      </Group>
      <Code block className={styles.lines!}>
        {text}
      </Code>
    </section>
  );
}
