/** Gives the focus back to where it was when a dialog is closed, also when a menu that is gone had opened it. */

import { useEffect } from 'react';

const passing = '[role="dialog"], [role="menu"], [role="listbox"]';
let last: HTMLElement | null = null;

document.addEventListener('focusin', ({ target }) => {
  if (target instanceof HTMLElement && target.id !== 'main' && target.closest(passing) === null) last = target;
});

/** For a component that is there as long as its dialog is open. */
export function useFocusBack(): void {
  useEffect(
    () => () => {
      // After the dialog's own trap has let go.
      setTimeout(() => {
        const lost = document.activeElement === null || document.activeElement === document.body;
        if (lost) (last?.isConnected ? last : document.getElementById('main'))?.focus();
      });
    },
    [],
  );
}
