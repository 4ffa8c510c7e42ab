/** The files of docs/deploy are what the settings, the commands and models.yaml take. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { environmentName, loadConfig, type SettingName, settings } from '../../src/config.ts';
import { readModelsFile } from '../../src/engines/models-file.ts';
import { tree } from './tree.ts';

const folder = resolve(import.meta.dirname, '../../docs/deploy');
const text = (file: string) => readFileSync(join(folder, file), 'utf8');
const variables = new Set((Object.keys(settings) as SettingName[]).map(environmentName));

/** What a container of the image is started with. */
interface Started {
  name: string;
  args: string[];
  env: Record<string, string>;
  /** Seconds from SIGTERM to SIGKILL. */
  graceSeconds: number;
}

// biome-ignore lint/suspicious/noExplicitAny: two foreign formats, of which a few paths are read
type Json = any;

function ofCompose(): Started[] {
  const { services } = parse(text('compose.yaml'), { merge: true }) as Json;
  return Object.entries<Json>(services)
    .filter(([, service]) => service.image === 'assay')
    .map(([name, service]) => ({
      name: `compose ${name}`,
      args: service.command,
      env: service.environment,
      graceSeconds: Number.parseInt(service.stop_grace_period ?? '10s', 10),
    }));
}

const manifests = (): Json[] => parseAllDocuments(text('kubernetes.yaml')).map((document) => document.toJS());

function ofKubernetes(): Started[] {
  return manifests().flatMap((manifest) => {
    const pod = manifest.spec?.template?.spec;
    return (pod?.containers ?? [])
      .filter((container: Json) => container.image === 'assay')
      .map((container: Json) => ({
        name: `kubernetes ${container.name}`,
        args: container.args,
        env: Object.fromEntries(container.env.map((each: Json) => [each.name, each.value ?? `$(${each.name})`])),
        graceSeconds: pod.terminationGracePeriodSeconds ?? 30,
      }));
  });
}

const all = [...ofCompose(), ...ofKubernetes()];

test('both run a server that works no rows, and workers', () => {
  expect(all.map(({ name, args }) => `${name}: ${args.join(' ')}`)).toEqual([
    'compose server: start --no-worker --no-demo --json',
    'compose worker: worker --json',
    'kubernetes server: start --no-worker --no-demo --json',
    'kubernetes worker: worker --json',
  ]);
});

test.each(all)(
  '$name: every variable is that of a setting, with a value that it takes',
  ({ env, args, graceSeconds }) => {
    expect(Object.keys(env).filter((name) => !variables.has(name))).toEqual([]);
    // Secrets come from outside: in their place something long enough.
    const given = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, /^\$/.test(value) ? 'x'.repeat(32) : value]),
    );
    const { config } = loadConfig({ env: given, folder: tree({}) });
    expect(config.database_url).toBeDefined();
    if (args[0] === 'worker') expect(graceSeconds).toBeGreaterThan(config.drain_seconds);
  },
);

test('the models of both are taken', () => {
  expect(readModelsFile(join(folder, 'models.yaml')).map((model) => model.id)).toEqual(['llama-8b']);
  const map = manifests().find((manifest) => manifest.kind === 'ConfigMap');
  const file = join(tree({}), 'models.yaml');
  writeFileSync(file, map.data['models.yaml']);
  expect(readModelsFile(file).map((model) => model.id)).toEqual(['llama-8b']);
});
