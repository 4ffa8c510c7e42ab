/** One batch: how far it is, what it cost, why requests failed, every request with its attempts. */

import { Anchor, Button, Group } from '@mantine/core';
import { useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { messageOf, path } from '../api/client.ts';
import { download } from '../api/transfer.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { momentText } from '../app/figures.ts';
import { Download } from '../app/icons.tsx';
import styles from '../app/page.module.css';
import { Fault, Waiting } from '../app/states.tsx';
import { countText } from '../grid/cell-text.ts';
import { BatchFaults } from './batch-faults.tsx';
import { BatchMetricsView } from './batch-metrics.tsx';
import { BatchRequests } from './batch-requests.tsx';
import { BatchProgress, StatusBadge } from './batch-text.tsx';
import { requestStates } from './request-states.ts';
import { type BatchState, isFinal, type RequestFilter, useBatch, useBatchAct } from './use-batches.ts';

export function BatchPage() {
  const { id = '' } = useParams();
  const query = useBatch(id);
  const [filter, setFilter] = useRequestFilter();
  return (
    <div className={styles.page}>
      <title>Batch · Assay</title>
      <Anchor component={Link} to="/batches">
        All batches
      </Anchor>
      {query.isPending && <Waiting what="the batch" />}
      {query.isError && !query.data && <Fault error={query.error} again={() => void query.refetch()} />}
      {query.data && (
        <>
          <Head {...query.data} />
          <BatchProgress batch={query.data.batch} />
          <BatchMetricsView {...query.data} />
          <BatchFaults
            {...query.data}
            chosen={filter.errorCode}
            choose={(errorCode) => setFilter({ state: errorCode === null ? null : 'failed', errorCode })}
          />
          <BatchRequests key={id} {...query.data} filter={filter} setFilter={setFilter} />
        </>
      )}
    </div>
  );
}

/** Which requests are listed, as it stands in the address. */
function useRequestFilter(): [RequestFilter, (filter: RequestFilter) => void] {
  const [params, setParams] = useSearchParams();
  const state = requestStates.find((each) => each === params.get('state')) ?? null;
  const set = ({ state, errorCode }: RequestFilter) =>
    setParams(
      { ...(state === null ? {} : { state }), ...(errorCode === null ? {} : { error_code: errorCode }) },
      { preventScrollReset: true },
    );
  return [{ state, errorCode: params.get('error_code') }, set];
}

function Head({ batch }: BatchState) {
  const { id, status, request_counts: counts, model, endpoint, created_at } = batch;
  return (
    <>
      <div className={styles.head}>
        <h1>{model ?? 'Batch of several models'}</h1>
        <StatusBadge status={status} />
        <Actions batch={batch} />
      </div>
      <p className={styles.lead}>
        <span className={styles.mono}>{id}</span> · {endpoint} · {countText(counts.total)} requests · created{' '}
        {momentText(created_at)}
      </p>
    </>
  );
}

function Actions({ batch }: Pick<BatchState, 'batch'>) {
  const { id, status, request_counts: counts } = batch;
  const act = useBatchAct(id);
  const [asking, setAsking] = useState(false);
  return (
    <Group gap="xs">
      <FileButton name="Output" batchId={id} fileId={batch.output_file_id} />
      <FileButton name="Errors" batchId={id} fileId={batch.error_file_id} />
      {isFinal(status) && counts.failed > 0 && (
        <Button loading={act.isPending} onClick={() => act.mutate('retry')}>
          Retry {countText(counts.failed)} failed
        </Button>
      )}
      {!isFinal(status) && status !== 'cancelling' && (
        <Button variant="default" onClick={() => setAsking(true)}>
          Cancel
        </Button>
      )}
      {asking && (
        <ConfirmDialog
          title="Cancel this batch?"
          action="Cancel the batch"
          busy={act.isPending}
          onConfirm={() => act.mutate('cancel', { onSettled: () => setAsking(false) })}
          onClose={() => setAsking(false)}
        >
          <p>What is done stays, and its files can be downloaded. The rest is not run.</p>
        </ConfirmDialog>
      )}
    </Group>
  );
}

function FileButton({ name, batchId, fileId }: { name: string; batchId: string; fileId: string | null }) {
  const [error, setError] = useState<unknown>(null);
  if (fileId === null) return null;
  const save = () => {
    setError(null);
    download(path`/v1/files/${fileId}/content`, {}, `${batchId}_${name.toLowerCase()}.jsonl`).catch(setError);
  };
  return (
    <Button
      variant="default"
      leftSection={<Download size={14} />}
      title={error === null ? undefined : messageOf(error)}
      color={error === null ? undefined : 'red'}
      onClick={save}
    >
      {error === null ? name : `${name}: not downloaded`}
    </Button>
  );
}
