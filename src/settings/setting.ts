/** What a setting is made of, and the schemas of the usual kinds: whole numbers, texts, switches, sizes. */

import { z } from 'zod';

export interface Setting<S extends z.ZodType> {
  schema: S;
  unit: string;
  doc: string;
  /** Name of the environment variable; ASSAY_ and the upper-case name when absent. */
  env?: string;
  secret?: boolean;
}

export const setting = <S extends z.ZodType>(schema: S, unit: string, doc: string): Setting<S> => ({
  schema,
  unit,
  doc,
});

export const int = (fallback: number, min = 0, max = Number.MAX_SAFE_INTEGER) =>
  z.coerce.number().int().min(min).max(max).default(fallback);
export const text = () => z.string().min(1).optional();
export const flag = (fallback: boolean) =>
  z
    .union([
      z.boolean(),
      z.enum(['true', 'false', '1', '0', 'yes', 'no']).transform((v) => v === 'true' || v === '1' || v === 'yes'),
    ])
    .default(fallback);
export const MB = 1024 * 1024;

/** The address of a service; a "/v1" at its end is dropped. One with a password is refused: settings are shown. */
export const address = (fallback: string) =>
  z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .refine((url) => !/^\w+:\/\/[^/]*@/.test(url), 'must not hold a name or password')
    .transform((url) => url.replace(/\/+$/, '').replace(/\/v1$/, ''))
    .default(fallback);
