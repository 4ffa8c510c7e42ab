"""Reads one row of a dataset in any of the usual forms: what is asked, and what the answer should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .chat_rows import Message, RowFault, answer_at, is_sequence, read_messages, shown_prompt, split_answer
from .tokenised_rows import decoded, is_tokenised, split_tokens

CHATS = ("messages", "conversations")
# Columns with the answer to a prompt, an instruction, a question; the first that is there.
COMPLETIONS = ("completion", "chosen", "response", "answer", "output")
OUTPUTS = ("output", "response", "completion", "answer")
ANSWERS = ("answer", "response", "output", "completion")


@dataclass(frozen=True)
class Reading:
    """What a row says. `left_out` names what of it a text model cannot be shown."""

    form: str
    prompt: str
    ground_truth: str
    messages: tuple[Message, ...] | None = None
    # Whether the row itself is a chat; messages of other rows are made of their question.
    is_chat: bool = False
    prompt_ids: tuple[int, ...] | None = None
    # What the chat template is handed beside the messages: tools and the row's chat_template_kwargs.
    template: Mapping[str, Any] | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowReader:
    """Reads rows. A tokenizer is needed for tokenised rows, a split marker for rows that are one text."""

    tokenizer: Any = None
    split_marker: str | None = None

    def read(self, row: Any) -> Reading:
        """
        The row's prompt and ground truth. Tokens that the training was given stand above a plain text, whose layout
        only they tell; a chat goes through the chat template. Raises RowFault, which names the field.
        """
        row = {"text": row} if isinstance(row, str) else row
        if not isinstance(row, Mapping):
            raise RowFault("", f"a row with named fields is needed, and it is of type {type(row).__name__}")
        text, fault = self._first_readable(row)
        tokens = None
        if is_tokenised(row):
            try:
                tokens = self._tokenised(row)
            except RowFault as reason:
                fault = fault or reason
        reading = _joined(text, tokens)
        if reading is None:
            raise fault or RowFault("", _unknown(row))
        return self._checked(reading)

    def _first_readable(self, row: Mapping[str, Any]) -> tuple[Reading | None, RowFault | None]:
        """The first form of text that can be read, else the first fault."""
        fault: RowFault | None = None
        for form in self._forms(row):
            try:
                return form(row), None
            except RowFault as reason:
                fault = fault or reason
        return None, fault

    def _forms(self, row: Mapping[str, Any]) -> Iterator[Callable[[Mapping[str, Any]], Reading]]:
        # Whoever names a marker trains on the text, whatever stands beside it.
        marked = self.split_marker is not None and row.get("text") is not None
        if marked:
            yield self._split
        if any(row.get(name) is not None for name in CHATS):
            yield _chat
        if row.get("prompt") is not None:
            yield _completed
        elif is_sequence(row.get("chosen")):
            yield _chosen
        if row.get("instruction") is not None:
            yield _instructed
        if row.get("question") is not None:
            yield _asked
        if row.get("text") is not None and not marked:
            yield self._split

    def _split(self, row: Mapping[str, Any]) -> Reading:
        text = _text(row, "text")
        if self.split_marker is None:
            raise RowFault("text", "where the answer begins is not known; set split_marker to what stands before it")
        before, marker, answer = text.rpartition(self.split_marker)
        if not marker:
            raise RowFault("text", f"the split_marker {self.split_marker!r} is not in it")
        return Reading("text", before + marker, answer)

    def _tokenised(self, row: Mapping[str, Any]) -> Reading:
        if self.tokenizer is None:
            raise RowFault("input_ids", "there is no tokenizer to read the tokens with; give tokenizer")
        tokens = split_tokens(row)
        prompt, answer = decoded(tokens.prompt_ids, self.tokenizer), decoded(tokens.answer_ids, self.tokenizer)
        return Reading("input_ids and labels", prompt, answer, prompt_ids=tokens.prompt_ids)

    def _checked(self, reading: Reading) -> Reading:
        end = getattr(self.tokenizer, "eos_token", None)
        # TRL writes the end token behind completions and texts; a prediction is read without it.
        truth = reading.ground_truth.removesuffix(end) if end else reading.ground_truth
        if not truth.strip():
            raise RowFault(reading.form, "the answer is empty")
        if not reading.prompt.strip():
            raise RowFault(reading.form, "the prompt is empty")
        return replace(reading, ground_truth=truth)


def _joined(text: Reading | None, tokens: Reading | None) -> Reading | None:
    """One reading of the two: where both give the same answer, people see the text and the model its tokens."""
    if text is None or tokens is None:
        return text or tokens
    answer = tokens.ground_truth.strip()
    same = bool(answer) and text.ground_truth.strip().startswith(answer)
    if text.is_chat and text.messages:
        # The labels of a chat of several turns may begin at an earlier answer that reads the same.
        same = same and str(text.messages[-1]["content"]).strip() in tokens.prompt
    if same:
        return replace(text, form=f"{text.form}, tokenised", prompt_ids=tokens.prompt_ids)
    return text if text.is_chat else tokens


def _chat(row: Mapping[str, Any]) -> Reading:
    field = next(name for name in CHATS if row.get(name) is not None)
    left_out: list[str] = []
    messages, truth = split_answer(read_messages(row[field], field, left_out), field, left_out)
    return _chat_reading(row, field, (messages, truth, left_out))


def _chosen(row: Mapping[str, Any]) -> Reading:
    """The answer that was preferred, of rows of preferences with the prompt inside."""
    left_out: list[str] = []
    messages, truth = split_answer(read_messages(row["chosen"], "chosen", left_out), "chosen", left_out)
    return _chat_reading(row, "chosen", (messages, truth, left_out))


def _completed(row: Mapping[str, Any]) -> Reading:
    field = _field_of(row, COMPLETIONS, "prompt")
    form = f"prompt and {field}"
    if not is_sequence(row["prompt"]) and not is_sequence(row[field]):
        return Reading(form, _text(row, "prompt"), _text(row, field))
    left_out: list[str] = []
    asked = (
        read_messages(row["prompt"], "prompt", left_out)
        if is_sequence(row["prompt"])
        else [{"role": "user", "content": _text(row, "prompt")}]
    )
    if not is_sequence(row[field]):
        return _chat_reading(row, form, (tuple(asked), _text(row, field), left_out))
    answered = read_messages(row[field], field, left_out)
    place = next((at for at, each in enumerate(answered) if each["role"] == "assistant"), None)
    if place is None:
        raise RowFault(field, "no message has the role assistant, so there is no answer to compare with")
    messages, truth = answer_at([*asked, *answered], len(asked) + place, f"{field}[{place}]", left_out)
    return _chat_reading(row, form, (messages, truth, left_out))


def _instructed(row: Mapping[str, Any]) -> Reading:
    field = _field_of(row, OUTPUTS, "instruction")
    given = _text(row, "input") if row.get("input") else ""
    prompt = f"{_text(row, 'instruction')}\n\n{given}" if given.strip() else _text(row, "instruction")
    form = f"instruction, input and {field}" if "input" in row else f"instruction and {field}"
    return Reading(form, prompt, _text(row, field), ({"role": "user", "content": prompt},))


def _asked(row: Mapping[str, Any]) -> Reading:
    field = _field_of(row, ANSWERS, "question")
    prompt = _text(row, "question")
    return Reading(f"question and {field}", prompt, _text(row, field), ({"role": "user", "content": prompt},))


def _chat_reading(row: Mapping[str, Any], form: str, read: tuple[tuple[Message, ...], str, list[str]]) -> Reading:
    messages, truth, left_out = read
    template = {**(row.get("chat_template_kwargs") or {})}
    if is_sequence(row.get("tools")) and row["tools"]:
        template["tools"] = list(row["tools"])
    for name in ("images", "image", "videos", "audio"):
        if row.get(name) is not None:
            left_out.append(f"{name}: only text is shown to the model")
    return Reading(
        form, shown_prompt(messages), truth, messages, is_chat=True, template=template or None, left_out=tuple(left_out)
    )


def _field_of(row: Mapping[str, Any], names: tuple[str, ...], beside: str) -> str:
    field = next((name for name in names if row.get(name) is not None), None)
    if field is None:
        raise RowFault(beside, f"there is no answer to it; name the field with the answer {names[0]}")
    return field


def _text(row: Mapping[str, Any], field: str) -> str:
    value = row[field]
    if not isinstance(value, str):
        raise RowFault(field, f"a text is needed, and it is of type {type(value).__name__}")
    return value


def _unknown(row: Mapping[str, Any]) -> str:
    fields = ", ".join(sorted(map(str, row))) or "none"
    return (
        f"none of its fields ({fields}) is known; give rows with messages, prompt and completion, instruction and "
        "output, question and answer, text with a split_marker, or input_ids and labels"
    )
