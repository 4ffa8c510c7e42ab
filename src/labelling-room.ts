/** Wires what people say: their labels for the figures of trust, and Label Studio with the key of its kept token. */

import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Log } from './contracts/log.ts';
import { type LabelStudio, openLabelStudio } from './curate/label-studio/open-label-studio.ts';
import { sealerOf, secretKey } from './curate/label-studio/sealed.ts';
import { openLabelStudioClient } from './curate/label-studio/wire/open-client.ts';
import type { Database } from './db/database.ts';
import { holderOf } from './db/folder.ts';
import { keepLabels } from './judge/people/keep-labels.ts';
import { openPeople, type People } from './judge/people/open-people.ts';

export function openLabelling(rooms: {
  config: Config;
  log: Log;
  db: Database;
  /** Where this server listens; null before it does. */
  ownUrl(): string | null;
}): { people: People; labelStudio: LabelStudio } {
  const { config, log, db } = rooms;
  const people = openPeople({ db, lineMaxBytes: config.line_max_bytes });
  const labelStudio = openLabelStudio({
    db,
    log,
    sealer: sealerOf(() => secretKey(config.secret_key, join(config.data, 'secret.key'))),
    connect: (at) =>
      openLabelStudioClient({ ...at, timeoutMs: config.label_studio_timeout_ms, tries: config.label_studio_tries }),
    hookUrl: () => config.label_studio_hook_url || rooms.ownUrl(),
    labels: (userId, changes) => keepLabels(db, userId, changes),
    holder: holderOf(config.data),
    limits: {
      batchTasks: config.label_studio_batch_tasks,
      pollMs: config.label_studio_poll_ms,
      knownValues: config.label_studio_known_values,
      fileMaxBytes: config.label_studio_file_max_bytes,
      roundLabels: config.review_round_labels,
    },
  });
  return { people, labelStudio };
}
