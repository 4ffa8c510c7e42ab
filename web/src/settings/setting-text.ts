/** Settings as GET /admin/settings tells them: searched, and their values as text. */

export interface Setting {
  name: string;
  value: unknown;
  source: string;
  /** Of numbers: bytes, ms, … */
  unit?: string;
  description: string;
}

/** "not set" for null; lists and objects as JSON. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'not set';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Those that hold every word of the search in name, value, source or meaning. */
export function settingsMatching(settings: readonly Setting[], search: string): Setting[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return settings.filter(({ name, value, source, description }) => {
    const text = `${name} ${valueText(value)} ${source} ${description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
