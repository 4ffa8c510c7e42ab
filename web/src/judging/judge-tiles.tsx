/** What a judge run did and took so far: verdicts, speed, time left, calls, tokens, cost against the budget. */

import { useEffect, useState } from 'react';
import type { JudgeRunObject, NewJudgeRun } from '../../../src/contracts/judging.ts';
import { costText, durationText, rateText, roughText } from '../app/figures.ts';
import { type Tile, Tiles } from '../app/tiles.tsx';
import { countText } from '../grid/cell-text.ts';
import { doneOf, rateOf, type Sample, secondsLeft, withSample } from './judge-progress.ts';
import { isGoing } from './use-judging.ts';

export function JudgeTiles({ run, total }: { run: JudgeRunObject; total: number }) {
  const rate = useRate(run);
  return (
    <section aria-label="Progress and cost">
      <Tiles tiles={[...progressTiles(run, total, rate), ...(asks(run) ? askedTiles(run) : [])]} />
    </section>
  );
}

/** Whether Assay asks a model for the verdicts. */
const asks = ({ source, judges, mode }: JudgeRunObject) => source === 'assay' && judges.length > 0 && mode !== 'human';

/** Verdicts a second, from what was seen of it while the page is open. */
function useRate(run: JudgeRunObject): number | null {
  const [samples, setSamples] = useState<Sample[]>([]);
  const done = doneOf(run);
  const going = isGoing(run);
  useEffect(() => {
    if (!going) return setSamples([]);
    const take = () => setSamples((before) => withSample(before, { at: Date.now(), done }));
    take();
    // A judge that stands still gets slower, too.
    const timer = setInterval(take, 2000);
    return () => clearInterval(timer);
  }, [done, going]);
  return going ? rateOf(samples) : null;
}

function progressTiles(run: JudgeRunObject, total: number, rate: number | null): Tile[] {
  const done = doneOf(run);
  const left = secondsLeft(total, done, rate);
  const tiles: (Tile | null)[] = [
    ['Judged', countText(run.judged), `of ${countText(total)} answers`],
    ['Without a verdict', countText(run.failed)],
    run.spared > 0 ? ['Spared by rules', countText(run.spared), 'judged without a call'] : null,
    isGoing(run) ? ['Speed', rate === null ? 'being measured' : `${rateText(rate)}/s`, 'verdicts'] : null,
    isGoing(run) ? ['Time left', left === null ? 'unknown' : durationText(left)] : null,
    run.ended_at !== null && run.source === 'assay' ? ['Took', durationText(run.ended_at - run.created_at)] : null,
  ];
  return tiles.filter((tile) => tile !== null);
}

function askedTiles(run: JudgeRunObject): Tile[] {
  const budget = (run.settings.budget ?? {}) as NonNullable<NewJudgeRun['budget']>;
  const tokens = run.prompt_tokens + run.completion_tokens;
  const of = (limit: number | undefined, spent: number, write: (value: number) => string) =>
    limit === undefined ? undefined : `budget ${write(limit)}, ${write(Math.max(0, limit - spent))} left`;
  return [
    ['Calls', countText(run.calls), of(budget.calls, run.calls, countText)],
    ['Asked again', countText(run.asked_again), 'for verdicts that were missing or unusable'],
    [
      'Tokens in',
      roughText(run.prompt_tokens),
      run.cached_tokens === null ? undefined : `${roughText(run.cached_tokens)} from the cache`,
    ],
    ['Tokens out', roughText(run.completion_tokens), of(budget.tokens, tokens, roughText)],
    ['Cost', run.cost === null ? 'unknown' : costText(run.cost), of(budget.usd, run.cost ?? 0, costText)],
  ];
}
