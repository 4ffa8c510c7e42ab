/** Agreement of a judge with people for each part of the answers, as a table. */

import { Table } from '@mantine/core';
import type { TrustPanel } from '../../../src/contracts/trust.ts';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import styles from './trust.module.css';
import { type CountedShare, kappaInterval, kappaText, levelNames, shareInterval, shareText } from './trust-text.ts';

interface AgreementGroupsProps {
  title: string;
  head: string;
  groups: TrustPanel['categories'];
  pairs: boolean;
}

export function AgreementGroups({ title, head, groups, pairs }: AgreementGroupsProps) {
  if (groups.length === 0) return null;
  return (
    <section className={styles.part} aria-label={title}>
      <h3>{title}</h3>
      <WideTable label={`${title}, table`} from={pairs ? 520 : 720} fz="xs" verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{head}</Table.Th>
            <Table.Th ta="right">Labels</Table.Th>
            <Table.Th>Kappa</Table.Th>
            <Table.Th>Accuracy</Table.Th>
            {!pairs && <Table.Th>TPR</Table.Th>}
            {!pairs && <Table.Th>TNR</Table.Th>}
            <Table.Th>Verdict</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {groups.map(({ group, n, kappa, kappa_ci, accuracy, verdict, ...rates }) => (
            <Table.Tr key={group}>
              <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
                {group}
              </Table.Th>
              <Table.Td ta="right">{countText(n)}</Table.Td>
              <Table.Td>
                <b>{kappaText(kappa)}</b>{' '}
                <span className={styles.dim}>{kappa !== null && kappaInterval(kappa_ci)}</span>
              </Table.Td>
              <ShareCell share={accuracy} />
              {!pairs && <ShareCell share={rates.true_positive_rate} />}
              {!pairs && <ShareCell share={rates.true_negative_rate} />}
              <Table.Td title={verdict.words}>
                {verdict.chance === true ? 'No better than chance' : levelNames[verdict.level]}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
    </section>
  );
}

function ShareCell({ share }: { share: CountedShare | null }) {
  if (share === null) return <Table.Td>–</Table.Td>;
  return (
    <Table.Td>
      <b>{shareText(share)}</b> <span className={styles.dim}>{share.n > 0 && shareInterval(share.interval)}</span>
    </Table.Td>
  );
}
