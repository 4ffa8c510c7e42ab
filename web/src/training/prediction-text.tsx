/** What a model said of a sample: its text, that it said nothing, or why nothing could be made; and words apart from another text. */

import { useMemo } from 'react';
import type { Prediction } from '../../../src/contracts/predictions.ts';
import { DiffText } from '../item/word-diff.tsx';
import { wordsApart } from '../item/words-apart.ts';
import styles from './predictions.module.css';

type Said = Pick<Prediction, 'prediction' | 'error'>;

/** The whole text as it is, its white space kept. */
export function WholeText({ text }: { text: string }) {
  if (text === '') return <p className={styles.dim}>(empty text)</p>;
  return <div className={styles.text}>{text}</div>;
}

/** Why there is no prediction, in full. */
export function NotMade({ error }: { error: string | null }) {
  return (
    <div className={styles.notMade}>
      <b>Could not be made</b>
      <pre>{error ?? 'The trainer gave no reason.'}</pre>
    </div>
  );
}

/** A trainer may give a text and still say that something went wrong with it. */
export function WholePrediction({ of: { prediction, error } }: { of: Said }) {
  if (prediction === null) return <NotMade error={error} />;
  return (
    <>
      <WholeText text={prediction} />
      {error !== null && <p className={styles.dim}>The trainer says of it: {error}</p>}
    </>
  );
}

interface WordsBetweenProps {
  before: string;
  after: string;
  /** What the struck words are of. */
  name: string;
}

/** A text with the words marked that it has more or less than another one. */
export function WordsBetween({ before, after, name }: WordsBetweenProps) {
  const { parts, cut } = useMemo(() => wordsApart(before, after), [before, after]);
  if (before === after) {
    return (
      <>
        <WholeText text={after} />
        <p className={styles.dim}>The same as {name}.</p>
      </>
    );
  }
  return (
    <>
      {parts === null ? (
        <>
          <WholeText text={after} />
          <p className={styles.dim}>It has next to nothing in common with {name}.</p>
        </>
      ) : (
        <DiffText parts={parts} />
      )}
      {cut && <p className={styles.dim}>Only the first 20,000 characters of each are compared.</p>}
    </>
  );
}
