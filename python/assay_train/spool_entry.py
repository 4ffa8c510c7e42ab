"""One line of the spool: a body for a path of the server, and how it stands in the file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What the database of the server cannot keep in a text.
REPLACEMENT = "\ufffd"


@dataclass
class Entry:
    """A line and its place: `end` is the byte behind it in the file; None: held in memory."""

    n: int
    # Unix seconds when it came.
    at: float
    path: str
    # Predictions or metrics in it; 0 for a status.
    rows: int
    body: dict[str, Any]
    end: int | None = None

    def line(self) -> bytes:
        """As it stands in the file: one JSON object in ASCII."""
        fields = {"n": self.n, "at": self.at, "rows": self.rows, "path": self.path, "body": self.body}
        return json.dumps(fields, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def read(cls, line: bytes, end: int) -> Entry | None:
        """The entry of a line that ends at byte `end`; None: it cannot be read."""
        try:
            value = json.loads(line)
            if not isinstance(value["body"], dict):
                return None
            return cls(int(value["n"]), float(value["at"]), str(value["path"]), int(value["rows"]), value["body"], end)
        except (ValueError, TypeError, KeyError):
            return None


def sendable(value: Any) -> Any:
    """
    The value as JSON that the server takes: numbers that are not finite are null, NUL characters and halves of
    surrogate pairs are U+FFFD, NumPy and torch scalars are numbers, anything else that JSON lacks is its text.
    """
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return value.replace("\0", REPLACEMENT).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {str(key): sendable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [sendable(each) for each in value]
    try:
        return sendable(value.item())
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return str(value)
