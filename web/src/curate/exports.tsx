/** The formats in which the annotated answers leave, each with what it is for. */

import { Button, Switch } from '@mantine/core';
import { useState } from 'react';
import type { View } from '../workbench/view.ts';
import styles from './curate.module.css';
import { exportFile, formats } from './export-menu.tsx';

export function Exports({ view }: { view: View }) {
  const [all, setAll] = useState(false);
  return (
    <section className={styles.section} aria-labelledby="exports">
      <h2 id="exports">Exports</h2>
      <p className={styles.dim}>
        Each entry says what made it: dataset version, model, run, annotator. Without the switch only answers that
        somebody has judged are taken.
      </p>
      <Switch
        label="Answers nobody has judged, too"
        checked={all}
        onChange={(event) => setAll(event.currentTarget.checked)}
      />
      <ul className={styles.formats}>
        {formats.map(({ format, name, use }) => (
          <li key={format}>
            <Button variant="default" fullWidth justify="start" onClick={() => void exportFile(view, format, all)}>
              {name}
            </Button>
            <span className={styles.dim}>{use}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
