/** What an analysis will take, step by step, asked for while its form is filled in; what is not known is said to be unknown. */

import { Table } from '@mantine/core';
import type { AnalysisEstimate } from '../../../src/contracts/analyses.ts';
import { EstimateFrame } from '../app/estimate-frame.tsx';
import { costText, durationText, roughText } from '../app/figures.ts';
import { type Estimated, useEstimate } from '../app/use-estimate.ts';
import { WideTable } from '../app/wide-table.tsx';
import { countText } from '../grid/cell-text.ts';
import styles from './analyses.module.css';
import type { AnalysisBody } from './new-analysis.ts';
import { stepNames } from './step-words.ts';

/** null: there is none to ask for. */
export const useAnalysisEstimate = (body: AnalysisBody | null) =>
  useEstimate<AnalysisEstimate>('/api/analyses/estimate', body);

interface EstimateProps {
  state: Estimated<AnalysisEstimate>;
  /** Why there is none to ask for yet; null: there is. */
  missing: string | null;
  /** Whether the refusal stands at a field already. */
  refused: boolean;
}

export function AnalysisEstimateView({ state, missing, refused }: EstimateProps) {
  return (
    <EstimateFrame state={state} missing={missing} fault="Such an analysis cannot be started" refused={refused}>
      {(estimate) => <Steps estimate={estimate} />}
    </EstimateFrame>
  );
}

const known = (value: number | null, write: (value: number) => string) => (value === null ? 'unknown' : write(value));

/** The sum, where every step knows its own. */
const sumOf = (values: (number | null)[]): number | null =>
  values.some((value) => value === null) ? null : values.reduce<number>((sum, value) => sum + value!, 0);

function Steps({ estimate: { steps } }: { estimate: AnalysisEstimate }) {
  return (
    <WideTable label="Estimate by step" from={520} verticalSpacing={4} fz="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Step</Table.Th>
          <Table.Th ta="right">Calls</Table.Th>
          <Table.Th ta="right">Tokens in</Table.Th>
          <Table.Th ta="right">Tokens out</Table.Th>
          <Table.Th ta="right">Time</Table.Th>
          <Table.Th ta="right">Cost</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {steps.map(({ step, basis, ...figures }) => (
          <Row key={step} name={stepNames[step]} basis={basis} {...figures} />
        ))}
        {steps.length > 1 && (
          <Row
            name="Together"
            calls={sumOf(steps.map(({ calls }) => calls))}
            prompt_tokens={sumOf(steps.map((each) => each.prompt_tokens))}
            completion_tokens={sumOf(steps.map((each) => each.completion_tokens))}
            seconds={sumOf(steps.map(({ seconds }) => seconds))}
            cost={sumOf(steps.map(({ cost }) => cost))}
          />
        )}
      </Table.Tbody>
    </WideTable>
  );
}

type Figures = Omit<AnalysisEstimate['steps'][number], 'step' | 'basis'> & { name: string; basis?: string };

function Row({ name, basis, calls, prompt_tokens, completion_tokens, seconds, cost }: Figures) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={basis === undefined ? 600 : 400}>
        {name}
        {basis !== undefined && basis !== '' && <div className={styles.dim}>{basis}</div>}
      </Table.Th>
      <Table.Td ta="right">{known(calls, countText)}</Table.Td>
      <Table.Td ta="right">{known(prompt_tokens, roughText)}</Table.Td>
      <Table.Td ta="right">{known(completion_tokens, roughText)}</Table.Td>
      <Table.Td ta="right">{known(seconds, durationText)}</Table.Td>
      <Table.Td ta="right">{known(cost, costText)}</Table.Td>
    </Table.Tr>
  );
}
