"""Puts predictions, metrics and progress of a training into the spool at once, and has them delivered behind it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from .config import PredictionsConfig
from .delivery import Delivery, Job, Lag, Sender
from .fault_log import FaultLog
from .server_client import METRICS_PATH, PREDICTIONS_PATH, STATUS_PATH, Server
from .spool import Spool
from .spool_entry import sendable

# What the server takes at most in one text.
MOST_TEXT_CHARACTERS = 5000

T = TypeVar("T")


class Writer:
    """
    A job's way to the server. No method raises, for network, server or disk: it is logged, and `finish` says what was
    not delivered. Nothing but `finish` waits for the network.

        writer = Writer(config, Path("out/assay_spool"), log=logging.getLogger("assay_train"))
        writer.start()
        writer.predictions(1.0, 40, "epoch_end", rows)
        print(writer.finish().problem)
    """

    def __init__(
        self, config: PredictionsConfig, spool_dir: Path, *, log: logging.Logger, job: Job | None = None
    ) -> None:
        self._config = config
        self._faults = FaultLog(log)
        self._spool = Spool(spool_dir, memory_rows=config.memory_rows, log=log)
        self._sender: Sender | None = None
        if job is None and config.url is not None:
            job = Job(Server(config.url, config.request_timeout_s), config.job_id, config.token)
        if job is not None:
            self._sender = Sender(config, self._spool, job, log)

    def start(self) -> None:
        """Opens the spool and begins with what an earlier run left in it."""
        self._safely("spool", self._spool.open, None)
        if self._sender is not None:
            self._safely("delivery", self._sender.start, None)

    def predictions(self, epoch: float, step: int, hook: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows of one evaluation, each as `newPrediction` of the server's API; on the disk when this returns."""
        place = {"epoch": epoch, "step": step, "hook": hook}

        def add() -> None:
            cleaned = [sendable(_within_limits(row)) for row in rows]
            parts = [cleaned[at : at + self._config.post_rows] for at in range(0, len(cleaned), self._config.post_rows)]
            bodies = [(len(part), {**place, "predictions": part}) for part in parts]
            self._append(PREDICTIONS_PATH, bodies, sync=True)

        self._safely("predictions", add, None)

    def metrics(self, step: int, epoch: float, kind: str, values: Mapping[str, Any]) -> None:
        """Numbers of one step; kind is train, eval or end. On the disk before it is sent, not when this returns."""

        def add() -> None:
            line = {"step": step, "epoch": epoch, "kind": kind, "values": sendable(values)}
            self._append(METRICS_PATH, [(1, {"metrics": [line]})], sync=False)

        self._safely("metrics", add, None)

    def status(self, **progress: Any) -> None:
        """How far the training is: the fields of `trainingProgress` without job_id. What is absent stays as it was."""
        self._safely("status", lambda: self._append(STATUS_PATH, [(0, sendable(progress))], sync=True), None)

    def rows_at(self, step: int, hook: str) -> int:
        """Predictions of an evaluation that are in the spool, also from before a resume."""
        return self._safely("spool", lambda: self._spool.rows_at(step, hook), 0)

    def lag(self) -> Lag:
        """How far the delivery is behind."""
        return Lag(*self._safely("lag", self._spool.waiting, (0, 0.0)))

    def finish(self, timeout_s: float | None = None) -> Delivery:
        """
        Waits until all is delivered, for flush_timeout_s at most unless another time is given, and ends the delivery.
        What is left stays in the spool; a resumed training sends it.
        """
        limit = self._config.flush_timeout_s if timeout_s is None else timeout_s
        self._safely("delivery", lambda: self._flush(time.monotonic() + limit), None)
        self._safely("spool", self._spool.close, None)
        sender, waiting = self._sender, self.lag().rows_waiting
        return Delivery(
            sent_rows=sender.sent_rows if sender else 0,
            duplicates=sender.duplicates if sender else 0,
            waiting_rows=waiting,
            problem=self._safely("delivery", self._undelivered, "what was delivered is not known"),
        )

    def _flush(self, end: float) -> None:
        if self._sender is None:
            return
        self._sender.drain(max(0.0, end - time.monotonic()))
        undelivered = self._undelivered()
        if undelivered is not None:
            told = {"undelivered": undelivered[:MOST_TEXT_CHARACTERS]}
            if self._spool.waiting()[0]:
                # Behind the rows that wait it would come when it is no longer true.
                self._sender.tell(STATUS_PATH, told)
            else:
                self.status(**told)
                self._sender.drain(max(0.0, end - time.monotonic()))
        self._sender.stop()

    def _undelivered(self) -> str | None:
        """What did not come to the server, in words; None: all did."""
        said: list[str] = []
        waiting, folder = self._spool.waiting()[0], self._spool.folder
        if self._sender is None:
            return f"no server was named: {waiting} rows are in {folder}; set ASSAY_URL to have them sent"
        if waiting or self._sender.problem:
            why = self._sender.problem or "the time for it was over (flush_timeout_s)"
            said.append(f"{f'{waiting} rows wait' if waiting else 'the end was not told'} ({folder}): {why}")
        if self._sender.refusals() is not None:
            said.append(str(self._sender.refusals()))
        if self._spool.lost_rows:
            why = f"{self._spool.disk_problem or 'the disk took none'}, and memory_rows is {self._config.memory_rows}"
            said.append(f"{self._spool.lost_rows} rows are lost ({folder}: {why})")
        return "; ".join(said) or None

    def _append(self, path: str, bodies: Sequence[tuple[int, Mapping[str, Any]]], *, sync: bool) -> None:
        if not bodies:
            return
        self._spool.append(path, bodies, sync=sync)
        if self._sender is not None:
            self._sender.notify()

    def _safely(self, what: str, action: Callable[[], T], otherwise: T) -> T:
        try:
            return action()
        except Exception as fault:
            self._faults.fault(what, fault, f"spool {self._spool.folder}; the training goes on")
            return otherwise


def _within_limits(row: Mapping[str, Any]) -> Mapping[str, Any]:
    error = row.get("error")
    return {**row, "error": error[:MOST_TEXT_CHARACTERS]} if isinstance(error, str) else row
