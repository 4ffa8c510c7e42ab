/** The API key of this browser, where the server asks for one. */

import { remember, remembered } from '../app/remember.ts';

const listeners = new Set<(wanted: boolean) => void>();

export function apiKey(): string | null {
  return remembered<string | null>('api-key', null);
}

export function keepApiKey(key: string | null): void {
  remember('api-key', key);
  for (const listener of listeners) listener(false);
}

/** Called when an answer said that a key is missing or wrong. */
export function askForKey(): void {
  for (const listener of listeners) listener(true);
}

/** `listener` hears true when a key is wanted, false when one was given. */
export function onKeyWanted(listener: (wanted: boolean) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
