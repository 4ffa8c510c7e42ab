"""Measures what predictions cost a training beyond generation: time in the callback's hooks less time in generate()."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "tests"))

import torch
from fake_assay import FakeAssay
from tiny_models import tiny_tokenizer
from tiny_training import ROWS, collate
from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainingArguments, set_seed

from assay_train import PredictionsCallback, PredictionsConfig
from assay_train.generator import Generator

HOOKS = tuple(name for name in vars(PredictionsCallback) if name.startswith("on_"))


class Clock:
    """Sums the seconds that a function takes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*given, **named)
            finally:
                self.seconds += time.perf_counter() - began

        return timed


def trainer_of(out: Path, options: argparse.Namespace, callbacks: list[Any]) -> Trainer:
    """A Llama of the wanted width with random weights, on eight short rows."""
    set_seed(1)
    width = options.width
    config = LlamaConfig(
        vocab_size=104,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=options.layers,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=256,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    arguments = TrainingArguments(
        output_dir=str(out),
        max_steps=options.steps,
        per_device_train_batch_size=8,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        remove_unused_columns=False,
    )
    return Trainer(
        model=LlamaForCausalLM(config),
        args=arguments,
        train_dataset=ROWS,
        data_collator=collate,
        processing_class=tiny_tokenizer(),
        callbacks=callbacks,
    )


def seconds_of(trainer: Trainer) -> tuple[float, float]:
    """Of the whole training: on the clock, and of the processor."""
    began, worked = time.perf_counter(), time.process_time()
    trainer.train()
    return time.perf_counter() - began, time.process_time() - worked


def main() -> None:
    """Prints one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--interval", type=int, default=20, help="steps between two evaluations")
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    fake, hooks, generation = FakeAssay(), Clock(), Clock()
    config = PredictionsConfig(
        url=fake.url,
        token="own-key",
        sample_count=options.samples,
        sample_frequency="steps",
        step_interval=options.interval,
        max_length=32,
    )
    callback = PredictionsCallback(config)
    for name in HOOKS:
        setattr(callback, name, hooks.around(getattr(callback, name)))
    generate = Generator.generate
    Generator.generate = generation.around(generate)  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        plain = seconds_of(trainer_of(Path(folder, "plain"), options, []))
        watched = seconds_of(trainer_of(Path(folder, "watched"), options, [callback]))
    fake.stop()
    own = hooks.seconds - generation.seconds
    print(
        f"{options.steps} steps: {plain[0]:.2f} s without ({plain[1]:.2f} s of the processor), {watched[0]:.2f} s with "
        f"({watched[1]:.2f} s); {len(fake.rows)} predictions took "
        f"{generation.seconds:.2f} s; the callback's own {own:.3f} s are {100 * own / plain[0]:.2f} % of the training"
    )


if __name__ == "__main__":
    main()
