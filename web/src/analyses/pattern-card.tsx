/** One pattern in whole: what it is, why it may be so, how far its name is to be trusted, where it happens, examples. */

import { Alert, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { WholeAnalysis } from '../../../src/contracts/analyses.ts';
import type { Pattern } from '../../../src/contracts/mining.ts';
import { countText, percentText } from '../grid/cell-text.ts';
import { rateWords } from '../judging/judge-text.tsx';
import styles from './analyses.module.css';
import { FailuresAt } from './failure-list.tsx';
import { PatternActions } from './pattern-actions.tsx';
import { MarkSign, Severity } from './pattern-text.tsx';
import { type Found, labelWarning, titleOf } from './pattern-words.ts';

export interface PatternCardProps {
  analysis: WholeAnalysis;
  clustering: string | null;
  found: Found;
  /** Narrows the failures below to one category or model; the same again ends that. */
  narrow: (to: { category: string } | { model: string }) => void;
}

export function PatternCard(props: PatternCardProps) {
  const { analysis, clustering, found } = props;
  const { cluster, pattern } = found;
  return (
    <section className={styles.pattern} aria-label={`Pattern: ${titleOf(found)}`}>
      <header className={styles.patternHead}>
        <MarkSign cluster={cluster.cluster} />
        <h3>{titleOf(found)}</h3>
        <Severity severity={pattern?.severity ?? null} />
        <span className={styles.dim}>
          {countText(cluster.size)} failures, {percentText(cluster.share)} of all
        </span>
      </header>
      {pattern !== null && <Doubt pattern={pattern} />}
      <PatternActions {...props} />
      <div className={styles.columns}>
        <div>{pattern === null ? <Unnamed other={cluster.cluster < 0} /> : <Told pattern={pattern} />}</div>
        <div>
          <Terms found={found} />
          <Shares {...props} name="By category" counts={cluster.categories} as="category" />
          {analysis.model_ids.length > 1 && <Shares {...props} name="By model" counts={cluster.models} as="model" />}
          {pattern !== null && <LabelTest pattern={pattern} />}
        </div>
      </div>
      {cluster.central.length > 0 && (
        <Examples name="Central examples" about="most like the rest of the pattern">
          <FailuresAt analysis={analysis} clustering={clustering} ordinals={cluster.central} label="Central examples" />
        </Examples>
      )}
      {cluster.edge.length > 0 && (
        <Examples name="Examples at its edge" about="nearest to another pattern">
          <FailuresAt analysis={analysis} clustering={clustering} ordinals={cluster.edge} label="Edge examples" />
        </Examples>
      )}
    </section>
  );
}

function Doubt({ pattern }: { pattern: Pattern }) {
  const warning = labelWarning(pattern);
  if (warning === null) return null;
  return (
    <Alert color="yellow" variant="light" p="xs" role="status">
      <Text size="sm" c="var(--ink)">
        {warning}
      </Text>
    </Alert>
  );
}

function Unnamed({ other }: { other: boolean }) {
  return (
    <p className={styles.dim}>
      {other
        ? 'Failures that are like no others. They are no pattern, and no data is made for them.'
        : 'Not named yet.'}
    </p>
  );
}

const texts = [
  ['What it is', 'description'],
  ['Why the model may fail so', 'hypothesis'],
  ['Data that would mend it', 'data'],
] as const;

function Told({ pattern }: { pattern: Pattern }) {
  const said = texts.filter(([, name]) => pattern[name].trim() !== '');
  if (said.length === 0) return <p className={styles.dim}>Nothing is said of it but its terms.</p>;
  return (
    <dl className={styles.told}>
      {said.map(([head, name]) => (
        <div key={name}>
          <dt>{head}</dt>
          <dd>{pattern[name]}</dd>
        </div>
      ))}
    </dl>
  );
}

function Terms({ found }: { found: Found }) {
  const { terms } = found.cluster;
  if (terms.length === 0) return null;
  return (
    <>
      <h4 className={styles.small}>Characteristic terms</h4>
      <ul className={styles.terms} aria-label="Characteristic terms">
        {terms.map(({ term, weight }) => (
          <li key={term} title={`weight ${weight.toPrecision(2)}`}>
            {term}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Categories or models that get a bar; the rest is summed up. */
const SHOWN = 6;

function Shares({
  name,
  counts,
  as,
  narrow,
  found,
}: PatternCardProps & {
  name: string;
  counts: Record<string, number>;
  as: 'category' | 'model';
}) {
  const entries = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  if (entries.length === 0) return null;
  const size = Math.max(1, found.cluster.size);
  const rest = entries.slice(SHOWN).reduce((sum, [, count]) => sum + count, 0);
  return (
    <>
      <h4 className={styles.small}>{name}</h4>
      <ul className={styles.plainList} aria-label={name}>
        {entries.slice(0, SHOWN).map(([value, count]) => (
          <li key={value}>
            <button
              type="button"
              className={styles.share}
              style={{ '--share': `${(count / size) * 100}%` } as React.CSSProperties}
              onClick={() => narrow(as === 'category' ? { category: value } : { model: value })}
            >
              <span>{value}</span>
              <span>
                {countText(count)} · {percentText(count / size)}
              </span>
            </button>
          </li>
        ))}
        {rest > 0 && <li className={styles.dim}>and {countText(rest)} in others</li>}
      </ul>
    </>
  );
}

function LabelTest({ pattern: { test, tries } }: { pattern: Pattern }) {
  if (test === null) return null;
  return (
    <>
      <h4 className={styles.small}>How the label does on rows held out</h4>
      <p className={styles.figures}>
        Precision {rateWords(test.precision, test.precision_ci)}
        <br />
        Recall {rateWords(test.recall, test.recall_ci)}
        <br />
        <span className={styles.dim}>
          {countText(test.n)} rows, by {test.judge}, who saw the label alone
          {test.unreadable > 0 && `; ${countText(test.unreadable)} without a readable verdict`}
          {tries.length > 0 && `; tried before: ${tries.map(({ title }) => `“${title}”`).join(', ')}`}
        </span>
      </p>
    </>
  );
}

function Examples({ name, about, children }: { name: string; about: string; children: ReactNode }) {
  return (
    <details className={styles.examples}>
      <summary>
        {name} <span className={styles.dim}>{about}</span>
      </summary>
      {children}
    </details>
  );
}
