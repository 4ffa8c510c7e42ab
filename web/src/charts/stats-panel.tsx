/** Figures of the right column: decisions, speed, latency and tokens of what the grid shows. */

import { useMemo } from 'react';
import type { Stats } from '../../../src/contracts/workbench.ts';
import { useLiveRefresh, useStats } from '../api/queries.ts';
import { coloursOf } from '../app/palette.ts';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { countText, timeText } from '../grid/cell-text.ts';
import type { StatsPanelProps } from '../workbench/slots.ts';
import { conditions, filterParams } from '../workbench/view.ts';
import styles from './charts.module.css';
import { DecisionBars } from './decision-bars.tsx';
import { HistogramChart } from './histogram-chart.tsx';
import { SpeedChart } from './speed-chart.tsx';

const everything = new URLSearchParams();

export function StatsPanel({ dataset, view, change }: StatsPanelProps) {
  const id = dataset?.id ?? null;
  const stats = useStats(id, filterParams(view));
  const colourOf = useColours(useStats(id, everything).data);
  // The grid has them fetched again itself.
  useLiveRefresh(['stats'], view.middle === 'answers' ? null : id);
  return (
    <section className={styles.panel} aria-label="Figures" aria-busy={stats.isFetching}>
      <SpeedChart />
      {id !== null && stats.isPending && <Waiting what="figures" />}
      {stats.isError && <Fault error={stats.error} again={() => void stats.refetch()} />}
      {stats.data?.models.length === 0 && <Nothing>Figures appear with the first answers.</Nothing>}
      {stats.data && stats.data.models.length > 0 && (
        <>
          <DecisionBars
            stats={stats.data}
            decided={view.decided}
            setDecided={(decided) => change({ decided, middle: 'answers', item: null })}
            colourOf={colourOf}
          />
          <HistogramChart title="Latency" models={binsOf(stats.data, 'latency')} say={timeText} />
          <HistogramChart title="Tokens of an answer" models={binsOf(stats.data, 'tokens')} say={sayTokens} />
          {conditions(view) > 0 && <Nothing>Of the rows that the filter lets through.</Nothing>}
        </>
      )}
    </section>
  );
}

const sayTokens = (tokens: number) => countText(Math.round(tokens));

function binsOf({ models }: Stats, which: 'latency' | 'tokens') {
  return models.map((model) => ({ name: model.model_id, bins: model[which] }));
}

/** As in the grid: by how often each value was decided, over all models and rows. */
function useColours(stats: Stats | undefined) {
  return useMemo(() => {
    const counts = new Map<string, number>();
    for (const { value, count } of (stats?.models ?? []).flatMap(({ decisions }) => decisions)) {
      if (value !== null) counts.set(value, (counts.get(value) ?? 0) + count);
    }
    return coloursOf([...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value));
  }, [stats]);
}
