/** A labeling configuration as text, to be read or copied. */

import { Button, Code } from '@mantine/core';
import { copyText } from '../app/copy-text.ts';
import { Copy } from '../app/icons.tsx';
import styles from './labelling.module.css';

export function ConfigText({ config }: { config: string }) {
  return (
    <details className={styles.more}>
      <summary>The labeling configuration</summary>
      <Button
        size="compact-xs"
        variant="default"
        mt={4}
        leftSection={<Copy size={12} />}
        onClick={() => copyText(config)}
      >
        Copy
      </Button>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to by keyboard too */}
      <section tabIndex={0} aria-label="Labeling configuration" className={styles.config}>
        <Code block>{config}</Code>
      </section>
    </details>
  );
}
