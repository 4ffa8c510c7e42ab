/** The keys of the answers, as the page shows them. */

import { Kbd, Modal, Text } from '@mantine/core';
import styles from './annotate.module.css';

const groups: [name: string, keys: [keys: string[], meaning: string][]][] = [
  [
    'Move',
    [
      [['j', 'k'], 'next, previous item'],
      [['h', 'l'], 'model to the left, to the right'],
      [['d', 'D'], 'next, previous item that differs'],
      [['PgUp', 'PgDn'], 'a screen up, down'],
      [['Home', 'End'], 'first, last item'],
      [['Enter'], 'open the item'],
      [['Esc'], 'close it'],
      [['/'], 'search'],
    ],
  ],
  [
    'Judge the answer of the model you are on',
    [
      [['g'], 'golden, again to take it back'],
      [['w'], 'wrong, again to take it back'],
      [['f'], 'fix: write what it should have said'],
      [['n'], 'note'],
      [['u'], 'undo the last change to this answer'],
    ],
  ],
];

export function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="md">
      {groups.map(([name, keys]) => (
        <section key={name} className={styles.keys}>
          <Text fw={600} size="sm">
            {name}
          </Text>
          <dl>
            {keys.map(([names, meaning]) => (
              <div key={meaning}>
                <dt>
                  {names.map((each) => (
                    <Kbd key={each} size="xs">
                      {each}
                    </Kbd>
                  ))}
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <Text size="xs" c="dimmed">
        Arrow keys move too while the grid has the focus.
      </Text>
    </Modal>
  );
}
