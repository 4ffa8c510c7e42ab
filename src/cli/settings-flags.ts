/** Makes every setting of the configuration a flag, and reads the configuration with the flags that were given. */

import { type Command, Option } from 'commander';
import { type Config, loadConfig, type Origins, type SettingName, settings } from '../config.ts';

/** Settings that the help lists; the others are flags too and stand in the reference. */
const listed: SettingName[] = ['data', 'host', 'port', 'models', 'database_url', 'cache', 'log_level'];

const flagOf = (name: SettingName): string => name.replaceAll('_', '-');
const keyOf = (name: SettingName): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Adds a flag for each setting: `--data <folder>`, `--port <port>`, … */
export function addSettingFlags(program: Command): void {
  for (const name of Object.keys(settings) as SettingName[]) {
    const { unit, doc } = settings[name];
    const value = unit === 'yes/no' ? `[${unit}]` : `<${unit}>`;
    const option = new Option(`--${flagOf(name)} ${value}`, doc);
    if (!listed.includes(name)) option.hideHelp();
    program.addOption(option);
  }
}

/** The configuration with the flags given to `program` on top. Throws AssayError config_invalid. */
export function readConfig(program: Command): { config: Config; origins: Origins } {
  const given = program.optsWithGlobals<Record<string, unknown>>();
  const flags: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(settings) as SettingName[]) {
    const value = given[keyOf(name)];
    if (value !== undefined) flags[name] = value;
  }
  return loadConfig({ flags });
}
