"""A training that takes a second, of a tiny Llama on eight rows: for the tests, and as a program to be killed."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tiny_models import tiny_llama, tiny_tokenizer
from transformers import Trainer, TrainerCallback, TrainingArguments, set_seed

from assay_train import PredictionsCallback, PredictionsConfig

# So small a model is slower with more threads, and far slower where other tests run beside it.
torch.set_num_threads(1)
ROWS = [{"question": f"How much is {a} and {a}?", "answer": str(a + a)} for a in range(8)]
QUICK = {"backoff_first_s": 0.02, "backoff_most_s": 0.1, "flush_timeout_s": 10.0, "request_timeout_s": 5.0}
SMALL = {"sample_count": 4, "max_length": 8, **QUICK}


def wait_until(condition: Callable[[], bool], limit_s: float = 20.0) -> None:
    """Returns as soon as the condition holds; fails when it does not in time."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


def collate(rows: list[dict[str, str]]) -> dict[str, torch.Tensor]:
    """Right-padded ids, the loss on the answer only."""
    tokenizer = tiny_tokenizer()
    ids, labels = [], []
    for row in rows:
        prompt = tokenizer(row["question"], add_special_tokens=False)["input_ids"]
        answer = [*tokenizer(row["answer"], add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        ids.append(torch.tensor(prompt + answer))
        labels.append(torch.tensor([-100] * len(prompt) + answer))
    padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=0)
    targets = torch.nn.utils.rnn.pad_sequence(labels, batch_first=True, padding_value=-100)
    return {"input_ids": padded, "labels": targets, "attention_mask": (padded != 0).long()}


def tiny_trainer(out: Path, callbacks: list[TrainerCallback], **arguments: Any) -> Trainer:
    """Four steps an epoch; dropout is on, so that training draws random numbers."""
    set_seed(7)
    options: dict[str, Any] = {
        "num_train_epochs": 2,
        "per_device_train_batch_size": 2,
        "learning_rate": 3e-3,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
        "use_cpu": True,
        "remove_unused_columns": False,
        **arguments,
    }
    return Trainer(
        model=tiny_llama(attention_dropout=0.1),
        args=TrainingArguments(output_dir=str(out), **options),
        train_dataset=ROWS,
        eval_dataset=ROWS[:3],
        data_collator=collate,
        processing_class=tiny_tokenizer(),
        callbacks=callbacks,
    )


def main() -> None:
    """Trains against the server at argv[1] into argv[2] until it is killed, or fails after argv[3] steps."""
    url, out, fail_at = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    logging.basicConfig(level=logging.ERROR)

    class Tell(TrainerCallback):
        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            print("saved", state.global_step, flush=True)

        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == fail_at:
                raise ArithmeticError("the loss is not finite")

    config = PredictionsConfig(url=url, token="own-key", sample_frequency="steps", step_interval=2, **SMALL)
    callbacks = [PredictionsCallback(config), Tell()]
    tiny_trainer(out, callbacks, num_train_epochs=50, save_strategy="steps", save_steps=4).train()


if __name__ == "__main__":
    main()
