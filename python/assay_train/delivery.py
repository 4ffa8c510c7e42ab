"""The thread that brings the spool's lines to the server, in order, and goes on trying while the server is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .config import PredictionsConfig
from .server_client import ACCESS, Refused, Server, ServerFault, Unreachable, remedy
from .spool import REFUSED_FILE, Spool

# Answers about a body of which a part may be taken: too large, or one row in it is not valid.
DIVISIBLE = (400, 413, 422)
LISTS = ("predictions", "metrics")


@dataclass(frozen=True)
class Lag:
    """How far the delivery is behind: rows that wait, and the seconds that the oldest has waited."""

    rows_waiting: int
    seconds: float


@dataclass(frozen=True)
class Delivery:
    """What came of it: rows that the server stored now, that it had already, and that wait in the spool."""

    sent_rows: int
    duplicates: int
    waiting_rows: int
    # What did not arrive and why; None: all did.
    problem: str | None


@dataclass
class Job:
    """
    Where rows go. Without an id `make` is called once the server is there; it returns id and token, or raises
    ServerFault.
    """

    server: Server
    job_id: str | None
    token: str | None
    make: Callable[[], tuple[str, str | None]] | None = None

    def ready(self) -> str:
        """The job's id, made when there is none yet. Raises Unreachable or Refused."""
        if self.job_id is None:
            if self.make is None:
                raise Refused(400, "no job is named; set ASSAY_JOB_ID")
            self.job_id, self.token = self.make()
        return self.job_id


class Sender:
    """Sends until `finish`; never raises into the training, and holds one call's rows in memory at most."""

    def __init__(self, config: PredictionsConfig, spool: Spool, job: Job, log: logging.Logger) -> None:
        self.sent_rows = 0
        self.duplicates = 0
        self.refused_rows = 0
        self.problem: str | None = None
        self._config = config
        self._spool = spool
        self._job = job
        self._log = log
        self._state = threading.Condition()
        # Something came since the spool was looked at last.
        self._news = False
        # Nothing is left to do: all is sent, or nothing can be.
        self._idle = False
        self._blocked = False
        self._hurry = threading.Event()
        self._ended = threading.Event()
        self._pause_s = config.backoff_first_s
        self._first_refusal: str | None = None
        self._thread = threading.Thread(target=self._run, name="assay-delivery", daemon=True)

    def start(self) -> None:
        """Begins with what the spool holds."""
        self._thread.start()

    def notify(self) -> None:
        """There is more in the spool."""
        with self._state:
            self._news = True
            self._idle = self._blocked
            self._state.notify_all()

    def drain(self, timeout_s: float) -> None:
        """Waits until all is sent, nothing more can be, or the time is over; a pause between two tries is cut short."""
        self._hurry.set()
        with self._state:
            self._state.wait_for(lambda: self._idle or not self._thread.is_alive(), timeout_s)
        self._hurry.clear()

    def tell(self, path: str, body: Mapping[str, Any]) -> None:
        """One call past the queue, whether it succeeds or not."""
        if self._job.job_id is None:
            return
        try:
            self._job.server.post(path, {**body, "job_id": self._job.job_id}, self._job.token)
        except ServerFault as fault:
            self._log.debug("the server could not be told (%s): %s", body, fault)

    def stop(self) -> None:
        """Ends the thread; a call that is under way is left to its time-out."""
        self._ended.set()
        self._hurry.set()
        with self._state:
            self._state.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=self._config.backoff_first_s)

    def refusals(self) -> str | None:
        """What the server refused for good, in words; None: nothing."""
        if self.refused_rows == 0:
            return None
        where = self._spool.folder / REFUSED_FILE
        return f"{self.refused_rows} rows were refused ({self._first_refusal}); they are in {where}"

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                self._step()
        except Exception as fault:
            self.problem = f"the delivery broke: {type(fault).__name__}: {fault}"
            self._log.error("%s; rows stay in %s", self.problem, self._spool.folder)
            self._log.debug("the delivery broke", exc_info=True)
        with self._state:
            self._idle = True
            self._state.notify_all()

    def _step(self) -> None:
        with self._state:
            self._news = False
        entries = [] if self._blocked else self._spool.head(self._config.memory_rows)
        if not entries:
            self._rest()
            return
        first = entries[0]
        body = first.body
        if len(entries) > 1:
            body = {"metrics": [row for each in entries for row in each.body["metrics"]]}
        refused: list[tuple[Mapping[str, Any], str]] = []
        try:
            self._send(first.path, body, refused)
        except Unreachable as fault:
            self._back_off(fault)
        except Refused as fault:
            self._block(fault)
        else:
            for part, reason in refused:
                self._refuse(first.path, part, reason)
            self._spool.acknowledge(entries)
            self._reached()

    def _send(self, path: str, body: Mapping[str, Any], refused: list[tuple[Mapping[str, Any], str]]) -> None:
        job_id = self._job.ready()
        try:
            answer = self._job.server.post(path, {**body, "job_id": job_id}, self._job.token)
        except Refused as fault:
            if fault.status in ACCESS or fault.status < 400:
                raise
            halves = _halves(body) if fault.status in DIVISIBLE else None
            if halves is None:
                refused.append((body, str(fault)))
                return
            for half in halves:
                self._send(path, half, refused)
            return
        if _name_of_list(body) is not None:
            self.sent_rows += _number(answer, "stored")
            self.duplicates += _number(answer, "duplicates")

    def _refuse(self, path: str, body: Mapping[str, Any], reason: str) -> None:
        name = _name_of_list(body)
        self.refused_rows += len(body[name]) if name else 0
        if self._first_refusal is None:
            self._first_refusal = reason
            self._log.error("the server refuses what %s brought (%s); the training goes on", path, reason)
        self._spool.set_aside(path, body, reason)

    def _back_off(self, fault: ServerFault) -> None:
        if self.problem is None:
            self._log.warning("%s; rows wait in %s and are sent when it is back", fault, self._spool.folder)
        self.problem = str(fault)
        pause = self._ended if self._hurry.is_set() else self._hurry
        if pause.wait(self._pause_s):
            # The end of the training does not wait for a long pause, and tries at short ones.
            self._pause_s = self._config.backoff_first_s
        else:
            self._pause_s = min(self._pause_s * 2, self._config.backoff_most_s)

    def _block(self, fault: Refused) -> None:
        self._blocked = True
        self.problem = f"the server refuses this job's rows ({fault}): {remedy(fault)}, and resume the training"
        self._log.error("%s; they stay in %s", self.problem, self._spool.folder)

    def _reached(self) -> None:
        if self.problem is not None:
            self._log.info("the server answers again; %d rows wait", self._spool.waiting()[0])
        self.problem = None
        self._pause_s = self._config.backoff_first_s

    def _rest(self) -> None:
        with self._state:
            if self._news and not self._blocked:
                return
            self._idle = True
            self._state.notify_all()
            self._state.wait_for(lambda: self._ended.is_set() or (self._news and not self._blocked))


def _name_of_list(body: Mapping[str, Any]) -> str | None:
    return next((name for name in LISTS if isinstance(body.get(name), list)), None)


def _halves(body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    name = _name_of_list(body)
    if name is None or len(body[name]) < 2:
        return None
    middle = len(body[name]) // 2
    return [{**body, name: body[name][:middle]}, {**body, name: body[name][middle:]}]


def _number(answer: Mapping[str, Any], name: str) -> int:
    value = answer.get(name)
    return value if isinstance(value, int) else 0
