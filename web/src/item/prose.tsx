/** Text of a model or an upload as markdown, harmless: no HTML, no pictures, links that show where they lead and go nowhere. */

import type { ComponentProps, ReactNode } from 'react';
import Markdown from 'react-markdown';
import { hasMarkdown } from './has-markdown.ts';
import styles from './item.module.css';

/** Longer texts are shown as they are: laying them out would hold the page up. */
const LONGEST = 60_000;

const parts = {
  a: ({ href, children }: { href?: string | undefined; children?: ReactNode }) => (
    <span className={styles.link}>
      {children}
      {href ? <span className={styles.target}> ({href})</span> : null}
    </span>
  ),
  img: ({ alt, src }: { alt?: string | undefined; src?: unknown }) => (
    <span className={styles.link}>
      [picture: {alt || 'no name'}]{typeof src === 'string' ? <span className={styles.target}> ({src})</span> : null}
    </span>
  ),
  // The heads of an answer are not heads of the page.
  h1: 'h4',
  h2: 'h5',
  h3: 'h6',
} satisfies ComponentProps<typeof Markdown>['components'];

export function Prose({ text }: { text: string }) {
  if (text.trim() === '') return <p className={styles.dim}>Nothing was said.</p>;
  if (text.length > LONGEST || !hasMarkdown(text)) return <div className={styles.plain}>{text}</div>;
  return (
    <div className={styles.prose}>
      <Markdown components={parts} urlTransform={(url) => url}>
        {text}
      </Markdown>
    </div>
  );
}
