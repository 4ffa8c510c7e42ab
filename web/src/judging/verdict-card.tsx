/** One verdict with its reasoning beside the answer it is about. */

import type { ReactNode } from 'react';
import type { Preference } from '../../../src/contracts/judging.ts';
import type { Judgment } from '../../../src/contracts/judgments.ts';
import { percentText } from '../grid/cell-text.ts';
import { Prose } from '../item/prose.tsx';
import { errorText, preferenceNames, scoreText } from './judge-text.tsx';
import styles from './judging.module.css';

/** What a judgment and a verdict of the try-out have in common. */
export interface Verdict {
  content: string | null;
  score: number | null;
  pass: boolean | null;
  preference: Preference | null;
  criteria: Record<string, number>;
  reasoning: string | null;
  confidence: number | null;
  error: string | null;
  error_detail: string | null;
  /** What each judge of a panel says. */
  panel?: Judgment['panel'];
}

interface VerdictCardProps {
  title: ReactNode;
  verdict: Verdict;
  /** The answer it is compared with. */
  other?: string | null | undefined;
  /** More about it in its head. */
  about?: readonly string[];
  /** What stands in place of a reasoning that is not there. */
  unreasoned?: string | undefined;
  /** Below the answer and the reasoning. */
  children?: ReactNode;
}

export function VerdictCard(props: VerdictCardProps) {
  const { title, verdict, other, about = [], unreasoned = 'No reason was given.', children } = props;
  const kind = kindOf(verdict);
  const compared = other !== undefined;
  return (
    <li className={styles.card} data-verdict={kind}>
      <header className={styles.cardHead}>
        <h3>{title}</h3>
        <span className={styles.verdict} data-verdict={kind}>
          {verdictText(verdict)}
        </span>
        {[...(verdict.confidence === null ? [] : [`confidence ${percentText(verdict.confidence)}`]), ...about].map(
          (text) => (
            <span key={text} className={styles.dim}>
              {text}
            </span>
          ),
        )}
      </header>
      <div className={styles.cardBody}>
        <Part name={compared ? 'Answer A' : 'Answer'}>
          <Answer text={verdict.content} />
        </Part>
        {compared && (
          <Part name="Answer B">
            <Answer text={other} />
          </Part>
        )}
        <Part name="Reasoning">
          <Criteria criteria={verdict.criteria} />
          {verdict.reasoning !== null && <Prose text={verdict.reasoning} />}
          {verdict.error !== null && <p>{errorText(verdict.error)}</p>}
          {verdict.error_detail !== null && <p className={styles.dim}>{verdict.error_detail}</p>}
          {verdict.panel?.map((one) => (
            <PanelVerdict key={one.judge} {...one} />
          ))}
          {verdict.reasoning === null && verdict.error === null && !verdict.panel && (
            <p className={styles.dim}>{unreasoned}</p>
          )}
        </Part>
      </div>
      {children}
    </li>
  );
}

function PanelVerdict(one: NonNullable<Judgment['panel']>[number]) {
  return (
    <>
      <h5 style={{ margin: '0.5rem 0 0' }}>
        {one.judge}: {verdictText(one)}
      </h5>
      {one.reasoning !== null && <Prose text={one.reasoning} />}
    </>
  );
}

/** A part of a card that scrolls by itself. */
export function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to by keyboard too
    <section className={styles.part} aria-label={name} tabIndex={0}>
      <h4>{name}</h4>
      {children}
    </section>
  );
}

function Answer({ text }: { text: string | null }) {
  return text === null ? <p className={styles.dim}>There is no answer.</p> : <Prose text={text} />;
}

function Criteria({ criteria }: { criteria: Record<string, number> }) {
  const entries = Object.entries(criteria);
  if (entries.length === 0) return null;
  return (
    <dl className={styles.criteria}>
      {entries.map(([name, score]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{scoreText(score)}</dd>
        </div>
      ))}
    </dl>
  );
}

function kindOf({ error, pass }: Verdict): 'error' | 'passed' | 'failed' | 'other' {
  if (error !== null) return 'error';
  return pass === null ? 'other' : pass ? 'passed' : 'failed';
}

/** "passed, 8.5 of 10", "A is better", "no verdict". */
export function verdictText({
  error,
  pass,
  score,
  preference,
}: Pick<Verdict, 'error' | 'pass' | 'score' | 'preference'>): string {
  if (error !== null) return 'No verdict';
  if (preference !== null) return preferenceNames[preference];
  const scored = score === null ? null : `${scoreText(score)} of 10`;
  const said = pass === null ? null : pass ? 'Passed' : 'Failed';
  return [said, scored].filter((text) => text !== null).join(', ') || 'No verdict';
}
