/** Checks the house rules that a linter does not know: lengths, names, docstrings, error codes, where the environment is read. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { conclude, filesBelow } from './walk.ts';

const SOURCE_LINES = 300;
const TEST_LINES = 400;
const bannedNames = /^(utils?|helpers?|common|core|misc|shared)$/i;
const unfinished = new RegExp(`\\b(${['TO', 'FIX'].map((half, i) => half + ['DO', 'ME'][i]).join('|')})\\b`);
const trees = ['src', 'scripts', 'bin', 'test', 'bench', 'examples', 'migrations', 'web/src', 'python'];
const code = /\.(ts|tsx|mjs|js|py|sql)$/;

interface Source {
  path: string;
  text: string;
}

/** Faults of the tree at `root`, each with its file; empty when all rules hold. */
export function checkHouse(root: string): string[] {
  const files = trees
    .flatMap((tree) => filesBelow(root, tree))
    .filter((path) => code.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  return [...files.flatMap(faultsOf), ...errorCodeFaults(root, files)];
}

function faultsOf(file: Source): string[] {
  return [lengthFault, nameFault, docstringFault, unfinishedFault, asciiFault, environmentFault]
    .map((rule) => rule(file))
    .filter((fault) => fault !== null)
    .map((fault) => `${file.path}${fault}`);
}

function lengthFault({ path, text }: Source): string | null {
  const limit = path.startsWith('test/') ? TEST_LINES : SOURCE_LINES;
  const counted = /^(src|scripts|bin|test)\//.test(path);
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return counted && lines > limit ? `: ${lines} lines, at most ${limit}; a file is one sentence, split it` : null;
}

function nameFault({ path }: Source): string | null {
  const banned = path.split('/').find((part) => bannedNames.test(part.replace(/(\.test)?\.\w+$/, '')));
  if (banned) return `: nothing is called ${banned}; name it by what happens to the data there`;
  return /^src\/(.*\/)?index\.ts$/.test(path) ? ': no barrels; import the file that has what is needed' : null;
}

function docstringFault({ path, text }: Source): string | null {
  if (!/^(src|scripts|bin|test)\/.*\.(ts|mjs)$/.test(path)) return null;
  return /^(#!.*\n)?\s*\/\*\*/.test(text) ? null : ':1: begins with a docstring of one sentence that says what it does';
}

function unfinishedFault({ text }: Source): string | null {
  const line = text.split('\n').findIndex((each) => unfinished.test(each));
  return line < 0 ? null : `:${line + 1}: finish it, or open an issue; the code keeps no such notes`;
}

function asciiFault({ path, text }: Source): string | null {
  if (!path.endsWith('.py')) return null;
  const line = text.split('\n').findIndex((each) => [...each].some((character) => character.charCodeAt(0) > 127));
  return line < 0 ? null : `:${line + 1}: Python files are ASCII only`;
}

/**
 * Settings are read in config.ts. Engines look up the variable a model's api_key_env names, children may be handed the
 * whole environment, and where programs lie (PATH, PYTHONPATH) and how npm called us are no settings.
 */
function environmentFault({ path, text }: Source): string | null {
  if (!path.startsWith('src/') || path === 'src/config.ts') return null;
  const named = path.startsWith('src/engines/') ? /process\.env(?!\[)/ : /process\.env/;
  const line = text
    .split('\n')
    .findIndex((each) =>
      named.test(
        each.replaceAll(/\.\.\.process\.env|\(process\.env\)|process\.env\.((?:PYTHON)?PATH\b|INIT_CWD|npm_\w+)/g, ''),
      ),
    );
  return line < 0 ? null : `:${line + 1}: reads the environment; make it a setting in src/config.ts`;
}

/** The codes in the table of src/errors.ts, in its order; none when there is no such file. */
export function errorCodes(text: string): string[] {
  const table = text.match(/export const errorTable = \{\n([\s\S]*?)\n\}/)?.[1] ?? '';
  return [...table.matchAll(/^ {2}(\w+):/gm)].map((match) => match[1]!);
}

function errorCodeFaults(root: string, files: Source[]): string[] {
  const codes = errorCodes(files.find(({ path }) => path === 'src/errors.ts')?.text ?? '');
  const uses = files.filter(({ path }) => path.startsWith('src/') && path !== 'src/errors.ts').map(({ text }) => text);
  const page = join(root, 'docs/reference/errors.md');
  const documented = existsSync(page) ? readFileSync(page, 'utf8') : '';
  return codes.flatMap((name) => {
    const quoted = new RegExp(`['"\`]${name}['"\`]`);
    const faults: string[] = [];
    if (!uses.some((text) => quoted.test(text))) faults.push(`src/errors.ts: ${name} is used nowhere; remove it`);
    if (!documented.includes(`\`${name}\``)) {
      faults.push(`docs/reference/errors.md: ${name} is missing; run: npm run generate`);
    }
    return faults;
  });
}

if (import.meta.main) conclude('house rules', checkHouse(resolve(import.meta.dirname, '..')));
