/**
 * From real questions to targeted training data on real small models, by the product's one command, timed; then once more in a new
 * data folder, killed (SIGKILL to all of it) at random points and asked for again with the very same words. Calls are counted by the
 * engines' own logs. `node bench/analyze-failures.ts [--questions 32] [--rows 50] [--model smollm2-135m]
 * [--label-model qwen2.5-coder-1.5b] [--generate-model smollm2-135m] [--answer-model M] [--max-tokens 96] [--answer-tokens 192] [--max-factor 6]
 * [--kills 3] [--seed 1] [--whole false] [--record]`. Needs the real data (see CONTRIBUTING.md), and the models fetched before (any run of them does).
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { analysisFiles, type WholeAnalysis } from '../src/contracts/analyses.ts';
import { lines } from '../test/harness/browser.ts';
import { descendants, killAll } from '../test/harness/processes.ts';
import { seededRandom, shuffled } from '../test/harness/random.ts';
import { machine, record } from './measure.ts';

const { values } = parseArgs({
  options: {
    questions: { type: 'string', default: '32' },
    rows: { type: 'string', default: '50' },
    model: { type: 'string', default: 'smollm2-135m' },
    'label-model': { type: 'string', default: 'qwen2.5-coder-1.5b' },
    'generate-model': { type: 'string', default: 'smollm2-135m' },
    'answer-model': { type: 'string' },
    'max-tokens': { type: 'string', default: '96' },
    'answer-tokens': { type: 'string', default: '192' },
    'max-factor': { type: 'string', default: '6' },
    kills: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    whole: { type: 'string', default: 'true' },
    record: { type: 'boolean', default: false },
  },
});
const root = resolve(import.meta.dirname, '..');
const data = process.env.ASSAY_TEST_DATA ?? resolve(root, '../shared/data');
const random = seededRandom(Number(values.seed));

interface Question {
  custom_id: string;
  prompt: string;
  answer: string;
  category: string;
}

const jsonl = <T>(...path: string[]): T[] =>
  readFileSync(join(data, ...path), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

/** Questions of both sets that have one number as their answer: half of them gsm8k's, at most ten the mathematics of MT-bench. */
function questions(count: number): Question[] {
  interface Solved {
    question: string;
    ground_truth: string;
  }
  interface Turns {
    question_id: number;
    category: string;
    turns: string[];
  }
  interface Reference {
    question_id: number;
    choices: { turns: string[] }[];
  }
  const references = new Map(
    jsonl<Reference>('mt-bench', 'reference_answer_gpt-4.jsonl').map(({ question_id, choices }) => [
      question_id,
      choices[0]!.turns[0]!,
    ]),
  );
  const mtBench = jsonl<Turns>('mt-bench', 'question.jsonl')
    .filter(({ category, question_id }) => category === 'math' && references.has(question_id))
    .slice(0, Math.floor(count / 2))
    .map(({ question_id: id, turns }) => ({
      custom_id: `mt-${id}`,
      prompt: turns[0]!,
      answer: references.get(id)!,
      category: 'mt-bench',
    }));
  const gsm8k = shuffled(jsonl<Solved>('gsm8k', 'example_model_solutions.jsonl'), seededRandom(1))
    .slice(0, count - mtBench.length)
    .map(({ question, ground_truth }, n) => ({
      custom_id: `gsm-${n}`,
      prompt: question,
      answer: ground_truth,
      category: 'gsm8k',
    }));
  return [...gsm8k, ...mtBench];
}

/** A folder of its own for the data and the files of one analysis. */
interface Place {
  folder: string;
  out: string;
  logs: string;
}

async function openPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-analyze-'));
  const rows = questions(Number(values.questions));
  await writeFile(
    join(folder, 'questions.jsonl'),
    lines(rows.length, (n) => rows[n]!),
  );
  await writeFile(join(folder, 'rules.json'), JSON.stringify([{ kind: 'numeric' }]));
  return { folder, out: join(folder, 'out'), logs: join(folder, 'data', 'logs', 'engines') };
}

/** The command of a user, in a process group of its own. */
function startCommand({ folder, out }: Place): ChildProcess {
  const answers = values['answer-model'] === undefined ? [] : ['--answer-model', values['answer-model']];
  const args = [
    ...['analyze-failures', join(folder, 'questions.jsonl'), '--rules', join(folder, 'rules.json')],
    ...['--model', values.model, '--max-tokens', values['max-tokens'], '--embeddings', 'minilm'],
    ...['--label-model', values['label-model'], '--generate-model', values['generate-model'], ...answers],
    ...[
      '--answer-tokens',
      values['answer-tokens'],
      '--rows',
      values.rows,
      '--max-factor',
      values['max-factor'],
      '--out',
      out,
      '--json',
    ],
  ];
  const env = { ...process.env, ASSAY_DATA: join(folder, 'data'), ASSAY_PORT: '0', ASSAY_LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, [join(root, 'src', 'cli', 'assay.ts'), ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return child;
}

/** Calls that the engines took up and those that they ended, by their own logs, which kills leave whole. */
function callsOf({ logs }: Place): { begun: number; ended: number } {
  const text = existsSync(logs) ? readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8')) : [];
  const count = (words: RegExp) => text.reduce((sum, log) => sum + (log.match(words)?.length ?? 0), 0);
  return { begun: count(/ launch_slot_: .* processing task/g), ended: count(/ release: .* stop processing/g) };
}

async function toItsEnd(place: Place): Promise<WholeAnalysis> {
  const child = startCommand(place);
  const chunks: Buffer[] = [];
  child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  const text = Buffer.concat(chunks).toString();
  if (code !== 0) throw new Error(`analyze-failures ended with ${code}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as WholeAnalysis;
}

/** Kills the command and all that it started once the engines have taken up `at` calls; gives how many were under way, null when it ended first. */
async function killedAt(place: Place, at: number): Promise<number | null> {
  const child = startCommand(place);
  child.stdout!.resume();
  while (child.exitCode === null && callsOf(place).begun < at) await sleep(20);
  if (child.exitCode !== null) return null;
  const ended = once(child, 'exit');
  killAll([child.pid!, ...descendants(child.pid!).map(({ pid }) => pid)]);
  await ended;
  await sleep(1000);
  const { begun, ended: done } = callsOf(place);
  return begun - done;
}

const stepWords = ({ steps }: WholeAnalysis): string =>
  steps
    .map(({ step, status, started_at, ended_at, calls }) => {
      const seconds = started_at === null || ended_at === null ? 0 : ended_at - started_at;
      return `${step} ${status} ${seconds} s${calls === 0 ? '' : ` (${calls} calls)`}`;
    })
    .join(', ');

const droppedWords = ({ targeted }: WholeAnalysis): string => {
  const dropped = Object.entries(targeted?.dropped ?? {}).filter(([, count]) => count > 0);
  return dropped.length === 0 ? '' : ` (dropped: ${dropped.map(([why, count]) => `${why} ${count}`).join(', ')})`;
};

async function missingOf({ out }: Place): Promise<string[]> {
  const names = Object.values(analysisFiles).flat();
  const sizes = await Promise.all(
    names.map((name) =>
      readFile(join(out, name)).then(
        (bytes) => bytes.length,
        () => null,
      ),
    ),
  );
  return names.filter((_, n) => sizes[n] === null);
}

async function say(text: string): Promise<void> {
  console.log(text);
  if (values.record) await record(text);
}

const asked =
  `${values.questions} real questions of gsm8k and MT-bench to ${values.model}, rule numeric, minilm, names by ${values['label-model']}, ` +
  `${values.rows} targeted rows by ${values['generate-model']}${values['answer-model'] === undefined ? '' : ` and ${values['answer-model']}`}, answers of ${values['max-tokens']} and ${values['answer-tokens']} tokens at most`;

console.log(machine());
let calls = Number.NaN;
if (values.whole === 'true') {
  const place = await openPlace();
  const started = performance.now();
  const analysis = await toItsEnd(place);
  const seconds = (performance.now() - started) / 1000;
  calls = callsOf(place).begun;
  const missing = await missingOf(place);
  await say(
    `analyze-failures, ${asked}: ${analysis.status} in ${(seconds / 60).toFixed(1)} minutes; ${analysis.failures} failures, ${analysis.clusters} clusters, ` +
      `${analysis.targeted?.kept ?? 0} rows kept of ${analysis.targeted?.asked ?? 0}${droppedWords(analysis)}; ${calls} calls by the engines' logs; ${stepWords(analysis)}; ` +
      `files missing: ${missing.join(', ') || 'none'}`,
  );
  await rm(place.folder, { recursive: true, force: true });
}

const kills = Number(values.kills);
if (kills > 0) {
  const place = await openPlace();
  const most = Number.isNaN(calls) ? Number(values.questions) + 2 * Number(values.rows) : calls;
  const points = Array.from({ length: kills }, (_, n) => Math.ceil((most * (n + random())) / kills));
  const under: (number | null)[] = [];
  for (const point of points) under.push(await killedAt(place, Math.max(1, point)));
  const analysis = await toItsEnd(place);
  const { begun } = callsOf(place);
  const missing = await missingOf(place);
  await say(
    `analyze-failures, killed -9 when the engines had taken up ${points.join(', ')} calls (--seed ${values.seed}; under way: ${under.join(', ')}), ${asked}: ` +
      `${analysis.status}; ${begun} calls by the engines' logs${Number.isNaN(calls) ? '' : `, ${calls} without a kill`}; ${stepWords(analysis)}; files missing: ${missing.join(', ') || 'none'}`,
  );
  await rm(place.folder, { recursive: true, force: true });
}
