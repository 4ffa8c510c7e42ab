/** Finds the program that tells of the cards of a vendor: the one that is set, else one on PATH or at its usual place. */

import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export type Tool = 'nvidia-smi' | 'rocm-smi';

/** Where a tool lies when it is not on PATH: nvidia-smi under WSL, rocm-smi as ROCm installs it. */
const places: Record<Tool, string[]> = { 'nvidia-smi': ['/usr/lib/wsl/lib'], 'rocm-smi': ['/opt/rocm/bin'] };

/** Its path; null where there is none. @throws Error when the one that is set cannot be run */
export async function findTool(tool: Tool, configured: string | null): Promise<string | null> {
  if (configured !== null) {
    if (await runs(configured)) return configured;
    const setting = `ASSAY_${tool.toUpperCase().replace('-', '_')}`;
    throw new Error(`${setting} names ${configured}, which is not a program that can be run`);
  }
  const file = process.platform === 'win32' ? `${tool}.exe` : tool;
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...places[tool]];
  for (const folder of folders) {
    if (folder !== '' && (await runs(join(folder, file)))) return join(folder, file);
  }
  return null;
}

async function runs(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
