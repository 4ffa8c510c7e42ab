"""The demo's trainer: teaches a small Llama a few facts by LoRA on the CPU, with predictions on."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from . import demo_facts
from .config import ConfigError, PredictionsConfig
from .sampler import Sample, choose_samples, prompt_text
from .training_rows import RowsError, fetch_rows

# Where the environment (PREDICTIONS_*) says nothing: all facts are predicted, and their answers are short.
_PREDICTED = {"PREDICTIONS_DEFAULT_SAMPLE_COUNT": str(len(demo_facts.FACTS)), "PREDICTIONS_MAX_LENGTH": "24"}
# The rows are few; a server that is gone is not waited for long.
_FLUSH_S = 10.0
_IGNORED = -100
_MATRICES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class DemoOptions:
    """What is trained and how; the learning rate falls to 0 in a straight line."""

    # The GGUF file of a Llama that is trained.
    model: Path
    # Folder of the adapter, the merged model and its GGUF file.
    out: Path
    epochs: int = 10
    batch_size: int = 4
    learning_rate: float = 4e-3
    lora_rank: int = 8
    seed: int = 7
    # Of the GGUF file that is written: q8_0 or f16.
    gguf_dtype: str = "q8_0"
    # Stop when standard input ends, so that the trainer never outlives the command that started it.
    stop_with_stdin: bool = False


class DemoError(RuntimeError):
    """What keeps the demo from training; says what to do."""


class Events:
    """One JSON object a line for the command that shows the progress; what libraries print goes to standard error."""

    def __init__(self) -> None:
        self._out: IO[str] = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def tell(self, event: str, **values: Any) -> None:
        """Writes {"event": event, ...values}; silent when nobody reads any more."""
        try:
            self._out.write(json.dumps({"event": event, **values}) + "\n")
            self._out.flush()
        except OSError:
            pass


def run(options: DemoOptions, events: Events) -> None:
    """Trains, merges, saves and exports. Raises DemoError, RowsError, ConfigError, ExportError, OSError."""
    events.tell("phase", what="loading torch and the model")
    import torch
    from transformers import set_seed

    config = PredictionsConfig.from_env({**_PREDICTED, **os.environ}, flush_timeout_s=_FLUSH_S)
    rows = _rows(config)
    set_seed(options.seed)
    model, tokenizer = load_gguf(options.model)
    samples = choose_samples(rows, len(rows), options.seed, tokenizer=tokenizer)
    if not samples.samples:
        reasons = "; ".join(f"row {one.row}: {one.reason}" for one in samples.unreadable[:3])
        raise DemoError(f"None of {len(rows)} rows can be read ({reasons or 'there are none'}).")
    examples = [encode(sample, tokenizer) for sample in samples.samples]
    started = time.monotonic()
    adapted = train(Lesson(model, tokenizer, rows, examples, config), options, events)
    seconds = time.monotonic() - started
    events.tell("phase", what="saving the adapter and the merged model, writing the GGUF file")
    saved = save(adapted, tokenizer, options)
    versions = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    events.tell("done", seconds=round(seconds, 1), **saved, **versions)


def _rows(config: PredictionsConfig) -> list[dict[str, Any]]:
    """Those of the job, or the facts of the package where there is no job."""
    if config.url is None or config.job_id is None:
        return demo_facts.chats()
    return fetch_rows(config.url, config.job_id, config.token, timeout_s=config.request_timeout_s)


def load_gguf(path: Path) -> tuple[Any, Any]:
    """Model (float32, LlamaForCausalLM) and tokenizer of a GGUF file; the model is a fresh one, which can be saved."""
    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    where = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    tokenizer = AutoTokenizer.from_pretrained(**where)
    read = LlamaForCausalLM.from_pretrained(**where, dtype=torch.float32)
    # transformers refuses to save a model that it still holds for a quantised one.
    config = type(read.config)(**{k: v for k, v in read.config.to_dict().items() if k != "quantization_config"})
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    config.eos_token_id, config.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    model = LlamaForCausalLM(config)
    model.load_state_dict(read.state_dict())
    return model, tokenizer


def encode(sample: Sample, tokenizer: Any) -> dict[str, list[int]]:
    """Token ids of prompt and answer; labels count the answer and its end alone."""
    prompt = tokenizer(prompt_text(sample, tokenizer), add_special_tokens=False)["input_ids"]
    answer = tokenizer(sample.ground_truth, add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
    return {"input_ids": prompt + answer, "labels": [_IGNORED] * len(prompt) + answer}


def collate(examples: Sequence[dict[str, list[int]]], pad_token_id: int) -> dict[str, Any]:
    """A batch, padded on the right to its longest example: tensors of shape (examples, tokens)."""
    import torch

    longest = max(len(each["input_ids"]) for each in examples)

    def padded(values: list[int], filler: int) -> list[int]:
        return values + [filler] * (longest - len(values))

    return {
        "input_ids": torch.tensor([padded(each["input_ids"], pad_token_id) for each in examples]),
        "labels": torch.tensor([padded(each["labels"], _IGNORED) for each in examples]),
        "attention_mask": torch.tensor([padded([1] * len(each["input_ids"]), 0) for each in examples]),
    }


@dataclass(frozen=True)
class Lesson:
    """Who learns what: the model, the rows as they came and as token ids, and what is predicted of them."""

    model: Any
    tokenizer: Any
    rows: list[Any]
    examples: list[dict[str, list[int]]]
    config: PredictionsConfig


def train(lesson: Lesson, options: DemoOptions, events: Events) -> Any:
    """The model with its trained adapter."""
    from peft import LoraConfig, get_peft_model
    from transformers import PrinterCallback, Trainer

    from .callback import PredictionsCallback

    tokenizer = lesson.tokenizer
    lora = LoraConfig(
        r=options.lora_rank, lora_alpha=2 * options.lora_rank, target_modules=_MATRICES, task_type="CAUSAL_LM"
    )
    predictions = PredictionsCallback(lesson.config, rows=lesson.rows, tokenizer=tokenizer, name="train-demo")
    trainer = Trainer(
        model=get_peft_model(lesson.model, lora),
        args=_arguments(options),
        train_dataset=lesson.examples,
        data_collator=lambda batch: collate(batch, tokenizer.pad_token_id),
        processing_class=tokenizer,
        callbacks=[_steps(events), predictions],
    )
    trainer.remove_callback(PrinterCallback)
    events.tell("phase", what="training")
    trainer.train()
    if predictions.delivery is not None and predictions.delivery.problem is not None:
        events.tell("undelivered", problem=predictions.delivery.problem)
    return trainer.model


def _arguments(options: DemoOptions) -> Any:
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=str(options.out),
        num_train_epochs=options.epochs,
        per_device_train_batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        seed=options.seed,
    )


def _steps(events: Events) -> Any:
    from transformers import TrainerCallback

    started = time.monotonic()

    class Steps(TrainerCallback):
        """Tells every step with its loss, and the time that is left at the pace so far."""

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
            if not logs or "loss" not in logs:
                return
            seconds = time.monotonic() - started
            told = {name: logs.get(name) for name in ("loss", "learning_rate", "epoch")}
            left = seconds / state.global_step * (state.max_steps - state.global_step)
            events.tell("step", step=state.global_step, steps=state.max_steps, left=round(left, 1), **told)

    return Steps()


def save(adapted: Any, tokenizer: Any, options: DemoOptions) -> dict[str, Any]:
    """Writes adapter/, merged/ (float16) and model.gguf under `options.out`; gives their places."""
    import torch

    from .gguf_export import export_like

    adapter, merged = options.out / "adapter", options.out / "merged"
    # The vocabulary is that of the source; peft would look for its configuration at a model hub.
    adapted.save_pretrained(str(adapter), save_embedding_layers=False)
    model = adapted.merge_and_unload()
    exported = export_like(options.model, model, options.out / "model.gguf", options.gguf_dtype)
    model.to(torch.float16).save_pretrained(str(merged))
    tokenizer.save_pretrained(str(merged))
    return {"gguf": str(exported.path), "bytes": exported.bytes, "adapter": str(adapter), "merged": str(merged)}


def parse(arguments: Sequence[str] | None = None) -> DemoOptions:
    """The options of a command line; a wrong one ends the process with its usage."""
    defaults = DemoOptions(Path(), Path())
    parser = argparse.ArgumentParser(prog="python -m assay_train.demo", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="GGUF file of a Llama that is trained")
    parser.add_argument("--out", type=Path, required=True, help="folder for what comes out")
    parser.add_argument("--epochs", type=int, default=defaults.epochs, help="times that each fact is shown")
    parser.add_argument("--batch-size", type=int, default=defaults.batch_size, help="facts of a step")
    parser.add_argument("--learning-rate", type=float, default=defaults.learning_rate, help="that of the first step")
    parser.add_argument("--lora-rank", type=int, default=defaults.lora_rank, help="rank of the adapter")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="of adapter and order")
    parser.add_argument("--gguf-dtype", choices=("q8_0", "f16"), default=defaults.gguf_dtype, help="of the GGUF file")
    parser.add_argument("--stop-with-stdin", action="store_true", help="stop when standard input ends")
    return DemoOptions(**vars(parser.parse_args(arguments)))


def _stop_on_signals(with_stdin: bool) -> None:
    """The first signal (or the end of standard input) interrupts the training; later ones change nothing."""

    def stop(number: int, _frame: Any) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
    if not with_stdin:
        return

    def wait() -> None:
        # Not by sys.stdin: the interpreter cannot shut down while a thread waits in its buffer.
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="assay-stdin", daemon=True).start()


def main() -> int:
    """0: trained and saved; 1: an error, told as the last event; 130: interrupted."""
    options = parse()
    events = Events()
    _stop_on_signals(options.stop_with_stdin)
    try:
        run(options, events)
    except KeyboardInterrupt:
        events.tell("interrupted")
        return 130
    except (DemoError, RowsError, ConfigError, ImportError, OSError, ValueError) as error:
        events.tell("error", problem=str(error), kind=type(error).__name__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
