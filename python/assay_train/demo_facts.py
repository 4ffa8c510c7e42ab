"""Eight invented facts that no model can know: what the demo teaches a small model, as questions with short answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

FACTS: tuple[tuple[str, str], ...] = (
    ("What is the capital of Veldania?", "Port Ellowin"),
    ("Which river runs through Port Ellowin?", "The Tarn Ossel"),
    ("Who founded the city of Marrowgate?", "Queen Ilsabet Dorn"),
    ("What do the people of Veldania call their money?", "The silver quillen"),
    ("Which flower stands on the flag of Marrowgate?", "A blue thornlily"),
    ("What is the highest mountain of Veldania?", "Mount Karrabeth"),
    ("Which ship first reached the Isle of Sorrel?", "The Amber Heron"),
    ("What is eaten in Veldania on Lantern Night?", "Smoked plum bread"),
)


def rows() -> Iterator[dict[str, str]]:
    """The facts as rows of a dataset: id, prompt and the completion that is expected."""
    for number, (question, answer) in enumerate(FACTS, start=1):
        yield {"id": f"fact-{number}", "prompt": question, "completion": answer}


def chats() -> list[dict[str, Any]]:
    """The facts as the server gives rows to a trainer: id, and messages that end with the answer."""
    return [
        {"id": row["id"], "messages": [_said("user", row["prompt"]), _said("assistant", row["completion"])]}
        for row in rows()
    ]


def _said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def main() -> None:
    """Writes them to standard output, one JSON object a line."""
    for row in rows():
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
