/** What each model decided, how often; a click on a bar narrows the grid to it. */

import type { CSSProperties } from 'react';
import type { Stats } from '../../../src/contracts/workbench.ts';
import { countText, percentText } from '../grid/cell-text.ts';
import { toggled } from '../workbench/view.ts';
import { ChartFrame } from './chart-frame.tsx';
import styles from './charts.module.css';

type ModelStats = Stats['models'][number];

interface DecisionBarsProps {
  stats: Stats;
  /** "model=value", as the view has them. */
  decided: string[];
  setDecided: (decided: string[]) => void;
  colourOf: (value: string | null) => string;
}

/** Values of a model that get a bar; the rest is summed up. */
const SHOWN = 8;

export function DecisionBars({ stats, decided, setDecided, colourOf }: DecisionBarsProps) {
  if (stats.models.every(({ decisions }) => decisions.every(({ value }) => value === null))) {
    return (
      <ChartFrame title="Decisions">
        <p className={styles.note}>{undecided(stats)}</p>
      </ChartFrame>
    );
  }
  return (
    <ChartFrame title={stats.decision_path ? `Decisions (${stats.decision_path})` : 'Decisions'} table={tableOf(stats)}>
      {stats.models.map((model) => (
        <div key={model.model_id}>
          <ModelName {...model} />
          <ul className={styles.bars} aria-label={`Decisions of ${model.model_id}`}>
            {model.decisions.slice(0, SHOWN).map(({ value, count }) => (
              <li key={value ?? ''}>
                <Bar
                  value={value}
                  count={count}
                  of={model.answers}
                  colour={colourOf(value)}
                  chosen={value !== null && decided.includes(`${model.model_id}=${value}`)}
                  toggle={value === null ? null : () => setDecided(toggled(decided, `${model.model_id}=${value}`))}
                />
              </li>
            ))}
          </ul>
          <Others decisions={model.decisions.slice(SHOWN)} />
        </div>
      ))}
    </ChartFrame>
  );
}

function ModelName({ model_id, answers, failed, parse }: ModelStats) {
  return (
    <div className={styles.model} title={model_id}>
      <b>{model_id}</b>{' '}
      <span>
        {countText(answers)} {answers === 1 ? 'answer' : 'answers'}
        {failed > 0 && `, ${countText(failed)} failed`}
        {parse.repaired > 0 && `, ${countText(parse.repaired)} repaired`}
      </span>
    </div>
  );
}

/** Answers from which on it is guessed where the decision stands. */
const GUESSED_FROM = 20;

function undecided({ models, decision_path }: Stats): string {
  const answers = models.reduce((sum, each) => sum + each.answers, 0);
  if (decision_path === null && answers < GUESSED_FROM) {
    return `Where the decision stands is guessed once ${GUESSED_FROM} answers are here; it can be set in the details of the dataset.`;
  }
  return 'No decision could be read from these answers. Where it stands can be set in the details of the dataset.';
}

interface BarProps {
  value: string | null;
  count: number;
  of: number;
  colour: string;
  chosen: boolean;
  /** null: it cannot be filtered by. */
  toggle: (() => void) | null;
}

function Bar({ value, count, of, colour, chosen, toggle }: BarProps) {
  const share = of === 0 ? 0 : count / of;
  const style = { '--share': `${share * 100}%`, '--colour': colour } as CSSProperties;
  const content = (
    <>
      <span className={styles.fill} aria-hidden="true" />
      <span className={styles.value}>{value ?? 'no decision'}</span>
      <span className={styles.count}>
        {countText(count)} · {percentText(share)}
      </span>
    </>
  );
  if (toggle === null) {
    return (
      <div className={styles.bar} style={style}>
        {content}
      </div>
    );
  }
  return (
    <button
      type="button"
      className={styles.bar}
      style={style}
      aria-pressed={chosen}
      title={value ?? undefined}
      onClick={toggle}
    >
      {content}
    </button>
  );
}

function Others({ decisions }: Pick<ModelStats, 'decisions'>) {
  if (decisions.length === 0) return null;
  const count = decisions.reduce((sum, each) => sum + each.count, 0);
  return (
    <p className={styles.note}>
      {countText(decisions.length)} other values, {countText(count)} answers
    </p>
  );
}

function tableOf({ models }: Stats) {
  const values = new Map<string | null, number>();
  for (const { value, count } of models.flatMap(({ decisions }) => decisions)) {
    values.set(value, (values.get(value) ?? 0) + count);
  }
  const rows = [...values]
    .sort((a, b) => b[1] - a[1])
    .map(([value]) => [
      value ?? 'no decision',
      ...models.map(({ decisions }) => countText(decisions.find((each) => each.value === value)?.count ?? 0)),
    ]);
  return { head: ['Decision', ...models.map(({ model_id }) => model_id)], rows };
}
