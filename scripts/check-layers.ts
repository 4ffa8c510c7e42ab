/** Checks that imports in src/ obey layers.json: a room imports only from rooms above it, and no files form a cycle. */

import { readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { conclude, filesBelow } from './walk.ts';

interface Import {
  specifier: string;
  line: number;
}

const patterns = [
  /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"\n]+)['"]/gm,
  /^[ \t]*import\s*['"]([^'"\n]+)['"]/gm,
  /\bimport\(\s*['"]([^'"\n]+)['"]/g,
];

/** Every import of a TypeScript source: static, for types only, for side effects, dynamic, and re-exports. */
export function importsOf(source: string): Import[] {
  // Comments keep their line breaks, so that the lines told are right.
  const code = source
    .replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/^[ \t]*\/\/.*$/gm, '');
  return patterns
    .flatMap((pattern) =>
      [...code.matchAll(pattern)].map((match) => ({
        specifier: match[1]!,
        line: code.slice(0, match.index + match[0].length).split('\n').length,
      })),
    )
    .sort((a, b) => a.line - b.line);
}

/**
 * Faults of the tree at `root`, each with file and line; empty when it obeys.
 * layers.json: {folder: [rooms, top-down]}; a room is a folder or a file right below it.
 */
export function checkLayers(root: string): string[] {
  const layers: Record<string, string[]> = JSON.parse(readFileSync(join(root, 'layers.json'), 'utf8'));
  return Object.entries(layers).flatMap(([folder, rooms]) => checkFolder(root, folder, rooms));
}

function checkFolder(root: string, folder: string, rooms: string[]): string[] {
  const files = filesBelow(root, folder).filter((file) => file.endsWith('.ts'));
  const roomOf = (file: string) => file.slice(folder.length + 1).split('/')[0]!;
  const faults = [...new Set(files.map(roomOf))]
    .filter((room) => !rooms.includes(room))
    .map((room) => `${folder}/${room} is not in layers.json; put it where its imports allow`);
  const graph = new Map<string, string[]>();
  for (const file of files) {
    const targets: string[] = [];
    for (const { specifier, line } of importsOf(readFileSync(join(root, file), 'utf8'))) {
      const place = `${file}:${line}`;
      const target = specifier.startsWith('.') ? normalize(join(dirname(file), specifier)).replaceAll('\\', '/') : null;
      if (target !== null && files.includes(target)) targets.push(target);
      const fault = importFault({ file, folder, target, specifier, rooms, roomOf });
      if (fault) faults.push(`${place}: ${fault}`);
    }
    graph.set(file, targets);
  }
  return [...faults, ...cycles(graph)];
}

/** What is wrong with one import, or null. `target` is the file it names, from the root; null for a package. */
function importFault(at: {
  file: string;
  folder: string;
  target: string | null;
  specifier: string;
  rooms: string[];
  roomOf: (file: string) => string;
}): string | null {
  const from = at.roomOf(at.file);
  if (at.target === null) {
    const allowed = from !== 'contracts' || at.specifier === 'zod' || at.specifier.startsWith('zod/');
    return allowed ? null : `contracts imports zod only, not ${at.specifier}`;
  }
  if (!at.target.startsWith(`${at.folder}/`)) {
    return at.target.endsWith('.json') ? null : `imports ${at.target}, which is outside ${at.folder}/`;
  }
  const to = at.roomOf(at.target);
  const own = at.rooms.indexOf(from);
  const other = at.rooms.indexOf(to);
  if (from === to || own < 0 || other < 0 || other < own) return null;
  return `${from} imports ${to} (${at.target}), which comes after it in layers.json`;
}

/** Each cycle among files once, as the files along it. */
function cycles(graph: Map<string, string[]>): string[] {
  const found = new Set<string>();
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      found.add(`cycle: ${[...path.slice(start), file].join(' -> ')}`);
      return;
    }
    if (finished.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    finished.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return [...found];
}

if (import.meta.main) conclude('layers', checkLayers(resolve(import.meta.dirname, '..')));
