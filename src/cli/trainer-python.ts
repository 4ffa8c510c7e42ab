/** Looks at a Python: its version, how it can fill an environment, and which of the trainer's packages it has. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AssayError } from '../errors.ts';

/** What the trainer works with, as it was tested. */
export const trainerPackages: Record<string, string> = {
  torch: '2.13.0',
  transformers: '5.23.0',
  peft: '0.21.2',
  accelerate: '1.15.0',
  gguf: '0.19.0',
};

/** The oldest Python that these packages take. */
export const oldestPython = [3, 10] as const;

export interface PythonFound {
  command: string;
  version: number[];
  /** How it fills an environment: from outside, by its own pip; by a pip inside; null: not at all. */
  fills: 'outside' | 'inside' | null;
  /** Versions of the trainer's packages that are there. */
  packages: Record<string, string>;
}

const LOOK_MS = 60_000;
/** pip takes another Python's place since 22.3. Debian's Python has no pip for inside unless its venv package is there. */
const script = `
import importlib.metadata, importlib.util, json, sys
packages = {}
for name in sys.argv[1:]:
    try:
        packages[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
def has(name):
    return importlib.util.find_spec(name) is not None
fills = None
if has("venv") and has("pip") and [int(n) for n in importlib.metadata.version("pip").split(".")[:2]] >= [22, 3]:
    fills = "outside"
elif has("venv") and has("ensurepip"):
    fills = "inside"
print(json.dumps({"version": list(sys.version_info[:3]), "fills": fills, "packages": packages}))
`;

/** What there is behind a command; null where there is none, or it is no Python. */
export async function lookAtPython(command: string, signal: AbortSignal): Promise<PythonFound | null> {
  try {
    const args = ['-c', script, ...Object.keys(trainerPackages)];
    const { stdout } = await promisify(execFile)(command, args, { timeout: LOOK_MS, signal });
    return { command, ...JSON.parse(stdout) };
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

export const isNewEnough = ({ version }: PythonFound): boolean =>
  version[0]! > oldestPython[0] || (version[0] === oldestPython[0] && version[1]! >= oldestPython[1]);

/** The Python that a person named. @throws AssayError usage when it is none, too old, or lacks a package */
export async function givenPython(command: string, signal: AbortSignal): Promise<string> {
  const found = await lookAtPython(command, signal);
  const wanted = oldestPython.join('.');
  const fault = (problem: string) => new AssayError('usage', { problem });
  if (found === null)
    throw fault(`--python ${command} is no Python that runs. Name one of ${wanted} or newer, or leave it out.`);
  if (!isNewEnough(found))
    throw fault(`--python ${command} is Python ${found.version.join('.')}; name one of ${wanted} or newer.`);
  const missing = Object.entries(trainerPackages).filter(([name]) => found.packages[name] === undefined);
  if (missing.length > 0) {
    const pins = missing.map(([name, version]) => `${name}==${version}`).join(' ');
    throw fault(
      `--python ${command} lacks ${missing.map(([name]) => name).join(', ')}. Install them (${command} -m pip install ${pins}), or leave --python out.`,
    );
  }
  return command;
}
