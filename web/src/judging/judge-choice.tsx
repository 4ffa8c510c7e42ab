/** Which models judge: those registered, and those of providers by their names; what keeps one from it is said. */

import { TagsInput } from '@mantine/core';
import { Fault } from '../app/states.tsx';
import { type Judge, judgeOf, priceText, wantingText } from './judge-words.ts';
import styles from './judging.module.css';
import { useJudgingChoices } from './use-judging.ts';

interface JudgeChoiceProps {
  value: string[];
  set: (judges: string[]) => void;
  error?: string | undefined;
  /** Most judges; several are a panel. */
  most: number;
  autofocus?: boolean;
}

export function JudgeChoice({ value, set, error, most, autofocus }: JudgeChoiceProps) {
  const choices = useJudgingChoices();
  const judges = choices.data?.judges ?? [];
  return (
    <div>
      <TagsInput
        label={most === 1 ? 'Judge' : 'Judges'}
        description={
          'A model of yours, or openai/…, anthropic/… or hf/owner/… with the name of one of theirs.' +
          (most === 1 ? '' : ' Several are a panel.')
        }
        placeholder={value.length === 0 ? 'Choose or type' : ''}
        maxTags={most}
        data={judges.map(({ id }) => id).filter((id) => !id.endsWith('/'))}
        value={value}
        error={error}
        onChange={set}
        renderOption={({ option }) => <Option id={option.value} judges={judges} />}
        openOnFocus={false}
        {...(autofocus ? { 'data-autofocus': true } : {})}
      />
      {choices.isError && <Fault title="Which models can judge is not known" error={choices.error} />}
      {value.length > 0 && choices.isSuccess && (
        <ul className={styles.notes} aria-label="About the judges">
          {value.map((id) => (
            <JudgeNote key={id} id={id} judge={judgeOf(id, judges)} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Option({ id, judges }: { id: string; judges: Judge[] }) {
  const judge = judgeOf(id, judges);
  return (
    <span>
      {id}
      {judge?.ready === false && <span className={styles.dim}> · not ready</span>}
    </span>
  );
}

function JudgeNote({ id, judge }: { id: string; judge: Judge | null }) {
  if (judge === null) return <li>{id}: not known; the estimate says whether it can judge</li>;
  return (
    <li>
      {id}: {judge.ready ? 'ready' : <span className={styles.wanting}>{wantingText(judge)}</span>} · {priceText(judge)}
    </li>
  );
}
