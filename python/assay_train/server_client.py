"""Calls of the Assay server's training endpoints, with faults told apart: not reached, for another try, or refused."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

SETTINGS_PATH = "/api/training/settings"
JOBS_PATH = "/api/training/jobs"
PREDICTIONS_PATH = "/api/training/local/predictions"
METRICS_PATH = "/api/training/local/metrics"
STATUS_PATH = "/api/training/local/status"

# Answers that another try may change: timed out, too early, too many requests.
PASSING = (408, 425, 429)
# Answers that concern every row of the job, not the one that was sent.
ACCESS = (401, 403, 404)
# The least to read of an answer that is not Assay's own, so that its fault can be shown.
MOST_ANSWER_BYTES = 1 << 20
MOST_MESSAGE = 500


class ServerFault(Exception):
    """A call that brought no result; the message says what the server or the network said, never the token."""


class Unreachable(ServerFault):
    """No answer, or one (5xx, 408, 425, 429) that another try may change."""


@dataclass(eq=False)
class Refused(ServerFault):
    """An answer (3xx, 4xx) that stays the same however often the call is made."""

    status: int
    message: str

    def __str__(self) -> str:
        return f"{self.status}: {self.message}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    # Following one would send the token to another address, and turn a POST into a GET.
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


@dataclass(frozen=True)
class Server:
    """Where Assay is: its address without a slash at the end, and the longest wait for an answer in seconds."""

    url: str
    timeout_s: float = 10.0

    def get(self, path: str, token: str | None) -> dict[str, Any]:
        """The JSON object at a path. Raises Unreachable or Refused."""
        return self._call("GET", path, None, token)

    def post(self, path: str, body: Mapping[str, Any], token: str | None) -> dict[str, Any]:
        """The JSON object that a POST answers. Raises Unreachable or Refused."""
        return self._call("POST", path, json.dumps(body, allow_nan=False).encode("ascii"), token)

    def _call(self, method: str, path: str, data: bytes | None, token: str | None) -> dict[str, Any]:
        headers = {"accept": "application/json", "user-agent": "assay-train"}
        if data is not None:
            headers["content-type"] = "application/json"
        if token:
            headers["authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with _OPENER.open(request, timeout=self.timeout_s) as answer:
                return _object_of(answer.read(MOST_ANSWER_BYTES))
        except urllib.error.HTTPError as fault:
            raise _fault_of(fault) from None
        except urllib.error.URLError as fault:
            raise Unreachable(f"{self.url} is not reached: {fault.reason}") from None
        except (OSError, http.client.HTTPException) as fault:
            raise Unreachable(f"{self.url} broke off: {type(fault).__name__} {fault}".rstrip()) from None


def _object_of(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        raise Unreachable("the answer is not JSON: is it Assay that listens there?") from None
    if not isinstance(value, dict):
        raise Unreachable(f"the answer is a {type(value).__name__}, not an object: is it Assay that listens there?")
    return value


def _fault_of(fault: urllib.error.HTTPError) -> ServerFault:
    message = _message_of(fault)
    if fault.code >= 500 or fault.code in PASSING:
        return Unreachable(f"the server answers {fault.code}: {message}")
    if fault.code < 400:
        return Refused(fault.code, f"redirected to {fault.headers.get('location')}; give that address as url")
    return Refused(fault.code, message)


def _message_of(fault: urllib.error.HTTPError) -> str:
    try:
        with fault:
            data = fault.read(MOST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException):
        return str(fault.reason)
    try:
        return str(json.loads(data)["error"]["message"])[:MOST_MESSAGE]
    except (ValueError, TypeError, KeyError):
        return data.decode("utf-8", "replace").strip()[:MOST_MESSAGE] or str(fault.reason)


def get_settings(server: Server, token: str | None) -> dict[str, Any]:
    """Defaults, limits and prices of GET /api/training/settings. Raises Unreachable or Refused."""
    return server.get(SETTINGS_PATH, token)


def get_job(server: Server, job_id: str, token: str | None) -> dict[str, Any]:
    """The job as the server keeps it. Raises Unreachable or Refused."""
    return server.get(f"{JOBS_PATH}/{quote(job_id, safe='')}", token)


def create_job(server: Server, body: Mapping[str, Any], token: str | None) -> tuple[str, str | None]:
    """Makes a job; its id, and the token that its trainer writes with. Raises Unreachable or Refused."""
    job = server.post(JOBS_PATH, body, token)
    if not isinstance(job.get("id"), str):
        raise Unreachable("the answer has no job id: is it Assay that listens there?")
    return job["id"], job.get("token") or token


def remedy(fault: Refused) -> str:
    """What to do about an answer that concerns the whole job."""
    if fault.status == 401:
        return "set ASSAY_JOB_TOKEN to a token of this job (its page makes one), or to a key of your own"
    if fault.status == 403:
        return "set ASSAY_JOB_TOKEN to a token of this very job"
    if fault.status == 404:
        return "the job was deleted or belongs to another user: set ASSAY_JOB_ID to a job of yours, or leave it out"
    return "change what it names"
