/** The documents are true to the code: links, commands, flags, settings, routes and models.yaml in them are what there is. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { filesBelow } from '../../scripts/walk.ts';
import { addLabelStudio } from '../../src/cli/label-studio.ts';
import { environmentName, type SettingName, settings } from '../../src/config.ts';
import { readModelsFile } from '../../src/engines/models-file.ts';
import { tree } from './tree.ts';

const root = resolve(import.meta.dirname, '../..');
const top = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md'];
const pages = [...top, ...filesBelow(root, 'docs').filter((path) => path.endsWith('.md'))];
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const all = pages.map(read).join('\n');

test.each(pages)('%s links only to what is there', (path) => {
  const links = [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => match[1]!);
  expect(links.filter((link) => !existsSync(join(root, dirname(path), link)))).toEqual([]);
});

test('every page of the guide is linked in the README', () => {
  const readme = read('README.md');
  const guides = pages.filter((path) => path.startsWith('docs/guide/'));
  expect(guides.filter((path) => !readme.includes(`(${path})`))).toEqual([]);
});

describe('commands', () => {
  const help = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'bin/assay.mjs'), ...args, '--help'], { encoding: 'utf8' }).stdout;
  const lines = [...all.matchAll(/(?:npx assay|npm start --|\bassay) ((?:--)?[a-z][^`\n|]*)/g)].map(
    (match) => match[1]!,
  );
  const known = [...help().matchAll(/^ {2}([a-z-]+)(?= )/gm)].map((match) => match[1]!);
  // Each of its commands has a help of its own, too many to start a process for each.
  const group = new Command();
  addLabelStudio(group);
  const labelStudio = group.commands[0]!.commands.map((command) => command.helpInformation()).join('');
  const wanted = [
    'start',
    'run',
    'status',
    'cancel',
    'retry',
    'results',
    'convert',
    'analyze',
    'doctor',
    'keys',
    'worker',
    'judge',
    'sample',
    'analyze-failures',
    'mine',
    'generate',
    'train-demo',
    'label-studio',
  ];

  test('all that the documents promise are there', () => {
    expect(wanted.filter((name) => !known.includes(name))).toEqual([]);
  });

  test.each(wanted)('%s has the flags that the documents give it', (name) => {
    const text =
      help(name) + (name === 'keys' ? help('keys', 'add') : '') + (name === 'label-studio' ? labelStudio : '');
    const used = lines.filter((line) => (name === 'start' && line.startsWith('--')) || line.split(' ')[0] === name);
    const flags = used.flatMap((line) => [...line.matchAll(/(?:^|\s)(--[a-z-]+)/g)].map((match) => match[1]!));
    const isSetting = (flag: string) => flag.slice(2).replaceAll('-', '_') in settings;
    expect(flags.filter((flag) => !text.includes(flag) && !isSetting(flag))).toEqual([]);
  });
});

test('every variable named is one of a setting, or of the trainer', () => {
  const ofTrainer = [...read('python/assay_train/config.py').matchAll(/"(ASSAY_[A-Z_]+)"/g)].map((match) => match[1]!);
  const names = new Set([...(Object.keys(settings) as SettingName[]).map(environmentName), ...ofTrainer]);
  const used = new Set([...all.matchAll(/\bASSAY_[A-Z0-9_]+\b(?!…)/g)].map((match) => match[0].replace(/_$/, '')));
  expect([...used].filter((name) => name !== 'ASSAY' && !names.has(name))).toEqual([]);
});

test('every route named is described by the server', () => {
  const routes = ['src/http', 'src/contracts']
    .flatMap((folder) => filesBelow(root, folder))
    .map(read)
    .join('\n');
  const used = new Set(
    [...all.matchAll(/`?(?:GET|POST|DELETE)[^`\n]*? (\/(?:v1|admin)\/[a-z_/{}]+)/g)].map((m) => m[1]!),
  );
  const missing = [...used].filter((path) => {
    const fastify = path.replace(/\/$/, '').replaceAll(/\{(\w+)\}/g, ':$1');
    return !routes.includes(`'${fastify}'`) && !routes.includes(`'${fastify.replace(/:\w+$/, '*')}'`);
  });
  expect(missing).toEqual([]);
});

describe('models.yaml', () => {
  const blocks = ['README.md', 'docs/guide/models.md'].flatMap((path) =>
    [...read(path).matchAll(/```yaml\n(models:[\s\S]*?)```/g)].map((match) => [path, match[1]!] as const),
  );

  test.each(blocks)('the example in %s is taken', (_, text) => {
    const file = join(tree({}), 'models.yaml');
    writeFileSync(file, text);
    expect(readModelsFile(file).length).toBeGreaterThan(0);
  });
});
