/** Settings: where they come from and which place wins, every fault at once, secrets kept out of messages. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { environmentName, loadConfig, type SettingName, settings } from '../src/config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const yaml = (text: string) => writeFileSync(join(folder, 'assay.yaml'), text);
const faultOf = (work: () => unknown): { code: string; message: string } => {
  try {
    work();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('no fault was reported');
};

describe('precedence', () => {
  test('flag over environment over assay.yaml over default, each with its origin', () => {
    const load = (flags: object, env: NodeJS.ProcessEnv) => {
      const { config, origins } = loadConfig({ flags, env, folder });
      return [config.port, origins.port];
    };
    expect(load({}, {})).toEqual([4080, 'default']);
    yaml('port: 5001\n');
    expect(load({}, {})).toEqual([5001, 'assay.yaml']);
    expect(load({}, { ASSAY_PORT: '5002' })).toEqual([5002, 'environment']);
    expect(load({ port: '5003' }, { ASSAY_PORT: '5002' })).toEqual([5003, 'flag']);
  });

  test('an empty variable counts as not set', () => {
    expect(loadConfig({ env: { ASSAY_PORT: '' }, folder }).origins.port).toBe('default');
  });

  test('variables that others share keep their names', () => {
    const names: SettingName[] = ['database_url', 'hf_token', 'hf_endpoint'];
    expect(names.map(environmentName)).toEqual(['DATABASE_URL', 'HF_TOKEN', 'HF_ENDPOINT']);
    expect(environmentName('log_level')).toBe('ASSAY_LOG_LEVEL');
  });

  test('folders are taken from where the command runs', () => {
    yaml('data: here\n');
    expect(loadConfig({ env: {}, folder }).config.data).toBe(resolve(folder, 'here'));
  });

  test('yes/no settings take the usual words', () => {
    const open = (value: string) => loadConfig({ env: { ASSAY_OPEN_BROWSER: value }, folder }).config.open_browser;
    expect(['true', 'yes', '1', 'false', 'no', '0'].map(open)).toEqual([true, true, true, false, false, false]);
  });
});

describe('faults', () => {
  test('all are reported at once, each with its place and value', () => {
    yaml('chunk_max_rows: none\nprot: 1\n');
    const fault = faultOf(() =>
      loadConfig({ flags: { log_level: 'loud' }, env: { ASSAY_PORT: '70000', ASSAY_LAND_ROWS: '0' }, folder }),
    );
    expect(fault.code).toBe('config_invalid');
    expect(fault.message).toContain('ASSAY_PORT = "70000"');
    expect(fault.message).toContain('ASSAY_LAND_ROWS = "0"');
    expect(fault.message).toContain('--log-level = "loud"');
    expect(fault.message).toContain('assay.yaml: chunk_max_rows = "none"');
    expect(fault.message).toContain('no setting is called prot');
  });

  test('an unknown key in assay.yaml is named', () => {
    yaml('ports: 1\n');
    expect(faultOf(() => loadConfig({ env: {}, folder })).message).toContain('no setting is called ports');
  });

  test('assay.yaml that is a list, or no YAML, is told', () => {
    yaml('- a\n- b\n');
    expect(faultOf(() => loadConfig({ env: {}, folder })).message).toContain('must hold "name: value" lines');
    yaml('port: [1\n');
    expect(faultOf(() => loadConfig({ env: {}, folder })).message).toContain('assay.yaml');
  });
});

describe('secrets', () => {
  const secret = 'tell-no-one';

  test('a secret that is not valid is not printed', () => {
    const fault = faultOf(() => loadConfig({ env: { ASSAY_JWT_SECRET: secret }, folder }));
    expect(fault.message).toContain('ASSAY_JWT_SECRET = (secret)');
    expect(fault.message).not.toContain(secret);
  });

  test('a broken assay.yaml does not show its lines', () => {
    yaml(`jwt_secret: "${secret}\nport: 1\n`);
    const fault = faultOf(() => loadConfig({ env: {}, folder }));
    expect(fault.message).toContain('assay.yaml');
    expect(fault.message).not.toContain(secret);
  });

  test('whatever holds a password or a token is marked as one', () => {
    const marked = Object.entries(settings).filter(([, entry]) => 'secret' in entry && entry.secret === true);
    expect(marked.map(([name]) => name)).toEqual(expect.arrayContaining(['database_url', 'jwt_secret', 'hf_token']));
  });
});
