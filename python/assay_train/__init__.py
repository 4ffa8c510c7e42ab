"""Predictions during training: the same few prompts answered after every epoch, and shown beside the ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .config import ConfigError, PredictionsConfig

if TYPE_CHECKING:
    from .callback import PredictionsCallback

__all__ = ["ConfigError", "PredictionsCallback", "PredictionsConfig"]


def __getattr__(name: str) -> Any:
    """PredictionsCallback on its first use: it needs torch and transformers, the rest of the package does not."""
    if name == "PredictionsCallback":
        from .callback import PredictionsCallback

        return PredictionsCallback
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
