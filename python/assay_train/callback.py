"""The callback of a trainer: has the samples predicted at its hooks, and hands on predictions, metrics and progress."""

from __future__ import annotations

import atexit
import functools
import logging
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from .config import PredictionsConfig
from .delivery import Delivery, Lag
from .distributed import is_writer
from .distributed_agreement import agreed
from .fault_log import FaultLog, error_text
from .generator import Generator, Outcome
from .job_description import environment, new_job
from .metric_lines import MetricLines
from .run_opening import Run, open_run
from .run_plan import Plan, make_plan, owe
from .writer import Writer

LOG = logging.getLogger("assay_train")


def _guarded(hook: Callable[..., None]) -> Callable[..., None]:
    """A fault of ours never ends the training: an exception that leaves a callback would."""

    @functools.wraps(hook)
    def run(self: PredictionsCallback, args: Any, state: Any, control: Any, **given: Any) -> None:
        try:
            hook(self, args, state, control, **given)
        except Exception as fault:
            self.faults.fault(hook.__name__, fault, f"step {state.global_step}; the training goes on")

    return run


class PredictionsCallback(TrainerCallback):
    """
    Predicts the same samples all through a training of transformers.Trainer or TRL, and sends what the model says.

        trainer = Trainer(..., callbacks=[PredictionsCallback(PredictionsConfig.from_env(), rows=my_rows)])

    `rows`: what samples are drawn from, in any form that `sampler` reads; None: the rows of the trainer's evaluation
    where it has begun one, else those it trains on. `tokenizer`: None: the trainer's. `name`: of the job; None: the
    trainer's run_name. After the training `delivery` says what came of it.
    """

    def __init__(
        self,
        config: PredictionsConfig | None = None,
        *,
        rows: Any = None,
        tokenizer: Any = None,
        name: str | None = None,
    ) -> None:
        self.config = config or PredictionsConfig.from_env()
        self.faults = FaultLog(LOG)
        self.delivery: Delivery | None = None
        self._rows = rows
        self._tokenizer = tokenizer
        self._name = name
        self._reset()

    @property
    def job_id(self) -> str | None:
        """The job that is written to; None until the server has made it."""
        return self._run.job.job_id if self._run is not None and self._run.job is not None else self.config.job_id

    def lag(self) -> Lag:
        """How far the delivery is behind the training."""
        return self._writer.lag() if self._writer is not None else Lag(0, 0.0)

    @_guarded
    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        """Opens the run, draws the samples, and predicts before the first step."""
        # In a notebook an exception ends the training and not the process.
        self._left(self.config.request_timeout_s)
        self._reset()
        model, tokenizer = given["model"], self._tokenizer_of(given)
        plan = None
        if is_writer():
            try:
                plan = self._begin(args, state, model, self._rows_of(given), tokenizer)
            except Exception as fault:
                # The other processes wait for the plan, whatever happened here.
                self.faults.fault("on_train_begin", fault, "no predictions are made")
        self._plan = agreed(plan)
        if self._plan is None:
            return
        self._predicted_step = self._plan.predicted_step
        self._generator = Generator(tokenizer, self._plan.config, log=LOG)
        for hook in self._plan.due:
            self._predict(args, state, model, hook)

    @_guarded
    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        """The step before is over: its metrics are whole."""
        if self._metrics is not None:
            self._metrics.flush()

    @_guarded
    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        """Predicts every step_interval steps, where samples go by steps."""
        config = self._plan.config if self._plan is not None else None
        if config is not None and config.sample_frequency == "steps" and state.global_step % config.step_interval == 0:
            self._predict(args, state, given["model"], "step_end")

    @_guarded
    def on_epoch_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        """Predicts where samples go by epochs."""
        if self._plan is not None and self._plan.config.sample_frequency == "epoch":
            self._predict(args, state, given["model"], "epoch_end")

    @_guarded
    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> None:
        """Takes loss, learning rate, gradient norm, and what else the trainer logs."""
        if self._metrics is not None and logs:
            self._metrics.add(state.global_step, _epoch(state), logs)

    @_guarded
    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> None:
        """Takes the metrics of an evaluation that the trainer does not log."""
        if self._metrics is not None and metrics:
            self._metrics.add(state.global_step, _epoch(state), metrics)

    @_guarded
    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        """A training that goes on from this checkpoint does not log what came before it again."""
        if self._metrics is not None:
            self._metrics.flush()

    @_guarded
    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        """Predicts the model that comes out, where that was not done, and waits for the delivery."""
        if self._plan is not None and (self._predicted_step != state.global_step or _another_model(args, state)):
            self._predict(args, state, given["model"], "train_end")
        if self._writer is None:
            return
        if self._metrics is not None:
            self._metrics.flush()
        self._writer.status(status="completed", step=state.global_step, epoch=_epoch(state))
        self._end(None)

    # What the hooks do

    def _reset(self) -> None:
        self._run: Run | None = None
        self._writer: Writer | None = None
        self._plan: Plan | None = None
        self._generator: Generator | None = None
        self._metrics: MetricLines | None = None
        self._predicted_step: int | None = None
        atexit.unregister(self._process_ends)

    def _begin(self, args: Any, state: Any, model: Any, rows: Any, tokenizer: Any) -> Plan | None:
        run = open_run(
            self.config,
            Path(args.output_dir),
            lambda config: new_job(config, args, state, model, self._name),
            resuming=state.global_step > 0,
            log=LOG,
        )
        writer = Writer(run.config, run.folder, log=LOG, job=run.job)
        self._run, self._writer, self._metrics = run, writer, MetricLines(writer.metrics)
        writer.start()
        atexit.register(self._process_ends)
        progress = {"step": state.global_step, "total_steps": state.max_steps, "total_epochs": state.num_train_epochs}
        writer.status(
            status="running",
            epoch=_epoch(state),
            undelivered=None,
            problem=None,
            environment=environment(args, model),
            **{name: value for name, value in progress.items() if value and value > 0},
        )
        if not run.config.enabled:
            return None
        try:
            plan = make_plan(run, rows, tokenizer, LOG)
        except Exception as fault:
            writer.status(problem=f"No predictions: {error_text(fault)}")
            raise
        if state.global_step > 0:
            owe(run, state, writer, plan)
        elif run.config.at_begin:
            plan.due.append("train_begin")
        return plan

    def _predict(self, args: Any, state: Any, model: Any, hook: str) -> None:
        assert self._plan is not None and self._generator is not None
        samples = self._plan.samples
        try:
            outcomes = self._generator.generate(model, samples, dtype=_training_dtype(args))
        except Exception as fault:
            # Seen on the page, it is not an empty table; and the end of the training is still told.
            text = self.faults.fault("generation", fault, f"{hook} of step {state.global_step}; the training goes on")
            outcomes = [Outcome(sample, None, text) for sample in samples]
        self._predicted_step = state.global_step
        if self._writer is not None:
            self._writer.predictions(_epoch(state), state.global_step, hook, [_row(each) for each in outcomes])

    def _rows_of(self, given: Mapping[str, Any]) -> Any:
        if self._rows is not None:
            return self._rows
        loader = given.get("eval_dataloader") or given.get("train_dataloader")
        return getattr(loader, "dataset", None)

    def _tokenizer_of(self, given: Mapping[str, Any]) -> Any:
        found = self._tokenizer or given.get("processing_class") or given.get("tokenizer")
        # A processor for several kinds of data has a tokenizer among its parts.
        return getattr(found, "tokenizer", found)

    def _end(self, timeout_s: float | None) -> None:
        assert self._writer is not None
        self.delivery = self._writer.finish(timeout_s)
        atexit.unregister(self._process_ends)
        self._writer = self._metrics = None
        if self.delivery.problem is not None:
            LOG.error("not everything was delivered: %s", self.delivery.problem)
        else:
            LOG.info("%d rows delivered, %d of them before", self.delivery.sent_rows, self.delivery.duplicates)

    def _process_ends(self) -> None:
        self._left(None)

    def _left(self, timeout_s: float | None) -> None:
        """The training, if one is open, was left by an exception or by hand: no hook says so."""
        if self._writer is None:
            return
        if self._metrics is not None:
            self._metrics.flush()
        fault = getattr(sys, "last_value", None)
        if isinstance(fault, Exception):
            self._writer.status(status="failed", problem=error_text(fault))
        else:
            self._writer.status(status="interrupted")
        self._end(timeout_s)


def _row(outcome: Outcome) -> dict[str, Any]:
    sample = outcome.sample
    return {
        "sample_index": sample.index,
        "sample_id": sample.id,
        "prompt": sample.prompt,
        "ground_truth": sample.ground_truth,
        "prediction": outcome.prediction,
        "error": outcome.error,
        "scores": outcome.scores,
        "truth_nll": outcome.truth_nll,
        "dtype_rung": outcome.dtype_rung,
    }


def _epoch(state: Any) -> float:
    return max(0.0, float(state.epoch or 0.0))


def _training_dtype(args: Any) -> torch.dtype | None:
    if getattr(args, "bf16", False):
        return torch.bfloat16
    return torch.float16 if getattr(args, "fp16", False) else None


def _another_model(args: Any, state: Any) -> bool:
    """Whether the model at the end is that of an earlier checkpoint."""
    best = getattr(state, "best_model_checkpoint", None)
    if not getattr(args, "load_best_model_at_end", False) or not best:
        return False
    return not str(best).rstrip("/").endswith(f"-{state.global_step}")
