"""Puts a model that is being trained into the state to generate in, and everything back as it was, module by module."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
import torch

_ABSENT = object()
# bitsandbytes packs 4-bit weights for the CPU in their first forward in evaluation mode, for good, and rounds scales.
_PACKS_WEIGHTS = "support_avx512bf16_for_cpu"
# Attributes of a module's own that generation, PEFT's generate or a rung of the dtype ladder may set.
_OWN_ATTRIBUTES = (
    "forward",
    "generation_config",
    "prepare_inputs_for_generation",
    "max_seq_len_cached",
    "_cache",
    "_previous_max_cache_length",
    # A 4-bit layer settles them in its first forward, by the dtype that it sees there.
    "compute_dtype",
    "compute_type_is_set",
    _PACKS_WEIGHTS,
)


@contextmanager
def generation_state(model: torch.nn.Module) -> Iterator[None]:
    """
    Evaluation mode, no gradient checkpointing, and the cache on, inside; all as it was afterwards, also after an error.

    Gradient checkpointing drops the cache of keys and values in training mode: the text is then wrong without an error.
    Flags are set module by module, not by train(), eval() or gradient_checkpointing_enable(): those reach modules that
    were in another mode on purpose (a frozen norm, say) and lose use_reentrant. That is part of each module's
    checkpointing function, which stays where it is.
    """
    modules = list(model.modules())
    restore = [_ModuleState(module) for module in modules]
    config = next((module.config for module in modules if hasattr(module, "config")), None)
    use_cache = getattr(config, "use_cache", None)
    try:
        for module in modules:
            module.training = False
            if getattr(module, "gradient_checkpointing", False) is True:
                module.gradient_checkpointing = False
            if _PACKS_WEIGHTS in module.__dict__:
                module.__dict__[_PACKS_WEIGHTS] = False
        if isinstance(use_cache, bool):
            config.use_cache = True
        yield
    finally:
        if isinstance(use_cache, bool):
            config.use_cache = use_cache
        for state in restore:
            state.put_back()


@contextmanager
def unpatched_forward(model: torch.nn.Module) -> Iterator[None]:
    """
    Takes accelerate's patch (autocast, outputs cast to float32) off every module, and puts the same object back.

    unwrap_model(keep_fp32_wrapper=False) would do so for good. A patched instance is known by its `_original_forward`.
    """
    patched = [
        (module, module.__dict__["forward"])
        for module in model.modules()
        if "forward" in module.__dict__ and "_original_forward" in module.__dict__
    ]
    try:
        for module, _forward in patched:
            original = module.__dict__["_original_forward"]
            if getattr(original, "__func__", None) is type(module).forward:
                del module.__dict__["forward"]
            else:
                module.__dict__["forward"] = original
        yield
    finally:
        for module, forward in patched:
            module.__dict__["forward"] = forward


class _ModuleState:
    """What one module had of its own before."""

    def __init__(self, module: torch.nn.Module) -> None:
        self.module = module
        self.training = module.training
        self.checkpointed = getattr(module, "gradient_checkpointing", False) is True
        self.own = {name: module.__dict__.get(name, _ABSENT) for name in _OWN_ATTRIBUTES}
        # Shallow: rotary embeddings put other tensors in when a text is long.
        self.buffers = dict(module._buffers)
        settings = self.own["generation_config"]
        self.settings = copy.deepcopy(vars(settings)) if hasattr(settings, "__dict__") else None

    def put_back(self) -> None:
        module = self.module
        module.training = self.training
        if self.checkpointed:
            module.gradient_checkpointing = True
        for name, value in self.own.items():
            if value is _ABSENT:
                module.__dict__.pop(name, None)
            elif module.__dict__.get(name, _ABSENT) is not value:
                module.__dict__[name] = value
        if self.settings is not None:
            vars(self.own["generation_config"]).clear()
            vars(self.own["generation_config"]).update(self.settings)
        if any(module._buffers.get(name) is not buffer for name, buffer in self.buffers.items()):
            module._buffers.update(self.buffers)
