/** One model's answer in full, and the buttons that judge it. */

import { ActionIcon, Tooltip } from '@mantine/core';
import type { AnnotationKind, WholeItem } from '../../../src/contracts/workbench.ts';
import { Cross, Note, Pencil, Star, Undo } from '../app/icons.tsx';
import { Decision, Truth } from '../grid/answer-cell.tsx';
import { countText, timeText } from '../grid/cell-text.ts';
import styles from './item.module.css';
import type { ItemPanelProps, ReadAs } from './item-panel.tsx';
import { JsonTree } from './json-tree.tsx';
import { Prose } from './prose.tsx';

type WholeCell = WholeItem['results'][string];

interface AnswerColumnProps extends ItemPanelProps {
  name: string;
  item: WholeItem;
  reading: ReadAs;
}

export function AnswerColumn(props: AnswerColumnProps) {
  const { name, item, reading, model, choose, colourOf } = props;
  const cell = item.results[name]!;
  return (
    <section className={styles.column} aria-label={`Answer of ${name}`} data-active={name === model || undefined}>
      <header className={styles.columnHead}>
        <button type="button" className={styles.model} title={name} onClick={() => choose(name)}>
          {name}
        </button>
        <Judging {...props} cell={cell} />
      </header>
      <p className={styles.figures}>
        {cell.decision !== null && <Decision value={cell.decision} colour={colourOf(cell.decision)} />}
        {cell.right !== null && <Truth right={cell.right} />}
        {cell.parse === 'repaired' && <span>repaired</span>}
        <Figures cell={cell} />
      </p>
      <Said cell={cell} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to by keyboard too */}
      <section className={styles.body} aria-label={`Text of ${name}`} tabIndex={0}>
        {cell.status === 'failed' && (
          <p className={styles.failed}>The call failed: {cell.error ?? 'no reason given'}</p>
        )}
        <Content cell={cell} reading={reading} diffFields={item.diff_fields} />
      </section>
    </section>
  );
}

function Figures({ cell }: { cell: WholeCell }) {
  const figures = [
    cell.prompt_tokens === null ? null : `${countText(cell.prompt_tokens)} in`,
    cell.cached_tokens ? `${countText(cell.cached_tokens)} cached` : null,
    cell.tokens === null ? null : `${countText(cell.tokens)} out`,
    cell.first_token_ms === null ? null : `first after ${timeText(cell.first_token_ms)}`,
    cell.latency_ms === null ? null : timeText(cell.latency_ms),
    cell.finish_reason === 'length' ? 'cut off at the token limit' : null,
    ...Object.entries(cell.scores ?? {}).map(([name, value]) => `${name} ${value}`),
  ];
  return <span>{figures.filter((text) => text !== null).join(' · ')}</span>;
}

function Content({ cell, reading, diffFields }: { cell: WholeCell; reading: ReadAs; diffFields: string[] }) {
  const content = cell.content ?? '';
  if (reading === 'raw') return <pre className={styles.raw}>{content}</pre>;
  if (reading === 'prompt') {
    if (cell.request === null) return <p className={styles.dim}>Made elsewhere; what was sent is not known.</p>;
    return <JsonTree value={cell.request} diffFields={[]} />;
  }
  if (cell.fields !== null && (reading === 'fields' || cell.parse === 'json' || cell.parse === 'repaired')) {
    return <JsonTree value={asWritten(cell)} diffFields={diffFields} />;
  }
  if (reading === 'fields') return <p className={styles.dim}>This answer has no fields.</p>;
  return <Prose text={content} />;
}

/** The fields in the order in which the model wrote them, which the database does not keep. */
function asWritten({ content, fields }: WholeCell): object {
  try {
    const value: unknown = JSON.parse(content ?? '');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // It stands among other text, or was repaired.
  }
  return fields ?? {};
}

const kindNames: Record<AnnotationKind, string> = { golden: 'Golden', fix: 'Fixed', wrong: 'Wrong' };

/** Who said what of the answer, and when. */
function Said({ cell }: { cell: WholeCell }) {
  const said = cell.annotation_detail;
  if (!said) return null;
  const at = new Date(said.created_at * 1000);
  return (
    <div className={styles.said} data-kind={said.kind}>
      <p>
        <b>{kindNames[said.kind]}</b> by {said.annotator},{' '}
        <time dateTime={at.toISOString()}>{at.toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' })}</time>
      </p>
      {said.note && <p>{said.note}</p>}
      {said.kind === 'fix' && said.content !== null && <pre className={styles.raw}>{said.content}</pre>}
    </div>
  );
}

function Judging({ annotator, ask, choose, item, name, cell }: AnswerColumnProps & { cell: WholeCell }) {
  const answer = { candidateId: item.candidate_id, modelId: name };
  const toggle = (kind: AnnotationKind) => () => {
    choose(name);
    void (cell.annotation === kind ? annotator.clear(answer, kind) : annotator.mark(answer, kind));
  };
  const actions = [
    { label: 'Golden', key: 'g', icon: <Star size={14} />, kind: 'golden', run: toggle('golden') },
    { label: 'Fix', key: 'f', icon: <Pencil size={14} />, kind: 'fix', run: () => ask({ what: 'fix', answer }) },
    { label: 'Wrong', key: 'w', icon: <Cross size={14} />, kind: 'wrong', run: toggle('wrong') },
    { label: 'Note', key: 'n', icon: <Note size={14} />, kind: null, run: () => ask({ what: 'note', answer }) },
    { label: 'Undo', key: 'u', icon: <Undo size={14} />, kind: null, run: () => void annotator.undo(answer) },
  ];
  return (
    <span className={styles.judging}>
      {actions.map(({ label, key, icon, kind, run }) => (
        <Tooltip key={label} label={`${label} (${key})`}>
          <ActionIcon
            size="sm"
            variant={kind !== null && cell.annotation === kind ? 'filled' : 'subtle'}
            aria-label={`${label}: ${name}`}
            aria-pressed={kind === null ? undefined : cell.annotation === kind}
            onClick={run}
          >
            {icon}
          </ActionIcon>
        </Tooltip>
      ))}
    </span>
  );
}
