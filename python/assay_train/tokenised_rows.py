"""Reads rows that came tokenised: where the labels (or the masks of TRL) say that the answer begins, and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .chat_rows import RowFault

# The label of tokens that are not learned.
IGNORED = -100
# Columns in which TRL marks what is learned; a token counts when all that are there mark it.
MASKS = ("completion_mask", "assistant_masks")


@dataclass(frozen=True)
class TokenisedRow:
    """Token ids of a prompt and of the answer to it."""

    prompt_ids: tuple[int, ...]
    answer_ids: tuple[int, ...]


def is_tokenised(row: Mapping[str, Any]) -> bool:
    """Whether the row has token ids."""
    return row.get("input_ids") is not None


def split_tokens(row: Mapping[str, Any]) -> TokenisedRow:
    """
    Prompt and answer of a tokenised row. Labels that repeat their tokens: the answer is the first run of labels that
    are not -100, the prompt all before it. Other labels are those of an encoder-decoder: the input is the prompt.
    Padding (attention mask 0) is dropped. Raises RowFault.
    """
    ids, labels = _numbers(row, "input_ids"), _labels(row)
    learned = [at for at, label in enumerate(labels) if label != IGNORED]
    if not learned:
        raise RowFault("labels", "all are -100, so there is no answer")
    mask = _numbers(row, "attention_mask") if row.get("attention_mask") is not None else [1] * len(ids)
    if len(mask) != len(ids):
        raise RowFault("attention_mask", f"has {len(mask)} entries for {len(ids)} input_ids")
    if len(labels) != len(ids) or any(labels[at] != ids[at] for at in learned):
        ahead = [labels[at] == ids[at + 1] for at in learned if at + 1 < len(ids)]
        if len(labels) == len(ids) and ahead and all(ahead):
            raise RowFault("labels", "each stands one place before its token; models shift labels themselves")
        return TokenisedRow(_kept(ids, mask), tuple(labels[at] for at in learned))
    first = learned[0]
    prompt = _kept(ids[:first], mask[:first])
    if not prompt:
        packed = "; rows are packed: give those before packing as rows=" if row.get("seq_lengths") is not None else ""
        raise RowFault("labels", f"no -100 stands before the first, so it is not known where the answer begins{packed}")
    end = next((at for at in range(first, len(labels)) if labels[at] == IGNORED), len(labels))
    return TokenisedRow(prompt, tuple(ids[first:end]))


def decoded(ids: tuple[int, ...], tokenizer: Any) -> str:
    """The text of token ids without special tokens; with them when there is nothing else."""
    return str(tokenizer.decode(list(ids), skip_special_tokens=True)) or str(tokenizer.decode(list(ids)))


def _labels(row: Mapping[str, Any]) -> list[int]:
    if row.get("labels") is not None:
        return _numbers(row, "labels")
    masks = [_numbers(row, name) for name in MASKS if row.get(name) is not None]
    if not masks:
        raise RowFault("labels", "is missing, so it is not known where the answer begins")
    return [token if all(marks) else IGNORED for token, *marks in zip(_numbers(row, "input_ids"), *masks)]


def _kept(ids: list[int], mask: list[int]) -> tuple[int, ...]:
    return tuple(token for token, attended in zip(ids, mask) if attended)


def _numbers(row: Mapping[str, Any], field: str) -> list[int]:
    """A column of whole numbers, from a list, an array or a tensor of one dimension."""
    try:
        return [int(each) for each in row[field]]
    except (TypeError, ValueError):
        raise RowFault(field, "a plain list of whole numbers is needed") from None
