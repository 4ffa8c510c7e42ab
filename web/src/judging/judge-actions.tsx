/** What can be done with a judge run: its files, end it, go on with it under another budget, delete it. */

import { Button, Group, Menu, Modal, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import type { JudgeRunObject, NewJudgeRun } from '../../../src/contracts/judging.ts';
import { path } from '../api/client.ts';
import { download } from '../api/transfer.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { useFocusBack } from '../app/focus-back.ts';
import { Download } from '../app/icons.tsx';
import { Fault } from '../app/states.tsx';
import { tellFault } from '../app/tell.ts';
import { countText } from '../grid/cell-text.ts';
import { BudgetFields, type BudgetPart } from './asking-fields.tsx';
import { doneOf } from './judge-progress.ts';
import type { JudgeView } from './judge-view.ts';
import { refusedAt } from './judging-estimate.tsx';
import { budgetOf } from './new-judging.ts';
import { isGoing, useJudgeAct } from './use-judging.ts';

type Asking = 'cancel' | 'resume' | 'remove';

const canGoOn = ({ status, mode, source }: JudgeRunObject) =>
  source === 'assay' && mode !== 'human' && ['failed', 'cancelled', 'stopped_by_budget'].includes(status);

export function JudgeActions({ run, view }: { run: JudgeRunObject; view: JudgeView }) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const close = () => setAsking(null);
  return (
    <Group gap="xs">
      <Files run={run} threshold={view.threshold} />
      {isGoing(run) && (
        <Button variant="default" onClick={() => setAsking('cancel')}>
          Cancel
        </Button>
      )}
      {canGoOn(run) && <Button onClick={() => setAsking('resume')}>Go on</Button>}
      <Button variant="default" onClick={() => setAsking('remove')}>
        Delete
      </Button>
      {asking === 'cancel' && <CancelDialog run={run} onClose={close} />}
      {asking === 'remove' && <RemoveDialog run={run} onClose={close} />}
      {asking === 'resume' && <ResumeDialog run={run} onClose={close} />}
    </Group>
  );
}

const files = [
  { name: 'judged_results.jsonl', about: 'Every verdict' },
  { name: 'failures.jsonl', about: 'Below the threshold, or without a verdict' },
  { name: 'summary.json', about: 'The figures' },
] as const;

function Files({ run, threshold }: { run: JudgeRunObject; threshold: number | null }) {
  const save = (name: string) =>
    void download(path`/api/evaluation/runs/${run.id}/files/${name}`, { threshold }, `${run.id}_${name}`).catch(
      tellFault,
    );
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <Button variant="default" leftSection={<Download size={14} />}>
          Files
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {files.map(({ name, about }) => (
          <Menu.Item key={name} onClick={() => save(name)}>
            {name}
            <div style={{ color: 'var(--ink-dim)', fontSize: 'var(--mantine-font-size-xs)' }}>{about}</div>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface DialogProps {
  run: JudgeRunObject;
  onClose: () => void;
}

function CancelDialog({ run, onClose }: DialogProps) {
  const act = useJudgeAct(run.id);
  return (
    <ConfirmDialog
      title="Cancel this judge run?"
      action="Cancel the judge run"
      busy={act.isPending}
      onConfirm={() => act.mutate({ act: 'cancel' }, { onSettled: onClose })}
      onClose={onClose}
    >
      <p>The {countText(doneOf(run))} verdicts there are stay. It can go on later.</p>
    </ConfirmDialog>
  );
}

function RemoveDialog({ run, onClose }: DialogProps) {
  const act = useJudgeAct(run.id);
  const navigate = useNavigate();
  return (
    <ConfirmDialog
      title="Delete this judge run?"
      action="Delete"
      busy={act.isPending}
      onConfirm={() => act.mutate({ act: 'remove' }, { onSuccess: () => void navigate('/judging'), onError: onClose })}
      onClose={onClose}
    >
      <p>
        Its {countText(doneOf(run))} verdicts go with it{isGoing(run) ? ', and it is ended first' : ''}. The answers
        stay.
      </p>
    </ConfirmDialog>
  );
}

type Budget = BudgetPart['form'];

/** Goes on under the budget that is stated; without one, under none. */
function ResumeDialog({ run, onClose }: DialogProps) {
  const before = (run.settings.budget ?? {}) as NonNullable<NewJudgeRun['budget']>;
  const [form, setForm] = useState<Budget>({
    usd: before.usd ?? '',
    calls: before.calls ?? '',
    tokens: before.tokens ?? '',
  });
  const act = useJudgeAct(run.id);
  useFocusBack();
  const refused = refusedAt(act.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    act.mutate({ act: 'resume', budget: budgetOf(form) ?? {} }, { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title="Go on with this judge run" size="34rem">
      <form onSubmit={submit} noValidate>
        <Stack>
          <p style={{ margin: 0 }}>
            What was spent so far counts: {countText(run.calls)} calls,{' '}
            {countText(run.prompt_tokens + run.completion_tokens)} tokens.
          </p>
          <BudgetFields
            form={form}
            set={(part) => setForm({ ...form, ...part })}
            faults={refused === null ? {} : { [refused.field]: refused.message }}
          />
          {act.isError && <Fault title="It does not go on" error={act.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button type="submit" loading={act.isPending}>
              Go on
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
