"""A training of four epochs that stops before each epoch until it is told to go on: for tests that end its server, or it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tiny_training import SMALL, tiny_trainer
from transformers import TrainerCallback

from assay_train import PredictionsCallback, PredictionsConfig


class Tell(TrainerCallback):
    """Says which epoch begins, and waits for a line."""

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        print("epoch", round(state.epoch or 0) + 1, flush=True)
        sys.stdin.readline()


def main() -> None:
    """Trains against the server of the environment into argv[1]; argv[2], where given, is the checkpoint to go on from."""
    out = Path(sys.argv[1])
    checkpoint = str(out / sys.argv[2]) if len(sys.argv) > 2 else None
    callback = PredictionsCallback(PredictionsConfig.from_env(**SMALL))
    trainer = tiny_trainer(out, [callback, Tell()], num_train_epochs=4, save_strategy="epoch")
    trainer.train(resume_from_checkpoint=checkpoint)
    print("delivered", callback.delivery, flush=True)


if __name__ == "__main__":
    main()
