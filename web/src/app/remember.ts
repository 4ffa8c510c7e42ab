/** Keeps small choices of the page (folded columns, row height) in this browser. */

import { useCallback, useState } from 'react';

const prefix = 'assay:';

/** What was kept under this name, or the fallback; a value that cannot be read counts as none. */
export function remembered<T>(name: string, fallback: T): T {
  try {
    const text = localStorage.getItem(prefix + name);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function remember(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing still works.
  }
}

/** State that is kept in this browser. */
export function useRemembered<T>(name: string, fallback: T): [T, (value: T) => void] {
  const [value, set] = useState<T>(() => remembered(name, fallback));
  const keep = useCallback(
    (next: T) => {
      set(next);
      remember(name, next);
    },
    [name],
  );
  return [value, keep];
}
