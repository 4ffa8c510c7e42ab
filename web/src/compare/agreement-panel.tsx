/** How far the models agree: over all, by pair, by category and field, who is right, and who says what against whom. */

import { Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import type { Agreement } from '../../../src/contracts/workbench.ts';
import { getJson } from '../api/client.ts';
import { useLiveRefresh } from '../api/queries.ts';
import { Fault, Waiting } from '../app/states.tsx';
import { FilterPills } from '../grid/filter-pills.tsx';
import { useFacts } from '../grid/use-facts.ts';
import type { MiddleProps } from '../workbench/middle.tsx';
import { filterParams } from '../workbench/view.ts';
import styles from './compare.module.css';
import { Confusion } from './confusion.tsx';
import { Overall } from './overall.tsx';
import { PairTable } from './pair-table.tsx';
import { RightTable } from './right-table.tsx';
import { SliceTable } from './slice-table.tsx';

export interface AgreementPanelProps extends MiddleProps {
  dataset: DatasetObject;
}

export function AgreementPanel({ view, change, dataset }: AgreementPanelProps) {
  const facts = useFacts(dataset.id);
  const filter = filterParams(view);
  useLiveRefresh(['agreement'], dataset.id, 5000);
  const query = useQuery<Agreement>({
    queryKey: ['agreement', dataset.id, filter.toString(), view.field],
    placeholderData: (before, query) => (query?.queryKey[1] === dataset.id ? before : undefined),
    queryFn: ({ signal }) => {
      const params = new URLSearchParams(filter);
      params.set('dataset_id', dataset.id);
      if (view.field !== null) params.set('field', view.field);
      return getJson<Agreement>('/admin/workbench/agreement', { query: params, signal });
    },
  });
  const agreement = query.data;
  return (
    <div className={styles.panel}>
      <div className={styles.head}>
        <Select
          label="Agreement on"
          w="14rem"
          searchable
          clearable={view.field !== null}
          data={[{ value: '', label: 'the decision' }, ...facts.fields.map((path) => ({ value: path, label: path }))]}
          value={view.field ?? ''}
          onChange={(field) => change({ field: field || null })}
        />
        <FilterPills view={view} change={change} />
      </div>
      {query.isPending && <Waiting what="the agreement" />}
      {query.isError && <Fault error={query.error} again={() => void query.refetch()} />}
      {agreement && agreement.pairs.length === 0 && (
        <Text c="dimmed" size="sm">
          Agreement is between two models or more. Run another one over this dataset, or import its answers.
        </Text>
      )}
      {agreement && agreement.pairs.length > 0 && (
        <div className={styles.figures} data-old={query.isPlaceholderData || undefined}>
          <Overall agreement={agreement} view={view} change={change} />
          <PairTable agreement={agreement} view={view} change={change} />
          {agreement.right && <RightTable right={agreement.right} judged={agreement.judged ?? {}} />}
          <Confusion dataset={dataset} view={view} change={change} pairs={agreement.pairs} colourOf={facts.colourOf} />
          <SliceTable
            title="By category"
            head="Category"
            rows={agreement.by_category.map(({ category, ...rest }) => ({
              name: category ?? 'none',
              value: category,
              ...rest,
            }))}
            choose={(category) => change({ category: [category], middle: 'answers' })}
          />
          <SliceTable
            title="By field"
            head="Field"
            rows={agreement.by_field.map(({ field, ...rest }) => ({ name: field, value: field, ...rest }))}
            choose={(field) => change({ differsAt: [field], middle: 'answers' })}
          />
        </div>
      )}
    </div>
  );
}
