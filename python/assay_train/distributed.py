"""Which process generates, on which module, and what is gathered first: DDP, FSDP 1 and 2, ZeRO-3, tensor parallel."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed


@dataclass(frozen=True)
class GenerationPlan:
    """How this process takes part in an evaluation."""

    # The module whose generate() is called: without the wrappers of DDP, FSDP 1, DeepSpeed and torch.compile.
    model: torch.nn.Module
    # Whether a process has only parts of the weights, so that a forward needs all processes.
    sharded: bool
    # False: this process returns at once, and waits for the first one in the next collective of the training.
    generates: bool
    # All processes go on until the last of them has finished its texts.
    synced: bool


def world_size() -> int:
    """Processes of the training; 1 where torch.distributed is not in use."""
    return distributed.get_world_size() if _initialized() else 1


def rank() -> int:
    """Of this process, from 0; before torch.distributed is in use, what the launcher says in RANK."""
    return distributed.get_rank() if _initialized() else int(os.environ.get("RANK") or 0)


def is_writer(accelerator: Any = None) -> bool:
    """Whether this process is the one that keeps and sends results."""
    main = getattr(accelerator, "is_main_process", None)
    return rank() == 0 if main is None else bool(main)


def plan_generation(model: torch.nn.Module) -> GenerationPlan:
    """
    Replicated weights: the first process generates, the others go on. Sharded weights: all generate the same, since a
    process that did so alone would wait for the others for ever.
    """
    sharded = is_sharded(model)
    return GenerationPlan(
        model=unwrapped(model),
        sharded=sharded,
        generates=sharded or rank() == 0,
        synced=sharded and world_size() > 1,
    )


def is_sharded(model: torch.nn.Module) -> bool:
    """Whether the weights of any module are spread over the processes."""
    kinds = _sharding_modules()
    if any(isinstance(module, kinds) for module in model.modules()):
        return True
    # ds_id: a parameter under ZeRO-3. device_mesh: a DTensor, under tensor parallelism.
    return any(hasattr(parameter, "ds_id") or hasattr(parameter, "device_mesh") for parameter in model.parameters())


def unwrapped(model: torch.nn.Module) -> torch.nn.Module:
    """The model itself. Unlike accelerate's unwrap_model this changes nothing on the model that is given."""
    while True:
        compiled = model.__dict__.get("_modules", {}).get("_orig_mod")
        if compiled is not None:
            model = compiled
        elif isinstance(model, _wrappers()) or type(model).__name__ == "DeepSpeedEngine":
            model = model.module
        else:
            return model


@contextmanager
def gathered(model: torch.nn.Module, plan: GenerationPlan) -> Iterator[None]:
    """
    Has the weights of the outermost module whole inside. Layers within gather their own in their forward.

    FSDP gathers in the forward of the module it wraps, and generate() calls the module inside it (FSDP 1), or, with
    PEFT, the base model (FSDP 2).
    """
    if not plan.sharded:
        yield
        return
    fsdp1, fsdp2 = _sharding_modules()
    if isinstance(model, fsdp1):
        with fsdp1.summon_full_params(model, recurse=False, writeback=False):
            yield
    elif isinstance(plan.model, fsdp2):
        _unshard(plan.model)
        try:
            yield
        finally:
            plan.model.reshard()
    else:
        yield


def _unshard(model: Any) -> None:
    if not hasattr(model, "get_base_model"):
        return
    # The first forward makes its module the root for good: before the first step, that would be a layer.
    state = model._get_fsdp_state()
    if hasattr(state, "_lazy_init"):
        state._lazy_init()
    model.unshard()


def _initialized() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def _wrappers() -> tuple[type, ...]:
    kinds: tuple[type, ...] = (torch.nn.DataParallel,)
    if not distributed.is_available():
        return kinds
    return (*kinds, torch.nn.parallel.DistributedDataParallel, _sharding_modules()[0])


def _sharding_modules() -> tuple[Any, Any]:
    """The classes of FSDP 1 and FSDP 2; where torch lacks one, a class that nothing is an instance of."""
    try:
        from torch.distributed.fsdp import FullyShardedDataParallel as Fsdp1
    except ImportError:
        Fsdp1 = _Nothing
    try:
        from torch.distributed.fsdp import FSDPModule as Fsdp2
    except ImportError:
        Fsdp2 = _Nothing
    return Fsdp1, Fsdp2


class _Nothing:
    """Stands for a class that this torch does not have."""
