/** Kept tokens: they open under the same key and the same words only, and the key is made once and is its owner's alone. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sealerOf, secretKey } from '../../../src/curate/label-studio/sealed.ts';
import { AssayError } from '../../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-sealed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const refusal = (act: () => unknown): [string, string] => {
  try {
    act();
  } catch (error) {
    if (error instanceof AssayError) return [error.code, error.message];
    throw error;
  }
  return ['nothing', ''];
};

test('a sealed text opens under its key and words, and says nothing of itself otherwise', () => {
  const key = randomBytes(32);
  const sealer = sealerOf(() => key);
  const sealed = sealer.seal('a token of Ängström', 'the token of alice');
  expect(sealer.open(sealed, 'the token of alice')).toBe('a token of Ängström');
  expect(sealed.toString('latin1')).not.toContain('token of');
  expect(sealer.seal('a token of Ängström', 'the token of alice')).not.toEqual(sealed);
  const other = sealerOf(() => randomBytes(32));
  const torn = Buffer.from(sealed);
  torn[20]! ^= 1;
  const ways = [
    () => sealer.open(sealed, 'the token of bob'),
    () => other.open(sealed, 'the token of alice'),
    () => sealer.open(torn, 'the token of alice'),
    () => sealer.open(sealed.subarray(0, 10), 'the token of alice'),
  ];
  for (const way of ways) {
    const [code, message] = refusal(way);
    expect(code).toBe('secret_unreadable');
    expect(message).toContain('ASSAY_SECRET_KEY');
    expect(message).not.toContain('Ängström');
  }
});

test('a name is the same under the same key, and another under another', () => {
  const [one, same, other] = [1, 1, 2].map((byte) => sealerOf(() => Buffer.alloc(32, byte)).nameOf('model'));
  expect(one).toMatch(/^[0-9a-f]{16}$/);
  expect(same).toBe(one);
  expect(other).not.toBe(one);
});

test('the key is the configured one, or made once; a file without one is refused by name', () => {
  expect(secretKey('ab'.repeat(32), '/nowhere/at/all').toString('hex')).toBe('ab'.repeat(32));
  const file = join(folder, 'data', 'secret.key');
  const made = secretKey(undefined, file);
  expect(made).toHaveLength(32);
  expect(secretKey(undefined, file)).toEqual(made);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8').trim()).toBe(made.toString('hex'));
  writeFileSync(file, 'no key\n');
  const [code, message] = refusal(() => secretKey(undefined, file));
  expect(code).toBe('config_invalid');
  expect(message).toContain(file);
});
