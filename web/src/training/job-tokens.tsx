/** The tokens of a job: those there are, a new one shown once, and their revocation. */

import { Button, Group, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { JobToken, TrainingJob } from '../../../src/contracts/training.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { momentText } from '../app/figures.ts';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { TrainerLines } from './trainer-lines.tsx';
import styles from './training.module.css';
import { useJobTokens, useNewToken, useRevokeToken } from './use-training.ts';

export function JobTokens({ job }: { job: TrainingJob }) {
  const tokens = useJobTokens(job.id);
  const make = useNewToken(job.id);
  const [revoking, setRevoking] = useState<JobToken | null>(null);
  return (
    <section className={styles.section} aria-label="Tokens">
      <Group justify="space-between">
        <Title order={2}>Tokens of its trainer</Title>
        <Button variant="default" loading={make.isPending} onClick={() => make.mutate()}>
          New token
        </Button>
      </Group>
      {tokens.isPending && <Waiting what="the tokens" />}
      {tokens.isError && <Fault error={tokens.error} again={() => void tokens.refetch()} />}
      {tokens.data?.length === 0 && <Nothing>It has no token; a trainer elsewhere needs one.</Nothing>}
      {tokens.data !== undefined && tokens.data.length > 0 && <TokenTable tokens={tokens.data} revoke={setRevoking} />}
      {make.data !== undefined && <TrainerLines job={job} token={make.data.token} />}
      {revoking !== null && (
        <RevokeDialog
          token={revoking}
          onRevoked={() => {
            if (make.data?.id === revoking.id) make.reset();
          }}
          onClose={() => setRevoking(null)}
        />
      )}
    </section>
  );
}

function TokenTable({ tokens, revoke }: { tokens: JobToken[]; revoke: (token: JobToken) => void }) {
  return (
    <WideTable label="Tokens there are" from={480} verticalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Ends in</Table.Th>
          <Table.Th>Made</Table.Th>
          <Table.Th>Last used</Table.Th>
          <Table.Th pos="relative">
            <span className="visually-hidden">Actions</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tokens.map((token) => (
          <Table.Tr key={token.id}>
            <Table.Th scope="row" fw={400} ff="monospace">
              …{token.hint}
            </Table.Th>
            <Table.Td>{momentText(token.created_at)}</Table.Td>
            <Table.Td>{token.last_used_at === null ? 'never' : momentText(token.last_used_at)}</Table.Td>
            <Table.Td ta="right">
              {token.revoked_at === null ? (
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={`Revoke the token …${token.hint}`}
                  onClick={() => revoke(token)}
                >
                  Revoke
                </Button>
              ) : (
                <Text size="xs" c="dimmed">
                  revoked {momentText(token.revoked_at)}
                </Text>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

interface RevokeProps {
  token: JobToken;
  onRevoked: () => void;
  onClose: () => void;
}

function RevokeDialog({ token, onRevoked, onClose }: RevokeProps) {
  const revoke = useRevokeToken(token.job_id);
  const done = () => {
    onRevoked();
    onClose();
  };
  return (
    <ConfirmDialog
      title={`Revoke the token that ends in ${token.hint}?`}
      action="Revoke"
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate(token.id, { onSuccess: done })}
      onClose={onClose}
    >
      <p>
        A trainer that still uses it trains on, but what it sends is refused from now on. It keeps what it could not
        send on its disk, for a new token.
      </p>
    </ConfirmDialog>
  );
}
