"""Tries the ways of running a model whose weights are of several dtypes, and remembers the one that worked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Literal, TypeVar

import torch

from .fault_log import FaultLog, error_text
from .model_state import unpatched_forward

Rung = Literal["as_is", "autocast", "unpatched"]
RUNGS: tuple[Rung, ...] = ("as_is", "autocast", "unpatched")
Result = TypeVar("Result")

# Every operation has its own wording: "expected scalar type Float but found BFloat16", "expected m1 and m2 to have the
# same dtype", "Unexpected floating ScalarType in at::autocast::prioritize", "bias type (c10::Half)".
_DTYPE_WORDS = re.compile(
    r"dtype|scalar type|ScalarType|data ?type|BFloat16|\bHalf\b|\bb?float16\b|\b[bf]p?16\b|\bFloat\b|\bDouble\b|"
    r"FloatTensor|HalfTensor"
)
_MEMORY_WORDS = re.compile(r"out of memory|can't allocate memory|not enough memory|ALLOC_FAILED", re.IGNORECASE)
_MIXED_PRECISION = {"bf16": torch.bfloat16, "fp8": torch.bfloat16, "fp16": torch.float16}
_LOW_PRECISION = (torch.bfloat16, torch.float16)
# Before torch 2.5 it stood under cuda only.
_OutOfMemory = getattr(torch, "OutOfMemoryError", torch.cuda.OutOfMemoryError)


class DtypeError(RuntimeError):
    """No rung worked; the message has what each of them said."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a smaller batch may help: memory of a device or of the machine ran out."""
    if isinstance(error, (_OutOfMemory, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and _MEMORY_WORDS.search(str(error)) is not None


def is_dtype_error(error: BaseException) -> bool:
    """Whether another rung may help: operands of dtypes that do not go together. Out of memory is none."""
    if not isinstance(error, (RuntimeError, ValueError, TypeError)) or is_out_of_memory(error):
        return False
    return _DTYPE_WORDS.search(str(error)) is not None


def training_dtype(model: torch.nn.Module, accelerator: Any = None) -> torch.dtype | None:
    """
    The dtype that the training computes in: of accelerate's mixed precision, of an autocast around the call, or the low
    one among the weights. None: it computes in what the weights have, and nothing is lower than float32.
    """
    mixed = _MIXED_PRECISION.get(str(getattr(accelerator, "mixed_precision", "no")))
    if mixed is not None:
        return mixed
    parameter = next(model.parameters(), None)
    device_type = "cpu" if parameter is None else parameter.device.type
    if torch.is_autocast_enabled(device_type):
        return torch.get_autocast_dtype(device_type)
    present = {parameter.dtype for parameter in model.parameters()}
    # Of 4-bit layers: their weights are bytes, and this is what they compute in.
    present |= {getattr(module, "compute_dtype", None) for module in model.modules()}
    return next((dtype for dtype in _LOW_PRECISION if dtype in present), None)


class DtypeLadder:
    """
    as_is; autocast: in autocast of the training's dtype; unpatched: autocast off, accelerate's patch off `forward`.

    `first` is tried first: the rung that worked the last time.
    """

    def __init__(
        self, dtype: torch.dtype | None, device_type: str, faults: FaultLog, first: Rung | None = None
    ) -> None:
        self.dtype = dtype
        self.device_type = device_type
        self.faults = faults
        self.first = first

    def rungs(self) -> list[Rung]:
        """In the order of trying. Without a lower dtype autocast would do nothing, and is left out."""
        possible = [rung for rung in RUNGS if rung != "autocast" or self.dtype in _LOW_PRECISION]
        return sorted(possible, key=lambda rung: rung != self.first)

    def climb(self, model: torch.nn.Module, attempt: Callable[[], Result]) -> tuple[Result, Rung]:
        """
        What `attempt` gives and the rung it worked on, which is first from now on. Only dtype errors climb; any other
        error is raised at once. Raises DtypeError when no rung worked.
        """
        failures: list[str] = []
        for rung in self.rungs():
            try:
                with on_rung(model, rung, self):
                    result = attempt()
            except Exception as error:
                if not is_dtype_error(error):
                    raise
                # A static cache that the failed attempt has half laid out cannot be used by the next one.
                drop_cache(model)
                # The text only: the error's traceback would keep the tensors of the attempt alive.
                failures.append(f"{rung}: {error_text(error)}")
                continue
            if failures:
                message = "mixed dtypes: generation works on rung %s; %s"
                self.faults.notice(f"rung {rung}", message, rung, "; ".join(failures))
            self.first = rung
            return result, rung
        raise DtypeError("; ".join(failures))


def drop_cache(model: torch.nn.Module) -> None:
    """Takes off the cache that generate() keeps on a model between calls."""
    for module in model.modules():
        module.__dict__.pop("_cache", None)


@contextmanager
def on_rung(model: torch.nn.Module, rung: Rung, ladder: DtypeLadder) -> Iterator[None]:
    """Runs the body on a rung; autocast and forward are as they were afterwards."""
    with ExitStack() as stack:
        if rung == "autocast":
            stack.enter_context(torch.autocast(ladder.device_type, dtype=ladder.dtype))
        if rung == "unpatched":
            stack.enter_context(torch.autocast(ladder.device_type, enabled=False))
            stack.enter_context(unpatched_forward(model))
        yield
