/** The patterns as a list: the legend of the map, and the same choice by keyboard. */

import type { WholeAnalysis } from '../../../src/contracts/analyses.ts';
import { countText, percentText } from '../grid/cell-text.ts';
import styles from './analyses.module.css';
import { MarkSign, Severity } from './pattern-text.tsx';
import { type Found, labelWarning, titleOf } from './pattern-words.ts';

interface PatternListProps {
  analysis: WholeAnalysis;
  chosen: number | null;
  choose: (cluster: number | null) => void;
}

interface Level {
  title: string | null;
  size: number;
  found: Found[];
}

export function PatternList({ analysis, chosen, choose }: PatternListProps) {
  return (
    <div className={styles.patterns}>
      {levelsOf(analysis).map(({ title, size, found }) => (
        <div key={found[0]!.cluster.cluster}>
          {title !== null && (
            <h3 className={styles.level}>
              {title} <span className={styles.dim}>{countText(size)}</span>
            </h3>
          )}
          <ul aria-label={title === null ? 'Patterns' : `Patterns: ${title}`} className={styles.plainList}>
            {found.map((each) => (
              <li key={each.cluster.cluster}>
                <PatternChoice
                  found={each}
                  chosen={each.cluster.cluster === chosen}
                  choose={() => choose(each.cluster.cluster === chosen ? null : each.cluster.cluster)}
                />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}

function PatternChoice({ found, chosen, choose }: { found: Found; chosen: boolean; choose: () => void }) {
  const { cluster, pattern } = found;
  const doubtful = pattern !== null && labelWarning(pattern) !== null;
  return (
    <button type="button" className={styles.choice} aria-pressed={chosen} onClick={choose}>
      <MarkSign cluster={cluster.cluster} />
      <span className={styles.choiceTitle}>
        {cluster.cluster >= 0 && <span className={styles.dim}>{cluster.cluster + 1} </span>}
        {titleOf(found)}
      </span>
      {doubtful && (
        <span className={styles.doubt} title="This label is not to be relied on">
          <span aria-hidden="true">?</span>
          <span className="visually-hidden">label not to be relied on</span>
        </span>
      )}
      <Severity severity={pattern?.severity ?? null} />
      <span className={styles.choiceSize}>
        {countText(cluster.size)} <span className={styles.dim}>{percentText(cluster.share)}</span>
      </span>
    </button>
  );
}

/** Two levels where they say something: several groups, and one of them with more than one pattern. */
function levelsOf({ found, groups }: WholeAnalysis): Level[] {
  const tells = groups.length > 1 && groups.some(({ clusters }) => clusters.length > 1);
  if (!tells) return found.length === 0 ? [] : [{ title: null, size: 0, found }];
  const of = (clusters: readonly number[]) => found.filter(({ cluster }) => clusters.includes(cluster.cluster));
  const grouped = new Set(groups.flatMap(({ clusters }) => clusters));
  const rest = found.filter(({ cluster }) => !grouped.has(cluster.cluster));
  return [
    ...groups.map(({ title, size, clusters }) => ({ title, size, found: of(clusters) })),
    { title: 'Like nothing else', size: rest.reduce((sum, { cluster }) => sum + cluster.size, 0), found: rest },
  ].filter((level) => level.found.length > 0);
}
