"""Works through items in batches, so that neither a lack of memory nor one bad item spoils the rest."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from .dtype_ladder import is_out_of_memory

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_batches(
    items: Sequence[Item],
    size: int,
    work: Callable[[Sequence[Item]], Sequence[Result]],
    failed: Callable[[Sequence[Item], Exception], Result],
) -> list[Result]:
    """
    A result for each item, in their order.

    Out of memory halves the batch, down to one item, and the size stays so for what is left; after any other error the
    items of the batch are worked on one by one. `failed` is called with every error, and what it gives is the result of
    an item that failed alone.
    """
    results: list[Result] = []
    waiting = deque([list(items)])
    while waiting:
        batch = waiting.popleft()
        if len(batch) > size:
            waiting.extendleft([batch[size:], batch[:size]])
            continue
        if not batch:
            continue
        memory = False
        try:
            results.extend(work(batch))
            continue
        except Exception as error:
            result = failed(batch, error)
            memory = is_out_of_memory(error)
        # Behind the except block: the error, and with it the tensors of its frames, is gone.
        if memory:
            release_memory()
        if len(batch) == 1:
            results.append(result)
        elif memory:
            size = len(batch) // 2
            waiting.appendleft(batch)
        else:
            waiting.extendleft([[item] for item in reversed(batch)])
    return results


def release_memory() -> None:
    """Gives what nothing holds any more back to the devices."""
    gc.collect()
    for name in ("cuda", "xpu", "mps"):
        module = getattr(torch, name, None)
        if module is not None and module.is_available():
            module.empty_cache()
