/** A batch's priority, as its metadata carries it: metadata.assay_priority, an integer from -100 to 100, 0 by default. */

export const PRIORITY_KEY = 'assay_priority';

/** Whether a metadata value is a priority. */
export const isPriority = (value: string | null | undefined): boolean =>
  typeof value === 'string' && /^-?\d{1,3}$/.test(value) && Math.abs(Number(value)) <= 100;
