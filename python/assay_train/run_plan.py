"""What is predicted in a run: its samples, and the evaluations that an interrupted run still owes."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import Any

from .config import ConfigError, PredictionsConfig
from .random_state import kept_random_state
from .run_opening import Run
from .sampler import Sample, choose_samples
from .writer import Writer

HOOKS = ("train_begin", "step_end", "epoch_end", "train_end")
# Epochs are quotients of steps; this is far less than one step of any training.
WHOLE_EPOCH = 1e-6


@dataclass
class Plan:
    """The same in all processes of the training."""

    config: PredictionsConfig
    samples: tuple[Sample, ...]
    # Hooks that are to be predicted before the training goes on.
    due: list[str] = field(default_factory=list)
    # The step that an earlier run predicted last, when the training goes on from there.
    predicted_step: int | None = None


def make_plan(run: Run, rows: Any, tokenizer: Any, log: logging.Logger) -> Plan:
    """Draws the samples of the run and notes them beside the checkpoints. Raises ConfigError when there are none."""
    if tokenizer is None:
        raise ConfigError("the trainer has no tokenizer: give PredictionsCallback(tokenizer=...)")
    if rows is None:
        raise ConfigError("the trainer shows no rows: give PredictionsCallback(rows=...)")
    # A dataset may draw random numbers when a row is read.
    with kept_random_state():
        chosen = choose_samples(
            rows,
            run.config.sample_count,
            run.config.seed,
            tokenizer=tokenizer,
            split_marker=run.config.split_marker,
            most_rows_read=run.config.most_rows_read,
        )
    if not chosen.samples:
        first = f" (row {chosen.unreadable[0].row}: {chosen.unreadable[0].reason})" if chosen.unreadable else ""
        raise ConfigError(f"no row could be a sample{first}: give PredictionsCallback(rows=...) rows with answers")
    ids = tuple(each.id for each in chosen.samples)
    if run.resumed and run.file.sample_ids and run.file.sample_ids != ids:
        log.error("the samples are no longer those of the run before: give PredictionsCallback(rows=...) the same rows")
    run.keep(log, sample_ids=ids)
    # It goes to the other processes, which send nothing.
    return Plan(replace(run.config, token=None), chosen.samples)


def owe(run: Run, state: Any, writer: Writer, plan: Plan) -> None:
    """
    Notes in the plan of a resumed run that its checkpoint's step was predicted already, or that this is due: killed
    between the checkpoint and the hook, the training does not come to that hook again.
    """
    if any(writer.rows_at(state.global_step, each) >= len(plan.samples) for each in HOOKS):
        plan.predicted_step = state.global_step
        return
    if run.config.sample_frequency == "steps":
        hook, due = "step_end", state.global_step % run.config.step_interval == 0
    else:
        epoch = float(state.epoch or 0.0)
        hook, due = "epoch_end", epoch > 0 and abs(epoch - round(epoch)) < WHOLE_EPOCH
    if due:
        plan.due.append(hook)
