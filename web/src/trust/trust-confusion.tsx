/** What people say by row against what the judge says by column; each cell leads to the rows it counts. */

import { Link } from 'react-router';
import type { AgreementObject } from '../../../src/contracts/trust.ts';
import { countText } from '../grid/cell-text.ts';
import { confusionTable } from './confusion-table.ts';
import styles from './trust.module.css';
import { rowsLink } from './trust-text.ts';

interface TrustConfusionProps {
  agreement: AgreementObject;
  pairs: boolean;
  judgeRunId: string;
  /** Which rows the cells lead to. */
  rows: { labels: string; threshold: number | null; judge: string | null };
}

const nameOf = (says: string | null) => says ?? 'unusable';

export function TrustConfusion({ agreement, pairs, judgeRunId, rows: asked }: TrustConfusionProps) {
  if (agreement.n === 0) return null;
  const { rows, columns, count, rowSum, columnSum, most } = confusionTable(
    agreement.confusion,
    pairs ? 'pairs' : 'answers',
  );
  return (
    <section className={styles.part} aria-labelledby="trust-confusion">
      <h3 id="trust-confusion">People against the judge</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by keyboard */}
      <section className={styles.wide} tabIndex={0} aria-label="People against the judge, table">
        <table className={styles.matrix}>
          <caption className="visually-hidden">What people say by row against what the judge says by column</caption>
          <thead>
            <tr>
              <td />
              {columns.map((judge) => (
                <th key={nameOf(judge)} scope="col">
                  judge: {nameOf(judge)}
                </th>
              ))}
              <th scope="col" className={styles.sum}>
                all
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((human) => (
              <tr key={human}>
                <th scope="row">people: {human}</th>
                {columns.map((judge) => (
                  <td
                    key={nameOf(judge)}
                    data-same={human === judge || undefined}
                    style={{ '--share': most === 0 ? 0 : count(human, judge) / most } as React.CSSProperties}
                  >
                    <CellCount
                      n={count(human, judge)}
                      said={`people say ${human}, the judge says ${nameOf(judge)}`}
                      to={rowsLink({ judgeRunId, human, says: judge, ...asked })}
                    />
                  </td>
                ))}
                <td className={styles.sum}>
                  <span>{countText(rowSum(human))}</span>
                </td>
              </tr>
            ))}
            <tr className={styles.sum}>
              <th scope="row">all</th>
              {columns.map((judge) => (
                <td key={nameOf(judge)}>
                  <span>{countText(columnSum(judge))}</span>
                </td>
              ))}
              <td>
                <span>{countText(agreement.n)}</span>
              </td>
            </tr>
          </tbody>
        </table>
      </section>
      {pairs && (
        <p className={styles.note}>a is the answer of the run that is judged, b that of the run it is compared with.</p>
      )}
    </section>
  );
}

function CellCount({ n, said, to }: { n: number; said: string; to: string }) {
  if (n === 0) return <span>{countText(n)}</span>;
  return (
    <Link to={to} onClick={() => setTimeout(showRows)} aria-label={`${countText(n)}: ${said}. Show them`}>
      {countText(n)}
    </Link>
  );
}

/** The rows are further down on the same page. */
const showRows = () => document.getElementById('rows')?.scrollIntoView();
