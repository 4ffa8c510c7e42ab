/** What the models were asked: messages, a prompt, or the fields of a row; folded when it is long. */

import styles from './item.module.css';
import { JsonTree } from './json-tree.tsx';
import { messagesOf } from './messages.ts';

interface PromptViewProps {
  input: unknown;
  /** The expected answer, where it is long. */
  truth: string | null;
}

export function PromptView({ input, truth }: PromptViewProps) {
  const messages = messagesOf(input);
  return (
    <details className={styles.prompt} open>
      <summary>Input</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to by keyboard too */}
      <section className={styles.promptBody} aria-label="Input" tabIndex={0}>
        {messages === null ? (
          <JsonTree value={typeof input === 'object' && input !== null ? input : { input }} diffFields={[]} />
        ) : (
          messages.map(({ role, text }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: messages have no other name and never move
            <div key={at} className={styles.message}>
              <span className={styles.role}>{role}</span>
              <pre className={styles.raw}>{text}</pre>
            </div>
          ))
        )}
        {truth !== null && (
          <div className={styles.message}>
            <span className={styles.role}>expected</span>
            <pre className={styles.raw}>{truth}</pre>
          </div>
        )}
      </section>
    </details>
  );
}
