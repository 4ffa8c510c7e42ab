"""How likely the model finds the ground truth: the mean negative log-likelihood of its tokens behind the prompt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from .decoding import Decoding, is_encoder_decoder
from .prompt_tokens import PromptTokens, mask_of, padded

# The label that transformers leaves out of a loss.
_NO_LABEL = -100


def truth_losses(model: Any, prompts: Sequence[PromptTokens], decoding: Decoding) -> list[float | None]:
    """
    For each prompt: -mean(log p(token | prompt, truth before it)) in nats; its exponential is the perplexity.

    Tokens that only begin or end a text do not count. None: the truth has no token, or the number is not finite.
    The prompts are expected to have room for their truth (`shortened`).
    """
    return (_of_labels if is_encoder_decoder(model) else _of_continuations)(model, prompts, decoding)


def shortened(prompt: PromptTokens, positions: int | None) -> PromptTokens | None:
    """Without the prompt's first tokens where it and its truth exceed the positions; None: no room for the truth."""
    if positions is None or len(prompt.ids) + len(prompt.truth) <= positions:
        return prompt
    room = positions - len(prompt.truth)
    return PromptTokens(prompt.sample, prompt.ids[-room:], prompt.truth) if room > 0 else None


def _of_continuations(model: Any, prompts: Sequence[PromptTokens], decoding: Decoding) -> list[float | None]:
    rows = [prompt.ids + prompt.truth for prompt in prompts]
    # Padded on the right: positions count from the left, and what stands behind a token does not reach it.
    inputs = padded(rows, "right", decoding.pad_id).to(decoding.device)
    mask = mask_of(rows, "right").to(decoding.device)
    logits = model(input_ids=inputs, attention_mask=mask, use_cache=False).logits
    # Prompt tuning puts virtual tokens in front.
    logits = logits[:, -inputs.shape[1] :]
    losses = []
    for place, prompt in enumerate(prompts):
        first, end = len(prompt.ids), len(rows[place])
        losses.append(_mean_loss(logits[place, first - 1 : end - 1], inputs[place, first:end]))
    return losses


def _of_labels(model: Any, prompts: Sequence[PromptTokens], decoding: Decoding) -> list[float | None]:
    device = decoding.device
    rows = [prompt.ids for prompt in prompts]
    labels = padded([prompt.truth for prompt in prompts], "right", _NO_LABEL).to(device)
    inputs = padded(rows, "right", decoding.pad_id).to(device)
    mask = mask_of(rows, "right").to(device)
    output = model(input_ids=inputs, attention_mask=mask, labels=labels, use_cache=False)
    names = ("bos_token_id", "eos_token_id", "pad_token_id", "cls_token_id", "sep_token_id")
    frame = {getattr(decoding.tokenizer, name, None) for name in names} | {_NO_LABEL}
    losses = []
    for place in range(len(prompts)):
        counted = torch.tensor([label not in frame for label in labels[place].tolist()], device=device)
        losses.append(_mean_loss(output.logits[place][counted], labels[place][counted]))
    return losses


def _mean_loss(logits: torch.Tensor, tokens: torch.Tensor) -> float | None:
    """Of logits (tokens, vocabulary) in float32, row by row, so that no second tensor of the batch's size arises."""
    if tokens.numel() == 0:
        return None
    loss = torch.nn.functional.cross_entropy(logits.float(), tokens.to(logits.device)).item()
    return loss if math.isfinite(loss) else None

