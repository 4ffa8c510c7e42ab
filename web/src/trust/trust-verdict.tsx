/** The verdict on a judge in words, with its level, and the figures it rests on: kappa first, then the shares it gets right. */

import type { AgreementObject, TrustPanel } from '../../../src/contracts/trust.ts';
import { Check, Cross, Help, Unequal } from '../app/icons.tsx';
import { countText } from '../grid/cell-text.ts';
import styles from './trust.module.css';
import {
  type CountedShare,
  kappaInterval,
  kappaText,
  type Level,
  levelNames,
  ofText,
  shareInterval,
  shareText,
} from './trust-text.ts';

const icons: Record<Level, typeof Check> = { red: Cross, amber: Unequal, green: Check, unknown: Help };

export function TrustVerdict({ panel, pairs }: { panel: TrustPanel; pairs: boolean }) {
  const { agreement } = panel;
  const { level, chance, words } = agreement.verdict;
  const Icon = icons[level];
  return (
    <>
      <div className={styles.verdict} data-level={level} role="status">
        <p className={styles.level}>
          <Icon size={18} /> {levelNames[level]}
          {chance === true && <strong className={styles.chance}>No better than chance</strong>}
        </p>
        <p>{words}</p>
      </div>
      {agreement.n > 0 && <Basis panel={panel} />}
      {agreement.n > 0 && <Tiles agreement={agreement} pairs={pairs} />}
    </>
  );
}

/** Whose labels the figures rest on, and what is in none of them. */
function Basis({ panel }: { panel: TrustPanel }) {
  const { agreement, labels } = panel;
  return (
    <p className={styles.about}>
      <b>{panel.judge}</b> against people on {countOf(labels.n, 'labelled answer')}
      {labels.people.length > 0 && ` of ${peopleText(labels.people)}`}; {countText(labels.audit)} of them stand in the
      random audit sample.
      {labels.without_majority > 0 &&
        ` ${countText(labels.without_majority)} more have no majority and stand in no figure.`}
      {agreement.unusable > 0 &&
        ` ${countOf(agreement.unusable, 'reply', 'replies')} of the judge could not be used; that counts as wrong.`}
    </p>
  );
}

function Tiles({ agreement, pairs }: { agreement: AgreementObject; pairs: boolean }) {
  return (
    <dl className={styles.tiles}>
      <div className={styles.headline}>
        <dt>Kappa, agreement beyond chance</dt>
        <dd>
          <b>{kappaText(agreement.kappa)}</b>
          <span>{agreement.kappa === null ? 'not defined' : `95 %: ${kappaInterval(agreement.kappa_ci)}`}</span>
        </dd>
      </div>
      <Tile name="Accuracy" share={agreement.accuracy} said="said as people say" />
      {!pairs && agreement.true_positive_rate && (
        <Tile name="Passes what people pass (TPR)" share={agreement.true_positive_rate} said="passed" />
      )}
      {!pairs && agreement.true_negative_rate && (
        <Tile name="Fails what people fail (TNR)" share={agreement.true_negative_rate} said="failed" />
      )}
    </dl>
  );
}

/** Names up to which people are listed. */
const FEW = 4;

const countOf = (count: number, one: string, more = `${one}s`) => `${countText(count)} ${count === 1 ? one : more}`;

const peopleText = (people: readonly string[]) =>
  people.length > FEW ? `${countText(people.length)} people` : people.join(', ');

function Tile({ name, share, said }: { name: string; share: CountedShare; said: string }) {
  return (
    <div className={styles.tile}>
      <dt>{name}</dt>
      <dd>
        <b>{shareText(share)}</b>
        <span>{share.value === null ? 'no label yet' : `95 %: ${shareInterval(share.interval)}`}</span>
        {share.n > 0 && (
          <span>
            {ofText(share)} {said}
          </span>
        )}
      </dd>
    </div>
  );
}
