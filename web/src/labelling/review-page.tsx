/** The review queue of a dataset: items without a word of a person, the most useful first, and what labels have bought. */

import { Anchor, Badge, Button, Progress, Table, Title } from '@mantine/core';
import { type CSSProperties, useState } from 'react';
import { Link, useParams } from 'react-router';
import type { ReviewItem, ReviewQueue } from '../../../src/contracts/label-studio.ts';
import { address, path } from '../api/client.ts';
import { useDataset } from '../api/queries.ts';
import pageStyles from '../app/page.module.css';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import { IntervalChart } from './interval-chart.tsx';
import styles from './labelling.module.css';
import { boughtTexts, widthLines } from './review-words.ts';
import { useLabelProjects, useReviewQueue } from './use-labelling.ts';

const SHOWN = 50;
const MOST = 500;

export function ReviewPage() {
  const { datasetId = '' } = useParams();
  const [limit, setLimit] = useState(SHOWN);
  const dataset = useDataset(datasetId);
  const queue = useReviewQueue(datasetId, limit);
  return (
    <div className={pageStyles.page}>
      <title>Review queue · Assay</title>
      <Anchor component={Link} to={address('/', { dataset: datasetId })}>
        {dataset.data?.name ?? 'The dataset'} in the workbench
      </Anchor>
      <div className={pageStyles.head}>
        <h1>Review queue</h1>
        <ToLabelStudio datasetId={datasetId} />
      </div>
      <p className={pageStyles.lead}>
        Items that no person has judged yet, those first where a judgment tells most: models differ, judges are unsure,
        and nothing like it was labelled. A share is drawn at random and marked; only it says something about all items.
      </p>
      {queue.isPending && <Waiting what="the queue" />}
      {queue.isError && !queue.data && <Fault error={queue.error} again={() => void queue.refetch()} />}
      {queue.data && (
        <>
          <Bought queue={queue.data} />
          <Queue
            datasetId={datasetId}
            queue={queue.data}
            busy={queue.isPlaceholderData}
            more={limit < MOST && queue.data.items.length >= limit ? () => setLimit(Math.min(MOST, limit * 2)) : null}
          />
        </>
      )}
    </div>
  );
}

/** To the project of the dataset where there is one, to all of them, or to a new one. */
function ToLabelStudio({ datasetId }: { datasetId: string }) {
  const projects = useLabelProjects(datasetId).data;
  if (projects === undefined) return null;
  const to = projects.length === 1 ? path`/label-studio/${projects[0]!.id}` : '/label-studio';
  return (
    <Button
      variant="default"
      component={Link}
      to={projects.length === 0 ? address('/label-studio', { dataset: datasetId }) : to}
    >
      {projects.length === 0 ? 'Label in Label Studio' : 'In Label Studio'}
    </Button>
  );
}

function Bought({ queue: { rounds, since, every, left } }: { queue: ReviewQueue }) {
  const lines = widthLines(rounds);
  const [head, ...texts] = boughtTexts(rounds);
  return (
    <section className={styles.section} aria-labelledby="bought">
      <Title order={2} id="bought">
        What labels have bought
      </Title>
      <div className={styles.next}>
        <Progress size="sm" value={Math.min(1, since / every) * 100} aria-label="Labels until the next figures" />
        <p className={styles.dim}>
          {countText(since)} of {countText(every)} new labels until queue and figures are made anew · {countText(left)}{' '}
          {left === 1 ? 'item has' : 'items have'} no word of a person
        </p>
      </div>
      {head === undefined ? (
        <Nothing>
          No figures yet. After {countText(every)} labels the share of golden answers of each model stands here with its
          interval, and how much narrower each further {countText(every)} labels have made it.
        </Nothing>
      ) : (
        <div className={styles.two}>
          <div className={styles.bought}>
            <p>{head}</p>
            <ul>
              {texts.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          </div>
          {lines.length > 0 && <IntervalChart lines={lines} />}
        </div>
      )}
    </section>
  );
}

interface QueueProps {
  datasetId: string;
  queue: ReviewQueue;
  busy: boolean;
  /** null: there is no more to be shown. */
  more: (() => void) | null;
}

function Queue({ datasetId, queue: { items, left }, busy, more }: QueueProps) {
  return (
    <section className={styles.section} aria-labelledby="queue">
      <Title order={2} id="queue">
        Next items
      </Title>
      {items.length === 0 && (
        <Nothing>
          {left === 0
            ? 'Every item has a word of a person.'
            : 'No item has an answer yet. Runs begin in the workbench; then the queue fills.'}
        </Nothing>
      )}
      {items.length > 0 && (
        <WideTable
          label="Items to review"
          from={760}
          layout="fixed"
          verticalSpacing={6}
          highlightOnHover
          aria-busy={busy}
        >
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Item</Table.Th>
              <Table.Th w="9.5rem">Disagreement</Table.Th>
              <Table.Th w="9.5rem">Uncertainty</Table.Th>
              <Table.Th w="9.5rem">Novelty</Table.Th>
              <Table.Th ta="right" w="6rem">
                Usefulness
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map((item) => (
              <ItemRow key={item.candidate_id} datasetId={datasetId} item={item} />
            ))}
          </Table.Tbody>
        </WideTable>
      )}
      {more !== null && (
        <div>
          <Button variant="default" loading={busy} onClick={more}>
            More items
          </Button>
        </div>
      )}
    </section>
  );
}

function ItemRow({ datasetId, item }: { datasetId: string; item: ReviewItem }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
        <Anchor component={Link} to={address('/', { dataset: datasetId, item: item.candidate_id })}>
          {item.name}
        </Anchor>{' '}
        {item.audit && (
          <Badge variant="outline" color="blue" size="sm" tt="none" fw={500} title="Drawn at random">
            audit
          </Badge>
        )}
        {item.category !== null && <div className={styles.dim}>{item.category}</div>}
      </Table.Th>
      {[item.disagreement, item.uncertainty, item.novelty].map((share, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: three columns that never move
        <Table.Td key={at}>
          <Bar share={share} />
        </Table.Td>
      ))}
      <Table.Td ta="right">{item.usefulness.toFixed(2)}</Table.Td>
    </Table.Tr>
  );
}

function Bar({ share }: { share: number }) {
  return (
    <span className={styles.bar} style={{ '--share': `${Math.min(1, Math.max(0, share)) * 100}%` } as CSSProperties}>
      <span aria-hidden="true">
        <span />
      </span>
      {share.toFixed(2)}
    </span>
  );
}
