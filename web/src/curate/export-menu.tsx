/** Exports what the filter chooses, in the formats that training and labelling tools read. */

import { ActionIcon, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import type { ExportFormat } from '../../../src/contracts/curation.ts';
import { messageOf, path } from '../api/client.ts';
import { download } from '../api/transfer.ts';
import { Download } from '../app/icons.tsx';
import { filterParams, type View } from '../workbench/view.ts';
import styles from './curate.module.css';

export const formats: { format: ExportFormat; name: string; use: string; ending: string }[] = [
  { format: 'jsonl', name: 'JSONL', use: 'an answer a line, with what made it', ending: 'jsonl' },
  { format: 'csv', name: 'CSV', use: 'for spreadsheets', ending: 'csv' },
  { format: 'json', name: 'JSON', use: 'one list', ending: 'json' },
  { format: 'label-studio', name: 'Label Studio', use: 'tasks with predictions', ending: 'json' },
  { format: 'sft', name: 'SFT messages', use: 'for supervised fine-tuning', ending: 'jsonl' },
  { format: 'prompt-completion', name: 'Prompt and completion', use: 'for completion models', ending: 'jsonl' },
  { format: 'dpo', name: 'DPO pairs', use: 'golden or fixed against wrong', ending: 'jsonl' },
];

/** Has the browser save an export; `all` takes in answers that nobody has said anything of. */
export async function exportFile(view: View, format: ExportFormat, all: boolean): Promise<void> {
  const datasetId = view.dataset ?? '';
  const query = filterParams(view);
  query.set('format', format);
  if (all) query.set('all', 'true');
  const ending = formats.find((each) => each.format === format)?.ending ?? 'txt';
  await download(path`/admin/exports/${datasetId}`, query, `assay-${format}.${ending}`).catch((error: unknown) =>
    notifications.show({ color: 'red', title: 'Not exported', message: messageOf(error) }),
  );
}

export function ExportMenu({ view }: { view: View }) {
  const [all, setAll] = useState(false);
  return (
    <Menu position="bottom-end" width={280}>
      <Menu.Target>
        <ActionIcon aria-label="Export what the filter chooses" title="Export what the filter chooses">
          <Download />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Export what the filter chooses</Menu.Label>
        {formats.map(({ format, name, use }) => (
          <Menu.Item key={format} onClick={() => void exportFile(view, format, all)}>
            {name} <span className={styles.use}>{use}</span>
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.CheckboxItem checked={all} onChange={setAll}>
          Answers nobody has judged, too
        </Menu.CheckboxItem>
      </Menu.Dropdown>
    </Menu>
  );
}
