/** What judging many answers a call cost and saved: agreement with the same answers judged alone, calls and tokens spared. */

import { Table, Title } from '@mantine/core';
import type { JudgeRunObject } from '../../../src/contracts/judging.ts';
import { roughText } from '../app/figures.ts';
import { countText, percentText } from '../grid/cell-text.ts';
import { type Saved, savedBy } from './judge-progress.ts';
import styles from './judging.module.css';
import { isGoing, useChecks } from './use-judging.ts';

export function BatchingCheckView({ run }: { run: JudgeRunObject }) {
  const checks = useChecks(run.id, !isGoing(run));
  const saved = savedBy(run, checks.data ?? []);
  return (
    <section aria-label="What batching costs and saves">
      <Title order={2} mb="xs">
        What batching costs and saves
      </Title>
      <Table fz="xs">
        <Table.Tbody>
          {[...agreementRows(run), ...savedRows(saved)].map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500}>
                {name}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <p className={styles.dim}>
        A drawn share of the answers is judged alone as well. Kappa is the agreement of passing beyond chance: 1 is
        perfect, 0 is chance. Calls become smaller by themselves when it is too low.
      </p>
    </section>
  );
}

type Row = [name: string, value: string];

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
const plain = (value: number) => value.toFixed(2).replace('-', '−');

function agreementRows({ check }: JudgeRunObject): Row[] {
  if (check === null || check.n === 0) return [['Agreement', 'no answer was judged alone as well yet']];
  const { n, kappa, kappa_ci, mean_difference, batch_size } = check;
  const interval = kappa_ci === null ? '' : `, between ${plain(kappa_ci[0])} and ${plain(kappa_ci[1])}`;
  return [
    ['Kappa', `${kappa === null ? 'not defined: all passed, or none' : plain(kappa)}${interval}`],
    ['Judged alone as well', `${countText(n)} answers`],
    ['Batched minus alone', mean_difference === null ? 'unknown' : `${signed(mean_difference)} in the mean score`],
    ['Answers a call now', countText(batch_size)],
  ];
}

function savedRows({ calls, callsAlone, tokens, tokensAlone }: Saved): Row[] {
  const spared = (used: number, alone: number) =>
    alone > used ? `${percentText(1 - used / alone)} saved` : 'nothing saved';
  return [
    ['Calls', `${countText(calls)} in place of ${countText(callsAlone)} one by one: ${spared(calls, callsAlone)}`],
    [
      'Tokens',
      tokensAlone === null
        ? `${roughText(tokens)}; what one by one takes is not known, as no answer was judged alone`
        : `${roughText(tokens)} in place of about ${roughText(tokensAlone)} one by one: ${spared(tokens, tokensAlone)}`,
    ],
  ];
}
