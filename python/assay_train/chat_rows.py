"""Reads a row's chat messages: role and text of each, what had to be left out, and which of them is the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Message = Mapping[str, Any]

# Names of roles in ShareGPT's conversations, by the names that chat templates know.
ROLES = {
    "human": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "observation": "tool",
}


class RowFault(ValueError):
    """A row, or one form of it, that cannot be read: the field, what is wrong with it, and what to do."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field


def is_sequence(value: Any) -> bool:
    """Whether `value` is a list of things, rather than a text."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def read_messages(value: Any, field: str, left_out: list[str]) -> list[Message]:
    """
    The messages of a list, each with role and content (a text); other keys stay, but for empty ones. Also reads `from`
    and `value`. What is no text is left out of the content, and named in `left_out`. Raises RowFault.
    """
    if not is_sequence(value):
        raise RowFault(field, f"a list of messages is needed, and it is {_kind(value)}")
    if not value:
        raise RowFault(field, "the list of messages is empty")
    return [_message(each, f"{field}[{at}]", left_out) for at, each in enumerate(value)]


def split_answer(messages: Sequence[Message], field: str, left_out: list[str]) -> tuple[tuple[Message, ...], str]:
    """The messages before the last answer of the assistant, and its text; none of what follows it. Raises RowFault."""
    places = [at for at, each in enumerate(messages) if each["role"] == "assistant"]
    if not places:
        raise RowFault(field, "no message has the role assistant, so there is no answer to compare with")
    return answer_at(messages, places[-1], f"{field}[{places[-1]}]", left_out)


def answer_at(
    messages: Sequence[Message], place: int, field: str, left_out: list[str]
) -> tuple[tuple[Message, ...], str]:
    """The messages before `place`, and the text of the one there, which must not be empty. Raises RowFault."""
    before, answer = tuple(messages[:place]), messages[place]
    if not before:
        raise RowFault(field, "the answer is the first message, so there is no prompt")
    calls = bool(answer.get("tool_calls"))
    if not str(answer["content"]).strip():
        raise RowFault(field, "the answer has no text, it only calls tools" if calls else "the answer is empty")
    if calls:
        left_out.append(f"{field}.tool_calls: only the text of the answer is the ground truth")
    return before, str(answer["content"])


def shown_prompt(messages: Sequence[Message]) -> str:
    """Messages as people are shown them: the text alone when there is one, else each behind its role."""
    if len(messages) == 1:
        return str(messages[0]["content"])
    return "\n\n".join(f"{each['role']}: {each['content']}" for each in messages)


def _message(value: Any, field: str, left_out: list[str]) -> Message:
    if not isinstance(value, Mapping):
        raise RowFault(field, f"a message with role and content is needed, and it is {_kind(value)}")
    role = value.get("role", value.get("from"))
    if not isinstance(role, str) or not role:
        raise RowFault(f"{field}.role", "is missing; name it user, assistant, system or tool")
    name = "content" if "content" in value or "value" not in value else "value"
    content = _text_of(value.get(name), f"{field}.{name}", left_out)
    # A dataset gives every message the keys of all: those without a value are not of this one.
    rest = {
        key: each for key, each in value.items() if key not in ("role", "from", "content", "value") and each is not None
    }
    return {"role": ROLES.get(role.lower(), role), "content": content, **rest}


def _text_of(content: Any, field: str, left_out: list[str]) -> str:
    """The text of a content: itself, or the text parts of a list."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not is_sequence(content):
        raise RowFault(field, f"a text or a list of parts is needed, and it is {_kind(content)}")
    texts: list[str] = []
    others: Counter[str] = Counter()
    for part in content:
        text = part if isinstance(part, str) else part.get("text") if isinstance(part, Mapping) else None
        if isinstance(text, str):
            texts.append(text)
        else:
            others[str(part.get("type", "unknown")) if isinstance(part, Mapping) else _kind(part)] += 1
    left_out.extend(f"{field}: {count} x {kind}" for kind, count in others.items())
    return "\n".join(texts)


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"of type {type(value).__name__}"
