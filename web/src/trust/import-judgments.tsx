/** Imports judgments made elsewhere, by people or by a model, as a judge run of the same answers. */

import {
  Alert,
  Anchor,
  Button,
  FileInput,
  Group,
  Modal,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import type { JudgeRunObject } from '../../../src/contracts/judging.ts';
import { path } from '../api/client.ts';
import { useFocusBack } from '../app/focus-back.ts';
import { Fault } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { sendJudgments } from './send-judgments.ts';

interface ImportJudgmentsProps {
  run: JudgeRunObject;
  onClose: () => void;
  /** Has the panel use these labels alone. */
  showLabels: (judgeRunId: string) => void;
}

type Who = 'human' | 'llm';

export function ImportJudgments({ run, onClose, showLabels }: ImportJudgmentsProps) {
  const [file, setFile] = useState<File | null>(null);
  const [who, setWho] = useState<Who>('human');
  const [judge, setJudge] = useState('');
  useFocusBack();
  const queries = useQueryClient();
  const { benchmark_id, other_benchmark_id, threshold } = run;
  const sent = useMutation({
    mutationFn: (chosen: File) =>
      sendJudgments({
        file: chosen,
        benchmark_id,
        other_benchmark_id,
        judge_type: who,
        judge: judge.trim(),
        threshold: who === 'llm' ? threshold : null,
      }),
    onSuccess: () => void queries.invalidateQueries(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file !== null && !sent.isPending) sent.mutate(file);
  };
  return (
    <Modal opened onClose={onClose} title="Import judgments" size="lg">
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            JSON Lines, one judgment a line: candidate_id or ordinal, and{' '}
            {other_benchmark_id === null ? 'pass or score (of 10)' : 'preference (a, b or tie)'}; for a judgment that
            could not be used, error instead. All lines are taken, or none.
          </Text>
          <FileInput label="File" placeholder="JSONL" value={file} onChange={setFile} data-autofocus />
          <SegmentedControl
            aria-label="Who judged"
            value={who}
            onChange={(value) => setWho(value as Who)}
            data={[
              { value: 'human', label: 'People' },
              { value: 'llm', label: 'A model' },
            ]}
          />
          <TextInput
            label="By whom"
            description="Where a line names no judge"
            maxLength={200}
            autoComplete="off"
            value={judge}
            onChange={(event) => setJudge(event.currentTarget.value)}
          />
          {sent.isError && <Fault title="Nothing was imported" error={sent.error} />}
          {sent.data && <Outcome run={sent.data} who={who} showLabels={showLabels} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {sent.isSuccess ? 'Done' : 'Cancel'}
            </Button>
            <Button type="submit" disabled={file === null} loading={sent.isPending}>
              Import
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface OutcomeProps extends Pick<ImportJudgmentsProps, 'run' | 'showLabels'> {
  who: Who;
}

function Outcome({ run, who, showLabels }: OutcomeProps) {
  return (
    <Alert role="status" variant="light" color="green" p="xs">
      <Text size="xs" c="var(--ink)" component="div">
        Judgments on {countText(run.judged + run.failed)} answers imported, by {run.judges.join(', ')}.
        {run.failed > 0 && ` ${countText(run.failed)} of them have no verdict, or no majority.`}{' '}
        {who === 'human' ? (
          <Button size="compact-xs" variant="default" onClick={() => showLabels(run.id)}>
            Use these labels alone
          </Button>
        ) : (
          <Anchor component={Link} to={path`/judging/${run.id}`} underline="always">
            Open the judge run
          </Anchor>
        )}
      </Text>
    </Alert>
  );
}
