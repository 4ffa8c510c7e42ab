/** The settings of curation: the key of kept tokens, how Label Studio is spoken with, and the rounds of review. */

import { z } from 'zod';
import { address, int, type Setting, setting, text } from './setting.ts';

const secret = <S extends z.ZodType>(entry: Setting<S>): Setting<S> => ({ ...entry, secret: true });

/** Listed behind those of training on the reference page. */
export const curationSettings = {
  secret_key: secret(
    setting(
      text().refine((key) => key === undefined || /^[0-9a-fA-F]{64}$/.test(key), 'must be 64 hexadecimal digits'),
      'hexadecimal',
      'Key that tokens of other services are encrypted with (AES-256). Without one, a key is made once in ASSAY_DATA/secret.key.',
    ),
  ),
  label_studio_timeout_ms: setting(int(60_000, 100), 'ms', 'How long one call of Label Studio may take.'),
  label_studio_tries: setting(int(5, 1, 100), 'calls', 'Tries of a call that does not reach Label Studio.'),
  label_studio_batch_tasks: setting(int(250, 1, 10_000), 'tasks', 'Tasks that one call of a push sends.'),
  label_studio_poll_ms: setting(
    int(60_000, 0),
    'ms',
    'How often annotations are looked for beside the webhook; 0: only when asked.',
  ),
  label_studio_hook_url: setting(
    address('').or(z.literal('')).default(''),
    'address',
    'Where Label Studio reaches this server, for its webhooks; empty: at the address that it listens on.',
  ),
  label_studio_known_values: setting(
    int(12, 2, 100),
    'values',
    'Most different values of a field for which annotators are offered choices.',
  ),
  label_studio_file_max_bytes: setting(
    int(200 * 1024 * 1024, 1),
    'bytes',
    'Largest file of annotations that is taken in.',
  ),
  review_round_labels: setting(
    int(20, 1),
    'labels',
    'New labels after which the review queue and its figures are made anew.',
  ),
};
