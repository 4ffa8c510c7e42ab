"""Keeps the random numbers of the training (Python, NumPy, torch, devices) as they are while something else draws."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

# Accelerators with one generator for each device and the interface of torch.cuda.
_BY_DEVICE = ("cuda", "xpu")


@contextmanager
def kept_random_state(devices: Iterable[torch.device] = (), seed: int | None = None) -> Iterator[None]:
    """
    Puts every generator back as it was found, also when the body raises. With `seed`, torch's begin at it inside.

    Only the CPU and `devices` are read and seeded: torch.manual_seed reaches, or queues a seed for, other devices too.
    """
    devices = {device for device in devices if device.type != "cpu"}
    restore = [*_host_states(), *(_device_state(device) for device in devices)]
    try:
        if seed is not None:
            torch.default_generator.manual_seed(seed)
            for device in devices:
                _seed_device(device, seed)
        yield
    finally:
        for put_back, state in restore:
            put_back(state)


def _host_states() -> list[tuple[Callable[[Any], Any], Any]]:
    states: list[tuple[Callable[[Any], Any], Any]] = [
        (random.setstate, random.getstate()),
        (torch.set_rng_state, torch.get_rng_state()),
    ]
    # NumPy is read only where the training has loaded it: torch itself does without.
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        states.append((numpy.random.set_state, numpy.random.get_state()))
    return states


def _device_state(device: torch.device) -> tuple[Callable[[Any], Any], Any]:
    module = getattr(torch, device.type, None)
    if device.type in _BY_DEVICE:
        return (lambda state: module.set_rng_state(state, device)), module.get_rng_state(device)
    if hasattr(module, "get_rng_state"):
        return module.set_rng_state, module.get_rng_state()
    return (lambda _state: None), None


def _seed_device(device: torch.device, seed: int) -> None:
    module = getattr(torch, device.type, None)
    if device.type in _BY_DEVICE:
        with module.device(device):
            module.manual_seed(seed)
    elif hasattr(module, "manual_seed"):
        module.manual_seed(seed)
