/** Encrypts texts that must not be read from the database alone: AES-256-GCM under the configured key. */

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AssayError } from '../../errors.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Sealer {
  /** Nonce, tag and encrypted text. `what` is bound to it: it opens under the same words only. */
  seal(text: string, what: string): Buffer;
  /** @throws AssayError secret_unreadable when the key, or `what`, is another one */
  open(sealed: Buffer, what: string): string;
  /** The same 16 hexadecimal digits for the same text, which nobody without the key can tell or check. */
  nameOf(text: string): string;
}

/** `keyOf` gives 32 bytes; it is asked when there is something to seal, and once. */
export function sealerOf(keyOf: () => Buffer): Sealer {
  let kept: Buffer | null = null;
  const key = () => (kept ??= keyOf());
  return {
    seal(text, what) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key(), nonce).setAAD(Buffer.from(what));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    },
    open(sealed, what) {
      const present = key();
      try {
        const nonce = sealed.subarray(0, NONCE_BYTES);
        const text = sealed.subarray(NONCE_BYTES + TAG_BYTES);
        const decipher = createDecipheriv('aes-256-gcm', present, nonce, { authTagLength: TAG_BYTES })
          .setAAD(Buffer.from(what))
          .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
      } catch {
        throw new AssayError('secret_unreadable', { what, problem: 'it was encrypted with another key' });
      }
    },
    nameOf: (text) => createHmac('sha256', key()).update(text).digest('hex').slice(0, 16),
  };
}

/**
 * The configured key (64 hexadecimal digits), else the one in `file`, which is made once and which only its owner may read.
 * @throws AssayError config_invalid for a file that holds none
 */
export function secretKey(configured: string | undefined, file: string): Buffer {
  if (configured !== undefined) return Buffer.from(configured, 'hex');
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    const made = randomBytes(32);
    try {
      writeFileSync(file, `${made.toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
      return made;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    const problem = `${file} must hold the key as 64 hexadecimal digits; put it back, or remove the file and connect anew`;
    throw new AssayError('config_invalid', { problem });
  }
  return Buffer.from(text, 'hex');
}
