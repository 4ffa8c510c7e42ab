/** What filters can choose from: the decisions, fields and models that the answers of a dataset have. */

import { useMemo } from 'react';
import { useLiveRefresh, useStats } from '../api/queries.ts';
import { coloursOf } from '../app/palette.ts';

export interface Facts {
  /** Most frequent first. */
  decisions: { value: string; count: number }[];
  fields: string[];
  models: string[];
  /** Whether a cell of this decision has this colour everywhere on the page. */
  colourOf: (decision: string | null) => string;
}

const everything = new URLSearchParams();

export function useFacts(datasetId: string | null): Facts {
  useLiveRefresh(['stats'], datasetId);
  const stats = useStats(datasetId, everything).data;
  return useMemo(() => {
    const counts = new Map<string, number>();
    for (const model of stats?.models ?? []) {
      for (const { value, count } of model.decisions) {
        if (value !== null) counts.set(value, (counts.get(value) ?? 0) + count);
      }
    }
    const decisions = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
    return {
      decisions,
      fields: (stats?.fields ?? []).map(({ path }) => path),
      models: (stats?.models ?? []).map(({ model_id }) => model_id),
      colourOf: coloursOf(decisions.map(({ value }) => value)),
    };
  }, [stats]);
}
