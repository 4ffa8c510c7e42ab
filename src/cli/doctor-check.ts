/** The outcome of one look of doctor. */

/** One thing looked at. `missing` is needed and not there; `note` is worth knowing. */
export interface Check {
  name: string;
  state: 'ok' | 'note' | 'missing';
  found: string;
  remedy?: string;
}
