/** scripts/prepare.mjs on small projects without dependencies: installs once, is quick after, and two at once agree. */

import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tree } from './tree.ts';

const scripts = resolve(import.meta.dirname, '../../scripts');
const installing = 'installing packages';

function project(more: Record<string, string> = {}): string {
  const root = tree({
    'package.json': '{"name": "small", "version": "1.0.0", "private": true}\n',
    'package-lock.json': lock('1.0.0'),
    ...more,
  });
  for (const name of ['prepare.mjs', 'clone-lock.mjs']) cpSync(join(scripts, name), join(root, 'scripts', name));
  return root;
}

function lock(version: string, packages: object = {}): string {
  const own = { '': { name: 'small', version } };
  return JSON.stringify({
    name: 'small',
    version,
    lockfileVersion: 3,
    requires: true,
    packages: { ...own, ...packages },
  });
}

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function run(root: string, cwd = root): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(root, 'scripts', 'prepare.mjs')], { cwd });
    const ended: Ended = { code: null, out: '', err: '' };
    child.stdout.on('data', (data) => {
      ended.out += data;
    });
    child.stderr.on('data', (data) => {
      ended.err += data;
    });
    child.on('close', (code) => done({ ...ended, code }));
  });
}

test('installs on a fresh clone from any folder, says so on standard error only, and is silent after', async () => {
  const root = project();
  const first = await run(root, '/');
  expect(first).toMatchObject({ code: 0, out: '' });
  expect(first.err).toContain(installing);
  expect(first.err).not.toMatch(/npm warn/i);
  expect(existsSync(join(root, 'node_modules', '.assay-lock'))).toBe(true);
  expect(await run(root)).toEqual({ code: 0, out: '', err: '' });
});

test('installs again when the lockfile has changed', async () => {
  const root = project();
  await run(root);
  writeFileSync(join(root, 'package.json'), '{"name": "small", "version": "1.0.0", "dependencies": {"gone": "1.0.0"}}');
  writeFileSync(
    join(root, 'package-lock.json'),
    lock('1.0.0', { 'node_modules/gone': { version: '1.0.0', resolved: 'file:gone.tgz' } }),
  );
  const second = await run(root);
  expect(second.code).toBe(1);
  expect(second.err).toContain(installing);
  expect(second.err).toContain('Remedy:');
  expect(second.err).not.toContain('    at ');
  expect(existsSync(join(root, '.assay-prepare.lock'))).toBe(false);
});

test('an install that someone else made is taken as it is', async () => {
  const there = { 'node_modules/a': { version: '1.0.0' } };
  const root = project({
    'package-lock.json': lock('1.0.0', there),
    'node_modules/.package-lock.json': lock('1.0.0', there),
  });
  expect(await run(root)).toEqual({ code: 0, out: '', err: '' });
});

describe('two at once', () => {
  test('one installs, the other waits for it', async () => {
    const root = project();
    const ended = await Promise.all([run(root), run(root)]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    expect(ended.filter(({ err }) => err.includes(installing))).toHaveLength(1);
    expect(existsSync(join(root, '.assay-prepare.lock'))).toBe(false);
  });

  test('the lock of a process that died is taken over', async () => {
    const root = project();
    const dead = spawn(process.execPath, ['--version']);
    await new Promise((done) => dead.on('close', done));
    const { hostname } = await import('node:os');
    writeFileSync(join(root, '.assay-prepare.lock'), JSON.stringify({ pid: dead.pid, host: hostname() }));
    expect((await run(root)).code).toBe(0);
  });

  test('the lock of another machine is taken over when it has been silent', async () => {
    const root = project();
    const file = join(root, '.assay-prepare.lock');
    writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere' }));
    utimesSync(file, new Date(0), new Date(0));
    expect((await run(root)).code).toBe(0);
  });
});

describe('the pinned Node', () => {
  const pinned = { 'node_modules/node': { version: `${process.versions.node.split('.')[0]}.0.0` } };
  const withNode = (binary: string) =>
    project({
      'package-lock.json': lock('1.0.0', pinned),
      'node_modules/.package-lock.json': lock('1.0.0', pinned),
      'node_modules/node/installArchSpecificPackage.js': `const fs = require('fs'); fs.mkdirSync('bin', { recursive: true }); ${binary}\n`,
    });
  const linkTo = (path: string) => `fs.symlinkSync(${JSON.stringify(path)}, 'bin/node');`;

  test('is fetched by its own step when npm held that back, and linked', async () => {
    const root = withNode(linkTo(process.execPath));
    const ended = await run(root);
    expect(ended).toMatchObject({ code: 0, out: '' });
    expect(ended.err).toContain('fetching Node');
    expect(existsSync(join(root, 'node_modules', '.bin', 'node'))).toBe(true);
    expect(await run(root)).toEqual({ code: 0, out: '', err: '' });
  });

  test('that does not run is left out when the Node at hand is new enough', async () => {
    const root = withNode(linkTo('/bin/false'));
    expect((await run(root)).code).toBe(0);
    expect(existsSync(join(root, 'node_modules', '.bin', 'node'))).toBe(false);
    expect(JSON.parse(readFileSync(join(root, 'node_modules', '.assay-lock'), 'utf8')).node).toBe('own');
  });

  test('that cannot be had is told with a remedy', async () => {
    const major = 99;
    const wanted = { 'node_modules/node': { version: `${major}.0.0` } };
    const root = project({
      'package-lock.json': lock('1.0.0', wanted),
      'node_modules/.package-lock.json': lock('1.0.0', wanted),
      'node_modules/node/installArchSpecificPackage.js': 'process.exit(1);\n',
    });
    const ended = await run(root);
    expect(ended.code).toBe(1);
    expect(ended.err).toContain(`Node ${major} from the package "node" cannot be used`);
    expect(ended.err).toContain('Remedy:');
  });
});

describe('the web client', () => {
  const web = {
    'package.json': '{"name": "small", "version": "1.0.0", "scripts": {"build:web": "node web/build.js"}}\n',
    'web/build.js': "require('fs').appendFileSync('builds', 'x');\n",
    'web/src/page.ts': '',
  };

  test('is built once, and again when its sources are newer', async () => {
    const root = project(web);
    await run(root);
    await run(root);
    expect(readFileSync(join(root, 'builds'), 'utf8')).toBe('x');
    const later = new Date(Date.now() + 60_000);
    utimesSync(join(root, 'web/src/page.ts'), later, later);
    expect((await run(root)).err).toContain('building the web client');
    expect(readFileSync(join(root, 'builds'), 'utf8')).toBe('xx');
  });
});
