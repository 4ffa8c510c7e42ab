"""Fetches the rows that a training job names (of a golden set, an analysis or a dataset) from the Assay server."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Literal

Part = Literal["train", "samples"]
PARTS = ("train", "samples")

_REMEDIES = {
    401: "The job token is not valid, or was revoked: make another on the job's page.",
    403: "The token is of another job: use the one that this job was created with.",
    404: "There is no such job for this token, or its source of rows is gone.",
    # The server's own words say what to do.
    409: "",
}


class RowsError(RuntimeError):
    """Rows that could not be had; names the address, what was answered, and what to do."""


def fetch_rows(
    url: str, job_id: str, token: str | None, part: Part = "train", *, timeout_s: float = 60.0
) -> list[dict[str, Any]]:
    """Rows of a job's data (`part` "train") or of what its samples are drawn from ("samples").

    Each is {"id", "messages"}, the answer last. `url` is the server's address, `token` the job's (None on a server
    without keys), `timeout_s` the longest silence of the server in seconds.

    Raises RowsError when the server cannot be reached, refuses, or answers what is no row.
    """
    if part not in PARTS:
        raise RowsError(f"part is {part!r}; ask for one of {', '.join(PARTS)}.")
    address = f"{url.rstrip('/')}/api/training/jobs/{urllib.parse.quote(job_id, safe='')}/data/{part}"
    headers = {"accept": "application/x-ndjson"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=timeout_s) as answer:
            return [_row(line, number, address) for number, line in enumerate(answer, start=1) if line.strip()]
    except urllib.error.HTTPError as error:
        remedy = _REMEDIES.get(error.code, "See the server's log.")
        raise RowsError(f"{address} was answered with {error.code}: {_message(error)} {remedy}".rstrip()) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise RowsError(f"{address} cannot be read: {reason}. Is the server running at {url}?") from error


def _row(line: bytes, number: int, address: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise RowsError(f"{address}: line {number} is not JSON ({error}); was the connection cut?") from error
    if not isinstance(row, dict):
        raise RowsError(f"{address}: line {number} is {type(row).__name__}, not a row.")
    return row


def _message(error: urllib.error.HTTPError) -> str:
    """The message of the server's error envelope, or the status' own words."""
    try:
        return str(json.loads(error.read())["error"]["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return str(error.reason)
