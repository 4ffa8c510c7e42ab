/** Sends the recorded steps to a Label Studio, real or fake, and writes its answers so that two of them can be compared. */

import { type Exchange, recordings, type SpokenTo } from './label-studio-steps.ts';

const SECOND = 'second@example.com';

/** By the name of the recording. */
export async function exchangesWith(spokenTo: SpokenTo): Promise<Record<string, Exchange[]>> {
  const second = await spokenTo.addUser(SECOND);
  const names = new Map<string, unknown>();
  const found: Record<string, Exchange[]> = {};
  for (const [name, steps] of Object.entries(recordings)) {
    found[name] = [];
    for (const { keep, ...step } of steps) {
      const headers: Record<string, string> = { 'content-type': 'application/json' };
      const who = step.as ?? 'owner';
      const tokens = { owner: spokenTo.legacyToken, second, wrong: 'wrong' };
      if (who === 'bearer') headers.authorization = `Bearer ${names.get('access')}`;
      else if (who !== 'nobody') headers.authorization = `Token ${tokens[who]}`;
      const body = step.body === undefined ? null : JSON.stringify(named(step.body, names));
      const answer = await fetch(spokenTo.url + named(step.path, names), { method: step.method, headers, body });
      const text = await answer.text();
      const json = asJson(text);
      for (const [key, read] of Object.entries(keep ?? {})) names.set(key, read(json as never));
      const type = json !== undefined ? 'json' : text.trim() === '' ? 'none' : 'html';
      const shown = type === 'json' ? { answer: stable(json, spokenTo.url) } : {};
      found[name].push({ ...step, status: answer.status, type, ...shown });
    }
  }
  return found;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `{task}` becomes its number; within a text, its digits. */
function named<T>(value: T, names: Map<string, unknown>): T {
  if (typeof value === 'string') {
    const whole = /^\{(\w+)\}$/.exec(value)?.[1];
    if (whole !== undefined && names.has(whole)) return names.get(whole) as T;
    return value.replace(/\{(\w+)\}/g, (text, name: string) => String(names.get(name) ?? text)) as T;
  }
  if (Array.isArray(value)) return value.map((each) => named(each, names)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, named(each, names)])) as T;
}

/** Fields that hold a number given by Label Studio, alone or in a list. */
const numbers = new Set(
  [
    'id',
    'task',
    'project',
    'task_ids',
    'predictions',
    'annotations_ids',
    'completed_by',
    'updated_by',
    'user_id',
  ].concat(['annotators', 'created_by', 'organization']),
);
/** Of the machine and the moment, or of the build. */
const moments = new Set([
  'duration',
  'created_ago',
  'last_activity',
  'label_config_hash',
  'unique_id',
  'token',
  'access',
]);
const builds = new Set([
  'label-studio-os-backend',
  'label-studio-frontend',
  'dm2',
  'lsf',
  'backend',
  'label-studio-converter',
]);

/** The answer with what differs from run to run named. */
export function stable(value: unknown, url: string, key = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => stable(each, url, key));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([name]) => !builds.has(name));
    return Object.fromEntries(entries.map(([name, each]) => [name, stable(each, url, name)]));
  }
  if (moments.has(key) && value !== null) return `<${key}>`;
  if (numbers.has(key) && typeof value === 'number') return '<number>';
  if (typeof value !== 'string') return value;
  if (key === 'annotations_ids') return value.replace(/\d+/g, '<number>');
  return value
    .replaceAll(url, '<url>')
    .replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, '<time>')
    .replace(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, '<uuid>')
    .replace(/, \d+$/, ', <number>');
}
