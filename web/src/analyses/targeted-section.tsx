/** The training data made against the patterns: what was kept and dropped, by pattern, what leaked, and its files. */

import { Alert, Button, Group, Table, Text, Title } from '@mantine/core';
import type { WholeAnalysis } from '../../../src/contracts/analyses.ts';
import type { DroppedFor, TargetedStats } from '../../../src/contracts/mining.ts';
import { path } from '../api/client.ts';
import { download } from '../api/transfer.ts';
import { costText, roughText } from '../app/figures.ts';
import { Download } from '../app/icons.tsx';
import pageStyles from '../app/page.module.css';
import { tellFault } from '../app/tell.ts';
import { Tiles } from '../app/tiles.tsx';
import { WideTable } from '../app/wide-table.tsx';
import { countText, oneLine, percentText } from '../grid/cell-text.ts';
import styles from './analyses.module.css';
import { MarkSign } from './pattern-text.tsx';
import { stepFiles } from './step-files.ts';

interface TargetedProps {
  analysis: WholeAnalysis;
  targeted: TargetedStats;
}

export function TargetedSection({ analysis, targeted }: TargetedProps) {
  return (
    <section aria-label="Targeted training data" className={styles.section}>
      <Title order={2}>Targeted training data</Title>
      <p className={pageStyles.lead} style={{ margin: 0 }}>
        New prompts of the patterns with answers, checked by rules{targeted.dropped.judge > 0 && ' and a judge'}, held
        against the test set so that none of it leaks into the training.
      </p>
      {targeted.stopped_by_budget && (
        <Alert color="yellow" variant="light" p="xs" role="status">
          <Text size="sm" c="var(--ink)">
            The budget ended it before all rows were there.
          </Text>
        </Alert>
      )}
      <Tiles
        tiles={[
          ['Kept', countText(targeted.kept), `of ${countText(targeted.wanted)} wanted`],
          ['Written', countText(targeted.asked)],
          [
            'Calls',
            countText(targeted.calls),
            `${roughText(targeted.prompt_tokens + targeted.completion_tokens)} tokens`,
          ],
          ['Cost', targeted.cost === null ? 'unknown' : costText(targeted.cost)],
        ]}
      />
      <Files id={analysis.id} />
      <div className={styles.columns}>
        <ByPattern targeted={targeted} />
        <div>
          <Dropped targeted={targeted} />
          <Leakage leakage={targeted.leakage} />
        </div>
      </div>
      {targeted.notes.map((note) => (
        <p key={note} className={styles.dim}>
          {note}
        </p>
      ))}
    </section>
  );
}

const about: Record<string, string> = {
  'targeted_sft.jsonl': 'SFT, as messages',
  'targeted_prompt_completion.jsonl': 'Prompt and completion',
  'targeted_dpo.jsonl': 'DPO, wrong answers rejected',
  'targeted_stats.json': 'The figures',
};

function Files({ id }: { id: string }) {
  return (
    <Group gap="xs">
      {stepFiles.generate.map((file) => (
        <Button
          key={file}
          variant="default"
          leftSection={<Download size={14} />}
          title={file}
          onClick={() => void download(path`/api/analyses/${id}/files/${file}`, {}, `${id}_${file}`).catch(tellFault)}
        >
          {about[file] ?? file}
        </Button>
      ))}
    </Group>
  );
}

function ByPattern({ targeted }: { targeted: TargetedStats }) {
  return (
    <WideTable label="Rows by pattern" from={320} verticalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Pattern</Table.Th>
          <Table.Th ta="right">Wanted</Table.Th>
          <Table.Th ta="right">Kept</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {targeted.by_pattern.map(({ cluster, pattern, wanted, kept }) => (
          <Table.Tr key={cluster}>
            <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
              <MarkSign cluster={cluster} /> {pattern}
            </Table.Th>
            <Table.Td ta="right">{countText(wanted)}</Table.Td>
            <Table.Td ta="right" className={kept < wanted ? styles.short! : ''}>
              {countText(kept)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

const droppedWords: Record<DroppedFor, string> = {
  unreadable: 'could not be read',
  empty: 'empty',
  rule: 'failed a rule',
  judge: 'failed by the judge',
  near_duplicate_of_test_set: 'too like the test set',
  near_duplicate_of_row: 'too like another row',
};

function Dropped({ targeted: { dropped } }: { targeted: TargetedStats }) {
  const entries = (Object.keys(droppedWords) as DroppedFor[]).filter((name) => (dropped[name] ?? 0) > 0);
  return (
    <>
      <h3 className={styles.small}>Dropped</h3>
      {entries.length === 0 ? (
        <p className={styles.dim}>No row.</p>
      ) : (
        <ul className={styles.plainList} aria-label="Rows dropped">
          {entries.map((name) => (
            <li key={name}>
              {countText(dropped[name])} {droppedWords[name]}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Examples of what leaked that are shown. */
const EXAMPLES = 5;
const LONGEST = 160;

function Leakage({ leakage }: { leakage: TargetedStats['leakage'] }) {
  const { test_rows, threshold, removed, examples } = leakage;
  return (
    <>
      <h3 className={styles.small}>Leakage</h3>
      <p style={{ margin: 0 }}>
        Held against {countText(test_rows)} prompts of the test set:{' '}
        {removed === 0
          ? 'no row was too like one of them'
          : `${countText(removed)} ${removed === 1 ? 'row was' : 'rows were'} too like one of them, and taken out`}{' '}
        <span className={styles.dim}>(likeness from {percentText(threshold)} of the word shingles on)</span>.
      </p>
      {examples.length > 0 && (
        <ul className={styles.plainList} aria-label="Examples of leakage">
          {examples.slice(0, EXAMPLES).map(({ prompt, like, similarity }) => (
            <li key={`${like} ${prompt}`}>
              “{oneLine(prompt, LONGEST)}”{' '}
              <span className={styles.dim}>
                is {percentText(similarity)} like {oneLine(like, LONGEST)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
