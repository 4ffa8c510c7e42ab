/** The view of the workbench as state that lives in the address bar: back and forward go through it. */

import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { readView, type View, writeView } from './view.ts';

/** `replace`: without an entry in the history, as for what changes with every key. */
export type ChangeView = (change: Partial<View> | ((view: View) => View), how?: { replace?: boolean }) => void;

export function useView(): { view: View; change: ChangeView } {
  const [params, setParams] = useSearchParams();
  const view = useMemo(() => readView(params), [params]);
  const change = useCallback<ChangeView>(
    (wanted, { replace = false } = {}) =>
      setParams(
        (now) => {
          const before = readView(now);
          return writeView(typeof wanted === 'function' ? wanted(before) : { ...before, ...wanted });
        },
        { replace, preventScrollReset: true },
      ),
    [setParams],
  );
  return { view, change };
}
