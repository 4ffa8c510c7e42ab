/** Makes what engines and files report fit for PostgreSQL's columns. */

const maxInteger = 2_147_483_647;

/** An integer column's value; what an engine counts may be any number. */
export const storableInteger = (value: number | null): number | null =>
  value === null || !Number.isFinite(value) ? null : Math.max(-maxInteger, Math.min(Math.trunc(value), maxInteger));
