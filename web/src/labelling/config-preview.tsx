/** A task as annotators will see it, drawn plainly, and the labeling configuration behind it. */

import { Alert, Text, Title } from '@mantine/core';
import type { Preview } from '../../../src/contracts/label-studio.ts';
import { Fault, Waiting } from '../app/states.tsx';
import type { Estimated } from '../app/use-estimate.ts';
import { ConfigText } from './config-text.tsx';
import { type ShownBlock, type ShownPart, shownBlocks, taskOf } from './config-tree.ts';
import styles from './labelling.module.css';
import type { Origin, PlanBody } from './new-project.ts';
import { parsedConfig } from './parsed-config.ts';

interface ConfigPreviewProps extends Estimated<Preview> {
  plan: PlanBody | null;
  origin: Origin;
  /** Whether the fault stands at a field already. */
  refused: boolean;
}

export function ConfigPreview({ plan, origin, estimate, error, refetch, refused }: ConfigPreviewProps) {
  if (origin === 'mapped') {
    return (
      <Text size="sm" c="dimmed">
        A project that is there keeps its labeling configuration and its tasks. What cannot be mapped is said before the
        project is made.
      </Text>
    );
  }
  return (
    <section className={styles.preview} aria-label="Preview">
      <Title order={3}>As annotators will see it</Title>
      {plan === null && estimate === null && (
        <Text size="sm" c="dimmed">
          Choose a dataset to see a task of it.
        </Text>
      )}
      {plan !== null && estimate === null && error === null && <Waiting what="the preview" />}
      {error !== null && !refused && <Fault title="No preview" error={error} again={refetch} />}
      {estimate !== null && plan !== null && <Shown preview={estimate} />}
    </section>
  );
}

function Shown({ preview }: { preview: Preview }) {
  const { label_config, mapping, problem, task } = preview;
  const root = parsedConfig(label_config);
  const slots = new Map([
    ...mapping.controls.map(({ name, slot }) => [name, slot] as const),
    // The object that holds an answer is of its block, as the control that is joined to it.
    ...mapping.controls.flatMap(({ to_name, slot, means }) => (means === 'verdict' ? [[to_name, slot] as const] : [])),
  ]);
  return (
    <>
      {problem !== null && (
        <Alert role="alert" color="red" variant="light" p="xs" title="Label Studio does not take it">
          <Text size="xs" c="var(--ink)" style={{ overflowWrap: 'anywhere' }}>
            {problem}
          </Text>
        </Alert>
      )}
      {root === null ? (
        <Text size="sm">The configuration is no well-formed XML.</Text>
      ) : (
        <Blocks blocks={shownBlocks(root, taskOf(task), (name) => slots.get(name) ?? null)} />
      )}
      <ConfigText config={label_config} />
    </>
  );
}

function Blocks({ blocks }: { blocks: ShownBlock[] }) {
  return (
    <div className={styles.blocks}>
      {blocks.map(({ slot, parts }, at) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks have no other name and never move
          key={at}
          className={styles.block}
          data-of={slot === null ? 'task' : 'answer'}
        >
          {parts.map((part, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other name and never move
            <PartView key={place} part={part} />
          ))}
        </div>
      ))}
    </div>
  );
}

function PartView({ part }: { part: ShownPart }) {
  if (part.what === 'header') return <p className={styles.header}>{part.text}</p>;
  if (part.what === 'text') {
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to by keyboard too
      <section tabIndex={0} aria-label={part.name} className={styles.text}>
        {part.text}
      </section>
    );
  }
  if (part.what === 'choices') return <Choices {...part} />;
  if (part.what === 'area') return <p className={styles.area}>{part.text || part.hint || 'Text to write'}</p>;
  return <p className={styles.dim}>‹{part.tag}› is shown in Label Studio alone.</p>;
}

function Choices({ name, choices }: Extract<ShownPart, { what: 'choices' }>) {
  return (
    <ul className={styles.choices} aria-label={name}>
      {choices.map(({ text, chosen }) => (
        <li key={text} data-chosen={chosen}>
          {text}
          {chosen && <span className="visually-hidden"> (chosen beforehand)</span>}
        </li>
      ))}
    </ul>
  );
}
