/** Reads the settings from flags, environment, assay.yaml and defaults, and reports every fault at once. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { AssayError } from './errors.ts';
import { curationSettings } from './settings/curation.ts';
import { serverSettings } from './settings/server.ts';
import type { Setting } from './settings/setting.ts';
import { trainingSettings } from './settings/training.ts';
import { workbenchSettings } from './settings/workbench.ts';

/** Every setting there is, in the order of the reference page. */
export const settings = { ...serverSettings, ...workbenchSettings, ...trainingSettings, ...curationSettings };

export type SettingName = keyof typeof settings;

/** Effective values of all settings. */
export type Config = { [K in SettingName]: z.output<(typeof settings)[K]['schema']> };

/** Where each effective value came from. */
export type Origins = Record<SettingName, 'flag' | 'environment' | 'assay.yaml' | 'default'>;

/** The environment variable of a setting. */
export function environmentName(name: SettingName): string {
  const entry: Setting<z.ZodType> = settings[name];
  return entry.env ?? `ASSAY_${name.toUpperCase()}`;
}

/**
 * Reads flags over environment over `assay.yaml` (in `folder`) over defaults.
 * @throws AssayError config_invalid that lists every fault at once, each with its place and value.
 */
export function loadConfig(
  options: { flags?: Partial<Record<SettingName, unknown>>; env?: NodeJS.ProcessEnv; folder?: string } = {},
): {
  config: Config;
  origins: Origins;
} {
  const folder = options.folder ?? process.cwd();
  const env = options.env ?? process.env;
  const faults: string[] = [];
  const fromFile = readYaml(join(folder, 'assay.yaml'), faults);
  const config: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const name of Object.keys(settings) as SettingName[]) {
    const variable = environmentName(name);
    const [origin, place, raw] =
      options.flags?.[name] !== undefined
        ? (['flag', `--${name.replaceAll('_', '-')}`, options.flags[name]] as const)
        : env[variable] !== undefined && env[variable] !== ''
          ? (['environment', variable, env[variable]] as const)
          : fromFile[name] !== undefined
            ? (['assay.yaml', `assay.yaml: ${name}`, fromFile[name]] as const)
            : (['default', name, undefined] as const);
    const entry: Setting<z.ZodType> = settings[name];
    const parsed = entry.schema.safeParse(raw);
    if (!parsed.success) {
      const shown = entry.secret ? '(secret)' : JSON.stringify(raw);
      faults.push(
        `  ${place} = ${shown}: ${parsed.error.issues.map((i) => i.message).join('; ')} (${entry.unit}: ${entry.doc})`,
      );
    } else {
      config[name] = parsed.data;
      origins[name] = origin;
    }
  }
  if (faults.length > 0) throw new AssayError('config_invalid', { problem: faults.join('\n') });
  config.data = resolve(folder, config.data as string);
  config.cache = resolve(folder, config.cache as string);
  return { config: config as Config, origins: origins as Origins };
}

function readYaml(file: string, faults: string[]): Record<string, unknown> {
  if (!existsSync(file)) return {};
  try {
    const value: unknown = parse(readFileSync(file, 'utf8')) ?? {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      faults.push(`  ${file}: must hold "name: value" lines`);
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!(key in settings))
        faults.push(`  ${file}: no setting is called ${key}; see docs/reference/configuration.md`);
    }
    return value as Record<string, unknown>;
  } catch (error) {
    // The lines after the first show the file's text, which may hold a secret.
    faults.push(`  ${file}: ${(error as Error).message.split('\n')[0]}`);
    return {};
  }
}
