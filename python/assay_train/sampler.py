"""Draws the samples of a training: the same rows for the whole job and after a resume, without reading all data."""

from __future__ import annotations

import hashlib
import json
import logging
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from .chat_rows import RowFault
from .config import DEFAULTS, ConfigError
from .row_forms import Reading, RowReader

LOG = logging.getLogger("assay_train")
# Rows that a line of the log names before it only counts them.
NAMED_ROWS = 5

Read = Callable[[int], "Reading | str"]


@dataclass(frozen=True)
class Sample:
    """A row that is predicted at every evaluation."""

    # Its place among the samples of the job, from 0.
    index: int
    # 16 hexadecimal digits of the SHA-256 of prompt and ground truth: the same whatever is drawn beside it.
    id: str
    # What people are shown.
    prompt: str
    ground_truth: str
    # Chat messages before the answer, each content a text; None: the row is no chat.
    messages: tuple[Mapping[str, Any], ...] | None = field(default=None, hash=False)
    # Token ids before the answer, of rows that came tokenised; generation takes them as they are.
    prompt_ids: tuple[int, ...] | None = None
    # What the chat template is handed beside the messages: the row's tools and chat_template_kwargs.
    template: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True)
class Unreadable:
    """A row that was drawn and could not be read, and why."""

    row: int
    reason: str


@dataclass(frozen=True)
class SampleSet:
    """The samples of a job, the rows that others were drawn for, and what of the samples no text model can be shown."""

    samples: tuple[Sample, ...]
    unreadable: tuple[Unreadable, ...]
    forms: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def fields(self) -> str:
        """Which forms of rows were recognised, such as "messages" or "prompt and completion"; none: empty."""
        return "; ".join(self.forms)


def choose_samples(
    rows: Any,
    count: int,
    seed: int,
    *,
    tokenizer: Any = None,
    split_marker: str | None = None,
    most_rows_read: int = DEFAULTS.most_rows_read,
) -> SampleSet:
    """
    Draws `count` samples from `rows` (a list, a dataset, or a stream: then from its first `most_rows_read` rows) by
    `seed` alone. Rows that cannot be read, or say the same as one that was drawn, give way to the next draw; of a
    dataset at most `most_rows_read` rows are read. With a larger count the first samples stay the same. Fewer samples
    than asked for, and rows that could not be read, are said in the log. Raises ConfigError when `rows` can be read
    only once.
    """
    # A processor of several kinds of input has its tokenizer inside.
    reader = RowReader(getattr(tokenizer, "tokenizer", None) or tokenizer, split_marker)
    total, read = _opened(rows, reader, most_rows_read)
    samples: list[Sample] = []
    unreadable: list[Unreadable] = []
    forms: dict[str, None] = {}
    left_out: list[str] = []
    first_rows: dict[str, int] = {}
    for row in islice(_draws(total, seed), most_rows_read):
        if len(samples) == count:
            break
        reading = read(row)
        if isinstance(reading, str):
            unreadable.append(Unreadable(row, reading))
            continue
        sample = _sample(len(samples), reading)
        if sample.id in first_rows:
            unreadable.append(Unreadable(row, f"has the prompt and the answer of row {first_rows[sample.id]}"))
            continue
        first_rows[sample.id] = row
        samples.append(sample)
        forms.setdefault(reading.form)
        left_out.extend(f"row {row}: {each}" for each in reading.left_out)
    chosen = SampleSet(tuple(samples), tuple(unreadable), tuple(forms), tuple(left_out))
    _report(chosen, count, total)
    return chosen


def takes_template(sample: Sample, tokenizer: Any) -> bool:
    """Whether the prompt goes through the tokenizer's chat template, which writes the special tokens itself."""
    return sample.messages is not None and bool(getattr(tokenizer, "chat_template", None))


def prompt_text(sample: Sample, tokenizer: Any) -> str:
    """
    The text that the model is prompted with: the messages through the chat template, with the opening of an answer,
    where there are both (tokenise it without adding special tokens); else the prompt. Raises ValueError when the
    template refuses the messages.
    """
    if not takes_template(sample, tokenizer):
        return sample.prompt
    messages = [dict(each) for each in sample.messages or ()]
    try:
        return _templated(messages, sample, tokenizer)
    except Exception as refusal:
        # Templates raise errors of their own kinds; some know no system role.
        merged = without_system(messages)
        if merged is None:
            raise ValueError(f"the chat template refuses the messages of sample {sample.index}: {refusal}") from refusal
        try:
            text = _templated(merged, sample, tokenizer)
        except Exception:
            raise ValueError(f"the chat template refuses the messages of sample {sample.index}: {refusal}") from refusal
        _say_merged(tokenizer)
        return text


def without_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The messages with the system's text in front of the first text of the user; None: there is no such pair."""
    system = [each["content"] for each in messages if each["role"] == "system"]
    rest = [dict(each) for each in messages if each["role"] != "system"]
    user = next((each for each in rest if each["role"] == "user"), None)
    if not system or user is None:
        return None
    user["content"] = "\n\n".join([*system, user["content"]])
    return rest


def _templated(messages: list[dict[str, Any]], sample: Sample, tokenizer: Any) -> str:
    options = {**(sample.template or {}), "tokenize": False, "add_generation_prompt": True}
    return str(tokenizer.apply_chat_template(messages, **options))


_merged_for: set[str] = set()


def _say_merged(tokenizer: Any) -> None:
    name = str(getattr(tokenizer, "name_or_path", "") or type(tokenizer).__name__)
    if name not in _merged_for:
        _merged_for.add(name)
        LOG.warning("The chat template of %s refuses the system role: its text goes in front of the user's.", name)


def _sample(index: int, reading: Reading) -> Sample:
    written = json.dumps([reading.prompt, reading.ground_truth]).encode("ascii")
    return Sample(
        index=index,
        id=hashlib.sha256(written).hexdigest()[:16],
        prompt=reading.prompt,
        ground_truth=reading.ground_truth,
        messages=reading.messages,
        prompt_ids=reading.prompt_ids,
        template=reading.template,
    )


def _opened(rows: Any, reader: RowReader, most: int) -> tuple[int, Read]:
    """How many rows can be drawn, and the function that reads one of them: its reading, or why there is none."""
    if isinstance(rows, Mapping):
        if not rows:
            return 0, lambda row: "there is no such row"
        name, rows = next(iter(rows.items()))
        LOG.warning("The rows have several parts: samples are drawn from %r; name others by rows=.", name)
    if _is_stream(rows):
        if iter(rows) is rows:
            raise ConfigError(
                f"rows is a {type(rows).__name__}, which can be read only once, and the training would miss what is "
                "read: give a list or a dataset as rows="
            )
        # Only what was read is kept: rows may hold images.
        kept = [_reading([each], 0, reader) for each in islice(iter(rows), most)]
        return len(kept), kept.__getitem__
    return len(rows), lambda row: _reading(rows, row, reader)


def _is_stream(rows: Any) -> bool:
    """Whether rows come one after the other only. PyTorch's streams inherit a __getitem__ that refuses."""
    data = sys.modules.get("torch.utils.data")
    if data is not None and isinstance(rows, data.IterableDataset):
        return True
    return not (hasattr(rows, "__len__") and hasattr(rows, "__getitem__"))


def _reading(rows: Any, row: int, reader: RowReader) -> Reading | str:
    try:
        return reader.read(rows[row])
    except RowFault as fault:
        return str(fault)
    except Exception as error:
        # A dataset may decode or transform its rows, and fail in any way; another row is drawn.
        return f"could not be fetched: {type(error).__name__}: {error}"


def _draws(total: int, seed: int) -> Iterator[int]:
    """All rows in random order (Fisher and Yates), shuffled only as far as they are asked for, never all at once."""
    drawing = random.Random(seed)
    moved: dict[int, int] = {}
    for place in range(total):
        other = drawing.randrange(place, total)
        yield moved.get(other, other)
        moved[other] = moved.pop(place, place)


def _report(chosen: SampleSet, count: int, total: int) -> None:
    found, bad = len(chosen.samples), chosen.unreadable
    if bad:
        named = "; ".join(f"row {each.row}: {each.reason}" for each in bad[:NAMED_ROWS])
        more = f"; and {len(bad) - NAMED_ROWS} more" if len(bad) > NAMED_ROWS else ""
        LOG.warning("%d rows could not be samples: %s%s", len(bad), named, more)
    if chosen.left_out:
        more = f"; and {len(chosen.left_out) - NAMED_ROWS} more" if len(chosen.left_out) > NAMED_ROWS else ""
        LOG.warning("Left out of the samples: %s%s", "; ".join(chosen.left_out[:NAMED_ROWS]), more)
    if found < count:
        LOG.warning("Only %d of %d samples were found in %d rows.", found, count, total)
    elif chosen.forms:
        LOG.info("Drew %d samples from %d rows (%s).", found, total, chosen.fields())
