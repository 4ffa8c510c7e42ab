"""What a training says of itself: the body of a new job, and the environment it runs in."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .config import PredictionsConfig

# Arguments of the trainer that a job shows.
SHOWN_ARGUMENTS = (
    "learning_rate",
    "lr_scheduler_type",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "num_train_epochs",
    "max_steps",
    "warmup_steps",
    "weight_decay",
    "optim",
    "seed",
    "bf16",
    "fp16",
    "gradient_checkpointing",
    "max_length",
)
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "bitsandbytes")
MOST_NAME = 200
MOST_MODEL = 500


def new_job(config: PredictionsConfig, args: Any, state: Any, model: Any, name: str | None) -> dict[str, Any]:
    """The body of POST /api/training/jobs for a trainer's arguments, state and model."""
    base = base_model(model)
    body: dict[str, Any] = {
        "name": (name or getattr(args, "run_name", None) or base)[:MOST_NAME],
        "base_model": base,
        "method": method(model),
        "config": {**shown_arguments(args), "predictions": config.job_options()},
    }
    billions = parameters_billions(model)
    if billions > 0:
        body["parameters_billions"] = billions
    epochs = getattr(state, "num_train_epochs", 0)
    if epochs and epochs > 0:
        body["epochs"] = epochs
    return body


def environment(args: Any, model: Any) -> dict[str, Any]:
    """Versions, device and precision, as the monitor of a job shows them."""
    parameter = next(iter(model.parameters()), None)
    found: dict[str, Any] = {"python": platform.python_version(), "platform": f"{sys.platform} {platform.machine()}"}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    found["device"] = str(getattr(parameter, "device", "unknown"))
    found["weights"] = str(getattr(parameter, "dtype", "unknown")).removeprefix("torch.")
    found["precision"] = next((each for each in ("bf16", "fp16") if getattr(args, each, False)), "that of the weights")
    found["processes"] = getattr(args, "world_size", 1)
    return found


def base_model(model: Any) -> str:
    """The model's name or path, or its class where it has none."""
    config = getattr(model, "config", None)
    named = getattr(config, "_name_or_path", "") or getattr(config, "name_or_path", "")
    return (str(named) or type(model).__name__)[:MOST_MODEL]


def method(model: Any) -> str:
    """lora, qlora, another adapter by its own name, or full."""
    adapters = getattr(model, "peft_config", None)
    if not adapters:
        return "full"
    kind = str(getattr(next(iter(adapters.values())), "peft_type", "adapter"))
    kind = kind.rsplit(".", 1)[-1].lower()
    quantised = bool(getattr(model, "is_quantized", False) or getattr(model, "is_loaded_in_4bit", False))
    return "qlora" if quantised and kind == "lora" else kind


def parameters_billions(model: Any) -> float:
    """Parameters of the model in 10^9, packed 4-bit weights counted as those they stand for; 0: not known."""
    total = 0
    for parameter in model.parameters():
        # ZeRO-3 keeps the full number beside an empty shard.
        count = getattr(parameter, "ds_numel", 0) or parameter.numel()
        if type(parameter).__name__ == "Params4bit":
            count = count * 2 * parameter.element_size()
        total += count
    return total / 1e9


def shown_arguments(args: Any) -> dict[str, Any]:
    """Those of SHOWN_ARGUMENTS that the trainer has."""
    shown: dict[str, Any] = {}
    for name in SHOWN_ARGUMENTS:
        value = getattr(args, name, None)
        if value is not None:
            shown[name] = value if isinstance(value, (bool, int, float, str)) else str(getattr(value, "value", value))
    return shown
