"""Turns samples into token ids: the prompt as the model is to see it, cut to its room, and the truth behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .fault_log import FaultLog
from .sampler import Sample, prompt_text, takes_template

# What configurations call the number of positions of a model; relative ones have none.
_POSITIONS = ("max_position_embeddings", "max_seq_len")


@dataclass(frozen=True)
class TokenRoom:
    """How many tokens there are for a prompt (None: any number) and for a prediction."""

    prompt: int | None
    prediction: int
    # Of the model; None: positions are relative.
    positions: int | None

    @classmethod
    def of(cls, config: Any, max_length: int) -> TokenRoom:
        """Of a model's configuration. A prompt keeps at least half of the positions, whatever max_length asks for."""
        text_config = config.get_text_config() if hasattr(config, "get_text_config") else config
        found = [getattr(text_config, name, None) for name in _POSITIONS]
        positions = next((each for each in found if isinstance(each, int) and each > 1), None)
        if positions is None:
            return cls(None, max_length, None)
        if getattr(config, "is_encoder_decoder", False):
            return cls(positions, min(max_length, positions - 1), positions)
        prompt = max(positions - max_length, positions // 2)
        return cls(prompt, min(max_length, positions - prompt), positions)


@dataclass(frozen=True)
class PromptTokens:
    """A sample as token ids."""

    sample: Sample
    ids: tuple[int, ...]
    # Of the ground truth, as they follow the prompt; of an encoder-decoder, as its labels.
    truth: tuple[int, ...]


class PromptEncoder:
    """Encodes prompts one by one, without padding or truncation: the tokenizer's settings stay the training's."""

    def __init__(self, tokenizer: Any, faults: FaultLog) -> None:
        # A processor of several kinds of input has its tokenizer inside.
        self.tokenizer = getattr(tokenizer, "tokenizer", None) or tokenizer
        self.faults = faults

    def pad_id(self) -> int:
        """What fills rows up, hidden by the attention mask; without a padding token, the one that ends a text."""
        for token in (self.tokenizer.pad_token_id, self.tokenizer.eos_token_id):
            if token is not None:
                return int(token)
        return 0

    def encode(self, sample: Sample, room: TokenRoom, encoder_decoder: bool) -> PromptTokens:
        """Raises ValueError for a prompt without any token."""
        ids, truth = self._targets(sample) if encoder_decoder else self._continued(sample)
        if not ids:
            start = self.tokenizer.bos_token_id
            if start is None:
                raise ValueError(f"sample {sample.index} has an empty prompt and the tokenizer no token to begin with")
            ids = [start]
        if room.prompt is not None and len(ids) > room.prompt:
            self.faults.notice(
                "truncation",
                "the prompt of sample %d has %d tokens and the model room for %d: the first ones are left out",
                sample.index,
                len(ids),
                room.prompt,
            )
            ids = ids[-room.prompt :]
        return PromptTokens(sample, tuple(ids), tuple(truth))

    def _targets(self, sample: Sample) -> tuple[list[int], list[int]]:
        ids = list(sample.prompt_ids or ()) or self._ids(prompt_text(sample, self.tokenizer), True)
        return ids, list(self.tokenizer(text_target=sample.ground_truth, verbose=False)["input_ids"])

    def _continued(self, sample: Sample) -> tuple[list[int], list[int]]:
        if sample.prompt_ids:
            return list(sample.prompt_ids), self._ids(sample.ground_truth, False)
        text = prompt_text(sample, self.tokenizer)
        # A chat template writes the tokens that begin a text itself.
        templated = takes_template(sample, self.tokenizer)
        ids = self._open_ids(text, not templated)
        # Encoded together: apart, a tokenizer may put another first token, such as one with a space.
        together = self._open_ids(text + sample.ground_truth, not templated)
        if together[: len(ids)] == ids:
            return ids, together[len(ids) :]
        return ids, self._ids(sample.ground_truth, False)

    def _open_ids(self, text: str, special: bool) -> list[int]:
        """Without an end-of-text token that the tokenizer adds: behind it the model would begin another text."""
        ids = self._ids(text, special)
        eos = self.tokenizer.eos_token_id
        added = special and eos is not None and not text.endswith(self.tokenizer.eos_token)
        return ids[:-1] if added and ids and ids[-1] == eos else ids

    def _ids(self, text: str, special: bool) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"])


def padded(rows: Sequence[Sequence[int]], side: str, fill: int) -> torch.Tensor:
    """Rows of different lengths as one tensor (rows, longest), filled up on the side ("left" or "right")."""
    width = max(len(row) for row in rows)
    filled = [
        [fill] * (width - len(row)) + list(row) if side == "left" else list(row) + [fill] * (width - len(row))
        for row in rows
    ]
    return torch.tensor(filled, dtype=torch.long)


def mask_of(rows: Sequence[Sequence[int]], side: str) -> torch.Tensor:
    """1 where `padded` has a token of a row, 0 where it filled up."""
    return padded([[1] * len(row) for row in rows], side, 0)
