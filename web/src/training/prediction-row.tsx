/** One prediction as a row of the table, and in full below it once it is opened. */

import { ActionIcon, Table } from '@mantine/core';
import type { Prediction } from '../../../src/contracts/predictions.ts';
import { momentText } from '../app/figures.ts';
import { ChevronDown, ChevronRight } from '../app/icons.tsx';
import { countText, oneLine } from '../grid/cell-text.ts';
import { WholePrediction, WholeText } from './prediction-text.tsx';
import styles from './predictions.module.css';
import {
  epochText,
  evaluationText,
  figureText,
  perplexityText,
  rungWords,
  scoreNamesOf,
  scoreText,
} from './score-words.ts';

/** Characters of a text that stand in its cell; the stylesheet shows as many as there is room for. */
const IN_CELL = 240;

interface RowProps {
  row: Prediction;
  /** Of its prompt, what tells it apart. */
  prompt: string;
  /** Names of the scores that have a column. */
  scores: readonly string[];
  open: boolean;
  toggle: () => void;
}

export function PredictionRow({ row, prompt, scores, open, toggle }: RowProps) {
  return (
    <>
      <Table.Tr data-error={row.error !== null || undefined} className={styles.row!}>
        <Table.Td>
          <ActionIcon
            size="sm"
            aria-expanded={open}
            aria-label={`Sample ${row.sample_index} at ${evaluationText(row)} in full`}
            onClick={toggle}
          >
            {open ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
          </ActionIcon>
        </Table.Td>
        <Table.Td ta="right">{epochText(row.epoch)}</Table.Td>
        <Table.Td ta="right">{countText(row.step)}</Table.Td>
        <Table.Td ta="right">{row.sample_index}</Table.Td>
        <CellText text={prompt} />
        {row.prediction === null ? (
          <Table.Td>
            <div className={styles.cellError}>
              <b>Error</b> {oneLine(row.error ?? 'The trainer gave no reason.', IN_CELL)}
            </div>
          </Table.Td>
        ) : (
          <CellText text={row.prediction} />
        )}
        <CellText text={row.ground_truth} />
        {scores.map((name) => (
          <Table.Td key={name} ta="right">
            <Score value={row.scores[name]} />
          </Table.Td>
        ))}
      </Table.Tr>
      {open && (
        <Table.Tr>
          <Table.Td colSpan={7 + scores.length} p={0}>
            <Whole row={row} />
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}

function CellText({ text }: { text: string }) {
  const line = oneLine(text, IN_CELL);
  return (
    <Table.Td>
      {line === '' ? <span className={styles.dim}>(empty text)</span> : <div className={styles.cellText}>{line}</div>}
    </Table.Td>
  );
}

function Score({ value }: { value: number | null | undefined }) {
  const none = value === null || value === undefined;
  return <span data-score={none ? 'none' : value >= 1 ? 'full' : 'part'}>{figureText(value)}</span>;
}

function Whole({ row }: { row: Prediction }) {
  const { truth_nll: nll, dtype_rung: rung } = row;
  const facts: [string, string][] = [
    ...scoreNamesOf([row]).map((name): [string, string] => [scoreText(name), figureText(row.scores[name])]),
    ['Loss on the truth', nll === null ? '–' : `${figureText(nll)} nats a token`],
    ['Perplexity of the truth', nll === null ? '–' : perplexityText(nll)],
    ['Generated', rung === null ? '–' : rungWords[rung]],
    ['Made at', `${evaluationText(row)} (${row.hook}), ${momentText(row.created_at)}`],
    ['Sample', row.sample_id === null ? String(row.sample_index) : `${row.sample_index}, ${row.sample_id}`],
  ];
  return (
    <section aria-label={`Sample ${row.sample_index} at ${evaluationText(row)}`} className={styles.whole}>
      <div className={styles.wholeTexts}>
        <div>
          <h2>Prompt</h2>
          <WholeText text={row.prompt} />
        </div>
        <div>
          <h2>Prediction</h2>
          <WholePrediction of={row} />
        </div>
        <div>
          <h2>Truth</h2>
          <WholeText text={row.ground_truth} />
        </div>
      </div>
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt> <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
