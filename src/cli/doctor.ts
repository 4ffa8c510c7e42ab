/** `assay doctor`: what is missing on this machine and the remedy, and the settings in force with where they came from. */

import type { Command } from 'commander';
import { type Config, environmentName, type Origins, type SettingName, settings } from '../config.ts';
import { openDisplay } from './display.ts';
import { checkDatabase, checkDataFolder, checkNode, checkPort, checkServer } from './doctor-base.ts';
import type { Check } from './doctor-check.ts';
import { checkEngine, checkModels, checkModelsFile, checkPython } from './doctor-engines.ts';
import { checkGpu } from './doctor-gpu.ts';
import { exitCodes } from './report-error.ts';
import { readConfig } from './settings-flags.ts';
import { clean, pad } from './text.ts';

const marks = { ok: '✓', note: '·', missing: '✗' } as const;

/** Adds the command. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('show what is missing and how to mend it, and the settings in force')
    .option('--json', 'write JSON instead of text', false)
    .action(async (flags: { json: boolean }, command: Command) => {
      const { config, origins } = readConfig(command);
      const display = openDisplay({ json: flags.json, lineSeconds: config.progress_line_seconds });
      const checks = await examine(config);
      display.emit({ checks, settings: shownSettings(config, origins) });
      for (const check of checks) {
        display.say(`${marks[check.state]} ${pad(check.name, 12)} ${clean(check.found)}`);
        if (check.state !== 'ok' && check.remedy) display.say(`  ${' '.repeat(12)} → ${clean(check.remedy)}`);
      }
      display.say(
        '',
        'Settings in force (flag over environment over assay.yaml over default):',
        ...settingLines(config, origins),
      );
      if (checks.some((check) => check.state === 'missing')) process.exitCode = exitCodes.error;
    });
}

/** Looks at everything, one after the other; a look that itself fails counts as missing. */
async function examine(config: Config): Promise<Check[]> {
  const looks: [string, (config: Config) => Promise<Check[]>][] = [
    ['Node', checkNode],
    ['data folder', checkDataFolder],
    ['database', checkDatabase],
    ['server', checkServer],
    ['port', checkPort],
    ['models.yaml', checkModelsFile],
    ['engine', checkEngine],
    ['GPU', checkGpu],
    ['Python', checkPython],
    ['models', checkModels],
  ];
  const all: Check[] = [];
  for (const [name, look] of looks) {
    try {
      all.push(...(await look(config)));
    } catch (error) {
      all.push({ name, state: 'missing', found: (error as Error).message });
    }
  }
  return all;
}

interface ShownSetting {
  name: SettingName;
  value: unknown;
  origin: string;
  environment: string;
}

/** All settings; a secret only as set or not. */
function shownSettings(config: Config, origins: Origins): ShownSetting[] {
  return (Object.keys(settings) as SettingName[]).map((name) => {
    const entry: { secret?: boolean } = settings[name];
    const value = entry.secret && config[name] !== undefined ? '(secret, set)' : (config[name] ?? null);
    return { name, value, origin: origins[name], environment: environmentName(name) };
  });
}

function settingLines(config: Config, origins: Origins): string[] {
  const shown = shownSettings(config, origins);
  const width = Math.max(...shown.map(({ name }) => name.length));
  return shown.map(
    ({ name, value, origin }) => `  ${pad(name, width)}  ${pad(origin, 11)}  ${clean(String(value ?? '(not set)'))}`,
  );
}
