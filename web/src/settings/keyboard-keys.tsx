/** What keys do, on every page and in the answers of the workbench. */

import { Kbd, Table } from '@mantine/core';

const keys: [keys: string[], meaning: string][] = [
  [['j', 'k'], 'next, previous item'],
  [['h', 'l'], 'model to the left, to the right'],
  [['d', 'D'], 'next, previous item that differs'],
  [['g'], 'golden, again to take it back'],
  [['f'], 'fix: write what the answer should have been'],
  [['w'], 'wrong, again to take it back'],
  [['n'], 'note on the answer'],
  [['u'], 'undo the last change to the answer'],
  [['Enter'], 'open the item'],
  [['Esc'], 'close the item or a dialog'],
  [['/'], 'search'],
  [['?'], 'these keys, in the workbench'],
  [['Tab'], 'to every button and field, in the order of the page'],
];

export function KeyboardKeys() {
  return (
    <Table fz="sm" maw="34rem" withRowBorders={false} verticalSpacing={3}>
      <Table.Tbody>
        {keys.map(([names, meaning]) => (
          <Table.Tr key={meaning}>
            <Table.Th scope="row" w="7rem" fw={400}>
              {names.map((name) => (
                <Kbd key={name} size="xs" mr={4}>
                  {name}
                </Kbd>
              ))}
            </Table.Th>
            <Table.Td>{meaning}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
