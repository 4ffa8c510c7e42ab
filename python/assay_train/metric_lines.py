"""Turns the logs of a trainer into one line of metrics for each step and kind."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from typing import Any

# Not measured but counted: they stand beside the values on the wire.
PLACES = ("step", "epoch")
MOST_NAME = 100

Write = Callable[[int, float, str, dict[str, Any]], None]


class MetricLines:
    """
    Holds the values of a step until the next one begins, since a trainer logs one step in several pieces (an evaluation
    on several datasets, say) and the server keeps the first line of a step.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._open: dict[str, tuple[int, float, dict[str, Any]]] = {}

    def add(self, step: int, epoch: float, logs: Mapping[str, Any]) -> None:
        """Takes numbers of a log; what is not a number is left out."""
        kind = kind_of(logs)
        values = {name[:MOST_NAME]: number(each) for name, each in logs.items() if name and is_number(each)}
        values = {name: each for name, each in values.items() if name not in PLACES}
        if not values:
            return
        held = self._open.get(kind)
        if held is not None and held[0] == step:
            held[2].update(values)
            return
        self.flush(kind)
        self._open[kind] = (step, epoch, values)

    def flush(self, kind: str | None = None) -> None:
        """Writes what is held, of one kind or all."""
        for name in [kind] if kind is not None else list(self._open):
            held = self._open.pop(name, None)
            if held is not None:
                step, epoch, values = held
                self._write(step, epoch, name, values)


def kind_of(logs: Mapping[str, Any]) -> str:
    """eval for an evaluation, end for the sums of the whole training, else train."""
    if "train_runtime" in logs:
        return "end"
    return "eval" if any(name.startswith("eval_") for name in logs) else "train"


def is_number(value: Any) -> bool:
    """Whether it is one number: of Python, of NumPy, or a tensor with one element."""
    if isinstance(value, bool):
        return False
    count = getattr(value, "numel", None)
    return isinstance(value, numbers.Real) or (callable(count) and count() == 1)


def number(value: Any) -> float | int:
    """The number as Python's."""
    return value.item() if hasattr(value, "item") else value
