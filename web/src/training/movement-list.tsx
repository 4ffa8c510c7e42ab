/** The samples of a job by how they moved over its evaluations: counts that narrow the list, and the list itself, gone through by arrows. */

import { Button } from '@mantine/core';
import { type KeyboardEvent, memo, useEffect, useRef } from 'react';
import type { MovementPage, SampleMovement } from '../../../src/contracts/predictions.ts';
import { countText, oneLine } from '../grid/cell-text.ts';
import { distinctTexts } from './distinct-texts.ts';
import styles from './predictions.module.css';
import type { MarkView } from './predictions-view.ts';
import { sampleByKey } from './sample-keys.ts';
import { type Movement, movementMeanings, movementWords, shownMovements } from './score-words.ts';

interface CountsProps {
  counts: MovementPage['counts'];
  chosen: Movement | null;
  choose: (movement: Movement | null) => void;
}

/** How many samples moved in which way; each narrows the list to its own. */
export function MovementCounts({ counts, chosen, choose }: CountsProps) {
  const all = shownMovements.reduce((sum, movement) => sum + (counts[movement] ?? 0), 0);
  return (
    <fieldset aria-label="How samples moved" className={styles.movements}>
      <button type="button" className={styles.movement} aria-pressed={chosen === null} onClick={() => choose(null)}>
        All <b>{countText(all)}</b>
      </button>
      {shownMovements
        .filter((movement) => movement !== 'unknown' || chosen === movement || (counts[movement] ?? 0) > 0)
        .map((movement) => (
          <button
            key={movement}
            type="button"
            className={styles.movement}
            data-movement={movement}
            title={movementMeanings[movement]}
            aria-pressed={chosen === movement}
            onClick={() => choose(chosen === movement ? null : movement)}
          >
            {movementWords[movement]} <b>{countText(counts[movement] ?? 0)}</b>
          </button>
        ))}
    </fieldset>
  );
}

interface ListProps {
  samples: readonly SampleMovement[];
  /** Of all that the movement leaves. */
  total: number;
  by: MarkView;
  chosen: number | null;
  choose: (sample: number) => void;
  /** null: all are there. */
  more: (() => void) | null;
  busy: boolean;
}

/** A list box: the arrows choose, and the choice stays in sight. */
export function MovementList({ samples, total, by, chosen, choose, more, busy }: ListProps) {
  const distinct = distinctTexts(samples.map(({ prompt }) => prompt));
  const listed = samples.some(({ sample_index }) => sample_index === chosen);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector(`#sample-${chosen}`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const press = (event: KeyboardEvent) => {
    const to = sampleByKey(event.key, samples, chosen);
    if (to === null) return;
    event.preventDefault();
    choose(to);
  };
  return (
    <div>
      <div
        ref={box}
        role="listbox"
        aria-label="Samples"
        aria-busy={busy}
        tabIndex={0}
        aria-activedescendant={listed ? `sample-${chosen}` : undefined}
        className={styles.samples}
        onKeyDown={press}
        onClick={({ target }) => {
          const sample = (target as Element).closest('[data-sample]')?.getAttribute('data-sample');
          if (sample) choose(Number(sample));
        }}
      >
        {samples.map((sample) => (
          <Sample
            key={sample.sample_index}
            sample={sample}
            text={oneLine(distinct(sample.prompt), IN_LIST)}
            mark={by.mark}
            chosen={sample.sample_index === chosen}
          />
        ))}
      </div>
      {samples.length > 1 && <p className={styles.dim}>The arrow keys, or j and k, go through the samples.</p>}
      {samples.length === 0 && <p className={styles.dim}>No sample moved so.</p>}
      {more !== null && (
        <Button variant="default" mt="xs" loading={busy} onClick={more}>
          More of the {countText(total)}
        </Button>
      )}
    </div>
  );
}

/** Characters of a prompt that stand in the list. */
const IN_LIST = 120;

interface SampleProps {
  sample: SampleMovement;
  text: string;
  mark: number;
  chosen: boolean;
}

/** Drawn anew only when it changed: going through a long list draws two of them. */
const Sample = memo(function Sample({ sample, text, mark, chosen }: SampleProps) {
  const { sample_index: index, movement, errors, scores } = sample;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, as aria-activedescendant says
    <div id={`sample-${index}`} data-sample={index} role="option" aria-selected={chosen} className={styles.sample}>
      <span className={styles.sampleText}>
        <span className={styles.dim}>{index}</span> {text || '(empty prompt)'}
      </span>
      <span className={styles.sampleFoot}>
        <span data-movement={movement}>{movementWords[movement]}</span>
        {errors > 0 && (
          <span className={styles.errorCount}>{errors === 1 ? '1 error' : `${countText(errors)} errors`}</span>
        )}
        <Strip scores={scores} mark={mark} />
      </span>
    </div>
  );
});

/** As many of the newest evaluations are drawn in the list. */
const IN_STRIP = 30;

/** Right or wrong at each evaluation, as columns: whole where it is right, as high as the score where it is not. */
function Strip({ scores, mark }: { scores: SampleMovement['scores']; mark: number }) {
  const shown = scores.slice(-IN_STRIP);
  const right = scores.filter((score) => score !== null && score >= mark).length;
  return (
    <span className={styles.strip}>
      <span className="visually-hidden">
        right at {right} of {scores.length} evaluations
      </span>
      {shown.map((score, at) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: evaluations have no other name here and never move
          key={at}
          aria-hidden="true"
          data-right={score === null ? 'none' : String(score >= mark)}
          style={{ height: score === null || score >= mark ? '100%' : `max(3px, ${score * 80}%)` }}
        />
      ))}
    </span>
  );
}
