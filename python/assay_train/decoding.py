"""Generates the texts of a batch by the model's own generate(), and cuts them at their end or at a stop string."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList

from .config import PredictionsConfig
from .prompt_tokens import PromptTokens, mask_of, padded

# A character takes at most four tokens (one a byte), and a few more tokens keep the window's edge off the stop string.
_TOKENS_A_CHARACTER = 4
_TOKENS_MORE = 8


@dataclass(frozen=True)
class Decoding:
    """How the batches of an evaluation are generated."""

    config: PredictionsConfig
    tokenizer: Any
    pad_id: int
    # Most new tokens.
    new_tokens: int
    device: torch.device
    # All processes take part until the last of them is done.
    synced: bool

    def texts(self, model: Any, prompts: Sequence[PromptTokens]) -> list[str]:
        """
        The prediction for each prompt; what the model's generation_config says beside the options holds. To be called
        within `generation_state`, which puts that configuration back.
        """
        # Both as the model's and as an argument: transformers 4.50 to 4.57 take what the model's says where an argument
        # has a default value, and so would sample against do_sample=False.
        settings = model.generation_config = self.settings(model)
        rows = [prompt.ids for prompt in prompts]
        # New tokens of a decoder-only model follow the prompt without a gap; an encoder counts from the left.
        side = "right" if is_encoder_decoder(model) else "left"
        inputs = padded(rows, side, self.pad_id).to(self.device)
        start = 1 if is_encoder_decoder(model) else inputs.shape[1]
        options: dict[str, Any] = {"synced_gpus": True} if self.synced else {}
        if self.config.stop:
            options["stopping_criteria"] = StoppingCriteriaList([_StopStrings(self.config.stop, self.tokenizer, start)])
        output = model.generate(
            input_ids=inputs,
            attention_mask=mask_of(rows, side).to(self.device),
            generation_config=settings,
            **options,
        )
        return [self._text(row[start:].tolist(), settings.eos_token_id) for row in output]

    def settings(self, model: Any) -> GenerationConfig:
        """A copy of the model's generation_config with what the predictions ask for."""
        settings = copy.deepcopy(getattr(model, "generation_config", None) or GenerationConfig())
        settings.max_new_tokens = self.new_tokens
        settings.do_sample = self.config.do_sample
        # Stated also for greedy search, where the defaults keep transformers from warning about the model's own.
        settings.temperature = self.config.temperature if self.config.do_sample else 1.0
        settings.top_p = self.config.top_p if self.config.do_sample else 1.0
        if not self.config.do_sample:
            settings.top_k = 50
        settings.num_beams = 1
        settings.num_return_sequences = 1
        settings.return_dict_in_generate = False
        settings.use_cache = True
        # A compilation would cost more than it saves in a few short texts.
        settings.disable_compile = True
        settings.pad_token_id = self.pad_id
        if settings.eos_token_id is None:
            settings.eos_token_id = self.tokenizer.eos_token_id
        return settings

    def _text(self, ids: list[int], eos: int | list[int] | None) -> str:
        ends = [] if eos is None else [eos] if isinstance(eos, int) else list(eos)
        end = next((place for place, token in enumerate(ids) if token in ends), len(ids))
        return cut_at(self.tokenizer.decode(ids[:end], skip_special_tokens=True), self.config.stop)


def is_encoder_decoder(model: Any) -> bool:
    """Whether the model reads the prompt by an encoder of its own, as T5 does."""
    return bool(getattr(getattr(model, "config", None), "is_encoder_decoder", False))


def cut_at(text: str, stop: Sequence[str]) -> str:
    """The text before the first of the stop strings."""
    places = [place for place in (text.find(each) for each in stop) if place >= 0]
    return text[: min(places)] if places else text


class _StopStrings(StoppingCriteria):
    """
    Ends a row whose new text has a stop string. That of transformers looks at the prompt's last tokens too, and ends a
    row at once whose prompt and first token make up a stop string.
    """

    def __init__(self, stop: Sequence[str], tokenizer: Any, start: int) -> None:
        self.stop = stop
        self.tokenizer = tokenizer
        self.start = start
        self.window = max(len(each) for each in stop) * _TOKENS_A_CHARACTER + _TOKENS_MORE

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_kwargs: Any) -> torch.Tensor:
        rows = input_ids[:, self.start :][:, -self.window :].tolist()
        texts = [self.tokenizer.decode(row, skip_special_tokens=True) for row in rows]
        ended = [any(each in text for each in self.stop) for text in texts]
        return torch.tensor(ended, dtype=torch.bool, device=input_ids.device)
