/** Uploads under way or failed, with bytes, rate and time left; and what was found to be here already. */

import { ActionIcon, Alert, Button, Progress, Text } from '@mantine/core';
import { bytesText, durationText } from '../app/figures.ts';
import { Close } from '../app/icons.tsx';
import { Fault } from '../app/states.tsx';
import { uploads, useUploads } from './browser-uploads.ts';
import styles from './datasets.module.css';
import type { Upload } from './upload-queue.ts';

export function UploadList() {
  const list = useUploads();
  if (list.length === 0) return null;
  return (
    <section className={styles.uploads} aria-label="Uploads">
      {list.map((upload) => (
        <OneUpload key={upload.key} upload={upload} />
      ))}
    </section>
  );
}

function OneUpload({ upload }: { upload: Upload }) {
  const { key, file, stage, error, result } = upload;
  if (result?.duplicate_of) return <Known name={result.name} file={file.name} close={() => uploads.remove(key)} />;
  if (stage === 'failed') {
    return (
      <div className={styles.upload}>
        <Fault title={file.name} error={error} close={() => uploads.remove(key)} />
        <Button size="compact-xs" variant="default" onClick={() => uploads.retry(key)}>
          Upload again
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.upload}>
      <div className={styles.uploadHead}>
        <span className={styles.name} title={file.name}>
          {file.name}
        </span>
        <ActionIcon size="sm" aria-label={`Cancel the upload of ${file.name}`} onClick={() => uploads.remove(key)}>
          <Close size={12} />
        </ActionIcon>
      </div>
      <UploadBar upload={upload} />
    </div>
  );
}

export function UploadBar({
  upload,
}: {
  upload: Pick<Upload, 'stage' | 'sent' | 'bytesPerSecond' | 'secondsLeft' | 'file'>;
}) {
  const { stage, sent, file } = upload;
  const percent = stage === 'reading' ? 100 : file.size === 0 ? 0 : (sent / file.size) * 100;
  return (
    <>
      <Progress.Root size="sm">
        <Progress.Section
          value={percent}
          animated={stage === 'reading'}
          aria-label={`Upload of ${file.name}`}
          aria-valuetext={stageText(upload)}
        />
      </Progress.Root>
      <span className={styles.said}>{stageText(upload)}</span>
    </>
  );
}

/** "12 of 40 MB · 8 MB/s · 4 s left". */
function stageText({
  stage,
  sent,
  file,
  bytesPerSecond,
  secondsLeft,
}: Parameters<typeof UploadBar>[0]['upload']): string {
  if (stage === 'waiting') return 'Waits for its turn';
  if (stage === 'reading') return `${bytesText(file.size)} sent; the server reads it`;
  const parts = [`${bytesText(sent)} of ${bytesText(file.size)}`];
  if (bytesPerSecond !== null) parts.push(`${bytesText(bytesPerSecond)}/s`);
  if (secondsLeft !== null) parts.push(`${durationText(secondsLeft)} left`);
  return parts.join(' · ');
}

function Known({ name, file, close }: { name: string; file: string; close: () => void }) {
  return (
    <Alert role="status" p="xs" variant="light" withCloseButton closeButtonLabel="Close the message" onClose={close}>
      <Text size="xs" c="var(--ink)" style={{ overflowWrap: 'anywhere' }}>
        {file} is already here as <b>{name}</b>, with the same content. It is open now; nothing was added.
      </Text>
    </Alert>
  );
}
