/** The keys of the answers: one letter each, silent while somebody types or a dialog asks something. */

import { useEffect, useRef } from 'react';

/** By `event.key`; gives false where the key is not for it after all. */
export type Keys = Record<string, (event: KeyboardEvent) => unknown>;

/** Keys that mean something of their own to most things that can have the focus. */
const moving = /^(Arrow|Page|Home|End|Enter| $)/;
/** Nothing is typed into a choice or a switch. */
const typed = 'input:not([type="radio"], [type="checkbox"])';

export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const run = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined;
      if (!run || !isFree(event.target as Element | null, event.key)) return;
      if (run(event) !== false) event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

/** Whether the focus is where the page's keys count. */
function isFree(target: Element | null, key: string): boolean {
  if (!target) return true;
  if (target.closest(`${typed}, textarea, select, [contenteditable="true"], [role="listbox"], [role="menu"]`))
    return false;
  const dialog = target.closest('[role="dialog"]');
  if (dialog && !dialog.hasAttribute('data-keys')) return false;
  if (document.querySelector('[aria-modal="true"]')) return false;
  return !moving.test(key) || target === document.body || target.closest('[role="grid"], [data-keys]') === target;
}
