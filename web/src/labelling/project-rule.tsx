/** By which rule one answer is taken from several annotators, and which share of a push is audit; both can be changed. */

import { Button, Stack, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { LabelProject } from '../../../src/contracts/label-studio.ts';
import { Fault } from '../app/states.tsx';
import { tell } from '../app/tell.ts';
import styles from './labelling.module.css';
import { RuleInputs } from './new-project-fields.tsx';
import { useChangeProject } from './use-labelling.ts';

export function ProjectRule({ project }: { project: LabelProject }) {
  const [changed, setChanged] = useState<{ rule?: LabelProject['rule']; auditShare?: number | '' }>({});
  const change = useChangeProject(project.id);
  const rule = changed.rule ?? project.rule;
  const auditShare = changed.auditShare ?? percentOf(project.audit_share);
  const sound = auditShare !== '' && auditShare >= 0 && auditShare <= 100;
  const same = rule === project.rule && auditShare === percentOf(project.audit_share);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!sound || same || change.isPending) return;
    change.mutate(
      { rule, audit_share: Number(auditShare) / 100 },
      {
        onSuccess: () => {
          setChanged({});
          tell('Kept. What was taken before stays; the next pull goes by this rule.');
        },
      },
    );
  };
  return (
    <section className={styles.section} aria-labelledby="rule">
      <Title order={2} id="rule">
        Rule and audit share
      </Title>
      <form onSubmit={submit} noValidate>
        <Stack gap="xs">
          <RuleInputs
            rule={rule}
            auditShare={auditShare}
            error={sound ? undefined : 'From 0 to 100'}
            set={(part) => setChanged({ ...changed, ...part })}
          />
          {change.isError && <Fault title="Not kept" error={change.error} />}
          <div>
            <Button type="submit" variant="default" disabled={same || !sound} loading={change.isPending}>
              Keep
            </Button>
          </div>
        </Stack>
      </form>
    </section>
  );
}

const percentOf = (share: number) => Number((share * 100).toFixed(2));
