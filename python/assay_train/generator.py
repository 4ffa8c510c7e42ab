"""Answers the samples with the model as it is in the middle of its training, and leaves the training untouched."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch

from .batches import in_batches
from .config import PredictionsConfig
from .decoding import Decoding, is_encoder_decoder
from .distributed import GenerationPlan, gathered, is_writer, plan_generation
from .dtype_ladder import DtypeLadder, Rung, training_dtype
from .fault_log import FaultLog, error_text
from .model_state import generation_state
from .prompt_tokens import PromptEncoder, PromptTokens, TokenRoom
from .random_state import kept_random_state
from .sampler import Sample
from .scores import scores_of
from .truth_loss import shortened, truth_losses


@dataclass(frozen=True)
class Outcome:
    """What became of one sample: a prediction, or an error that says why there is none."""

    sample: Sample
    prediction: str | None
    error: str | None = None
    # Of the prediction against the ground truth, by name; empty without a prediction.
    scores: dict[str, float | None] = field(default_factory=dict)
    # Mean negative log-likelihood of a token of the ground truth, in nats.
    truth_nll: float | None = None
    # The rung of the dtype ladder that the prediction was made on.
    dtype_rung: Rung | None = None


@dataclass(frozen=True)
class _Evaluation:
    """What the batches of one call have in common."""

    model: Any
    plan: GenerationPlan
    ladder: DtypeLadder
    decoding: Decoding
    room: TokenRoom


class Generator:
    """Generates predictions; it remembers between evaluations which rung worked and which errors were told."""

    def __init__(
        self, tokenizer: Any, config: PredictionsConfig, *, log: logging.Logger = logging.getLogger("assay_train")
    ) -> None:
        self._faults = FaultLog(log)
        self._encoder = PromptEncoder(tokenizer, self._faults)
        self._config = config
        self._rung: Rung | None = None

    def generate(
        self,
        model: torch.nn.Module,
        samples: Sequence[Sample],
        *,
        accelerator: Any = None,
        dtype: torch.dtype | None = None,
    ) -> list[Outcome]:
        """
        One outcome for each sample, in their order; empty in a process that is not the writer. Every process calls it.

        `model` is the trainer's, wrapped or not. `dtype`: what the training computes in; None: found out. Whatever goes
        wrong, it does not raise: the samples have the error. Model, tokenizer and random numbers are left as they were.
        With replicated weights the other processes wait in their next collective meanwhile: an evaluation longer than
        the time-out of torch.distributed would end the training.
        """
        plan = plan_generation(model)
        if not plan.generates or not samples:
            return []
        try:
            outcomes = self._evaluate(model, samples, self._evaluation(model, plan, accelerator, dtype))
        except Exception as error:
            text = self._faults.fault("evaluation", error, f"training dtype {dtype or 'not given'}")
            outcomes = [Outcome(sample, None, text) for sample in samples]
        return outcomes if is_writer(accelerator) else []

    def _evaluation(
        self, model: torch.nn.Module, plan: GenerationPlan, accelerator: Any, dtype: torch.dtype | None
    ) -> _Evaluation:
        if not hasattr(plan.model, "generate"):
            name = type(plan.model).__name__
            raise TypeError(f"{name} has no generate(): predictions need a model that can generate text")
        device = next(plan.model.parameters()).device
        if plan.sharded and accelerator is not None:
            # Shards may lie on the CPU while the device computes.
            device = accelerator.device
        room = TokenRoom.of(plan.model.config, self._config.max_length)
        tokenizer, pad_id = self._encoder.tokenizer, self._encoder.pad_id()
        dtype = dtype or training_dtype(model, accelerator)
        return _Evaluation(
            model=model,
            plan=plan,
            ladder=DtypeLadder(dtype, device.type, self._faults, self._rung),
            decoding=Decoding(self._config, tokenizer, pad_id, room.prediction, device, plan.synced),
            room=room,
        )

    def _evaluate(self, model: torch.nn.Module, samples: Sequence[Sample], run: _Evaluation) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        prompts: dict[int, PromptTokens] = {}
        with ExitStack() as stack:
            stack.enter_context(kept_random_state([run.decoding.device], self._config.seed))
            stack.enter_context(generation_state(model))
            # Not inference_mode: a tensor made in it and kept by the model could not take part in the training.
            stack.enter_context(torch.no_grad())
            stack.enter_context(gathered(model, run.plan))
            for place, sample in enumerate(samples):
                try:
                    prompts[place] = self._encoder.encode(sample, run.room, is_encoder_decoder(run.plan.model))
                except Exception as error:
                    outcomes[place] = Outcome(sample, None, self._faults.fault("tokenizing", error, _state(run)))
            made = self._predictions(run, list(prompts.values()))
            losses = self._losses(run, list(prompts.values()))
        self._rung = run.ladder.first
        for place, outcome, loss in zip(prompts, made, losses, strict=True):
            outcomes[place] = self._scored(outcome, loss)
        return [outcomes[place] for place in range(len(samples))]

    def _predictions(self, run: _Evaluation, prompts: list[PromptTokens]) -> list[Outcome]:
        def work(batch: Sequence[PromptTokens]) -> list[Outcome]:
            texts, rung = run.ladder.climb(run.model, lambda: run.decoding.texts(run.plan.model, batch))
            return [Outcome(prompt.sample, text, dtype_rung=rung) for prompt, text in zip(batch, texts, strict=True)]

        def failed(batch: Sequence[PromptTokens], error: Exception) -> Outcome:
            text = self._faults.fault("generation", error, f"{len(batch)} prompts at once, {_state(run)}")
            return Outcome(batch[0].sample, None, text)

        return in_batches(prompts, self._config.batch_size, work, failed)

    def _losses(self, run: _Evaluation, prompts: list[PromptTokens]) -> list[float | None]:
        if not self._config.score_truth:
            return [None] * len(prompts)
        # A forward of the whole model may need another rung than generate(), which calls the base model of PEFT.
        ladder = DtypeLadder(run.ladder.dtype, run.ladder.device_type, self._faults, run.ladder.first)
        positions = None if is_encoder_decoder(run.plan.model) else run.room.positions
        fitting = [shortened(prompt, positions) if prompt.truth else None for prompt in prompts]

        def work(batch: Sequence[PromptTokens]) -> list[float | None]:
            return ladder.climb(run.model, lambda: truth_losses(run.plan.model, batch, run.decoding))[0]

        def failed(batch: Sequence[PromptTokens], error: Exception) -> None:
            self._faults.fault("loss on the ground truth", error, f"{len(batch)} prompts at once, {_state(run)}")

        known = iter(in_batches([each for each in fitting if each], self._config.batch_size, work, failed))
        return [next(known) if each else None for each in fitting]

    def _scored(self, outcome: Outcome, loss: float | None) -> Outcome:
        scores: dict[str, float | None] = {}
        if outcome.prediction is not None:
            try:
                scores = dict(scores_of(outcome.prediction, outcome.sample.ground_truth))
            except Exception as error:
                self._faults.fault("scoring", error, error_text(error))
        return Outcome(outcome.sample, outcome.prediction, outcome.error, scores, loss, outcome.dtype_rung)


def _state(run: _Evaluation) -> str:
    """What explains a dtype error: dtypes, device, autocast."""
    counts: dict[str, int] = {}
    for parameter in run.plan.model.parameters():
        name = str(parameter.dtype).removeprefix("torch.")
        counts[name] = counts.get(name, 0) + 1
    weights = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    device = run.decoding.device
    autocast = str(torch.get_autocast_dtype(device.type)) if torch.is_autocast_enabled(device.type) else "off"
    dtype = run.ladder.dtype or "that of the weights"
    return f"training dtype {dtype}, weights {weights}, device {device}, autocast {autocast}"
