/** What the pointer is on: the failure's pattern, question and reason, fetched once the pointer rests. */

import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { WholeAnalysis } from '../../../src/contracts/analyses.ts';
import { oneLine } from '../grid/cell-text.ts';
import styles from './analyses.module.css';
import type { Corner, Size } from './map-points.ts';
import { MarkSign } from './pattern-text.tsx';
import { titleOf } from './pattern-words.ts';
import { failureQuery } from './use-analyses.ts';

interface MapHoverProps {
  analysis: WholeAnalysis;
  clustering: string | null;
  ordinal: number;
  cluster: number;
  at: Corner;
  size: Size;
}

const REST_MS = 120;
const WIDTH = 300;
const GAP = 14;
const LONGEST = 220;

export function MapHover({ analysis, clustering, ordinal, cluster, at, size }: MapHoverProps) {
  const [rested] = useDebouncedValue(ordinal, REST_MS);
  const failure = useQuery({ ...failureQuery(analysis.id, clustering, rested), enabled: rested === ordinal });
  const shown = rested === ordinal ? failure.data : undefined;
  const found = analysis.found.find((each) => each.cluster.cluster === cluster);
  const width = Math.min(WIDTH, size.width - 2 * GAP);
  const left = Math.max(GAP, Math.min(at[0] - width / 2, size.width - width - GAP));
  const above = at[1] > size.height / 2;
  return (
    <div
      role="status"
      className={styles.hover}
      style={{ width, left, ...(above ? { bottom: size.height - at[1] + GAP } : { top: at[1] + GAP }) }}
    >
      <p className={styles.hoverTitle}>
        <MarkSign cluster={cluster} /> {found === undefined ? 'Other' : titleOf(found)}
      </p>
      {shown === undefined && <p className={styles.dim}>Loading …</p>}
      {shown === null && <p className={styles.dim}>This failure is not there any more.</p>}
      {shown && (
        <>
          <p>{oneLine(shown.prompt, LONGEST)}</p>
          <p className={styles.dim}>
            {shown.reason === null ? 'No reason was given.' : oneLine(shown.reason, LONGEST)}
          </p>
        </>
      )}
    </div>
  );
}
