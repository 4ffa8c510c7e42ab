"""Has all processes of a training go by what the first one decided."""

from __future__ import annotations

from typing import TypeVar

from torch import distributed

from .distributed import world_size

T = TypeVar("T")


def agreed(value: T) -> T:
    """The first process's value, in every process; each of them must call it, in the same order. It travels pickled."""
    if world_size() < 2:
        return value
    box = [value]
    distributed.broadcast_object_list(box, src=0)
    return box[0]
