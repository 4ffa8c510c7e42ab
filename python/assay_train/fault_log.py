"""Says the first fault of each kind loudly and the later ones quietly, each with the state that explains it."""

from __future__ import annotations

import logging
import re

# Longest error text of a row; the server takes 5,000 characters.
_MOST_CHARACTERS = 2000


def error_text(error: BaseException) -> str:
    """Type and message in one line, as a row shows it."""
    message = " ".join(str(error).split())
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 3] + "..."


class FaultLog:
    """
    Two faults are of one kind when stage, type and message agree, numbers aside.

    The first of each kind is logged at ERROR, with its traceback at DEBUG; the later ones at DEBUG.
    """

    def __init__(self, log: logging.Logger) -> None:
        self.log = log
        self._seen: set[tuple[str, ...]] = set()

    def fault(self, stage: str, error: BaseException, state: str) -> str:
        """Logs the error of a stage ("generation", say) with the state that it arose in; gives its text."""
        text = error_text(error)
        first = self._first("fault", stage, re.sub(r"\d+", "#", text))
        self.log.log(logging.ERROR if first else logging.DEBUG, "%s failed: %s (%s)", stage, text, state)
        self.log.debug("%s failed", stage, exc_info=error)
        return text

    def notice(self, topic: str, message: str, *values: object) -> None:
        """Logs at WARNING what is to be known once; topic decides what counts as the same."""
        self.log.log(logging.WARNING if self._first("notice", topic) else logging.DEBUG, message, *values)

    def _first(self, *kind: str) -> bool:
        first = kind not in self._seen
        self._seen.add(kind)
        return first
