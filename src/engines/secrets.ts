/** Takes keys and passwords out of what is shown: errors of services that repeat the key they were sent, addresses. */

import type { EngineEndpoint } from '../contracts/engine.ts';

const publicHeaders = new Set(['anthropic-version', 'content-type']);
/** Shorter values are no keys, and would be found inside ordinary words. */
const SHORTEST = 6;

/** `text` with every key among the endpoint's headers replaced. */
export function withoutKeys(endpoint: EngineEndpoint, text: string): string {
  let clean = text;
  for (const [name, value] of Object.entries(endpoint.headers)) {
    const key = value.replace(/^(Bearer|Basic) /i, '');
    if (!publicHeaders.has(name.toLowerCase()) && key.length >= SHORTEST) clean = clean.replaceAll(key, '[key]');
  }
  return clean;
}

/** An address without the name and password, and the query, that it may hold. */
export function withoutPassword(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href.replace(/\/$/, '');
}
