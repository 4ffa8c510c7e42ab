"""The rows of a job on disk, line by line, until the server has them; in memory only where the disk fails."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .spool_entry import Entry

LINES_FILE = "spool.jsonl"
ACKNOWLEDGED_FILE = "spool.ack.json"
REFUSED_FILE = "spool.refused.jsonl"

# Windows would turn line breaks into two bytes.
BINARY = getattr(os, "O_BINARY", 0)
READ_BYTES = 1 << 20


class Spool:
    """
    A file that grows, and how far it is acknowledged. One thread appends, one reads and acknowledges. What cannot be
    written is held in memory, up to `memory_rows` rows, and goes to the file as soon as that is possible; what does not
    fit there either is counted in `lost_rows`. No method raises for the disk.
    """

    def __init__(self, folder: Path, *, memory_rows: int, log: logging.Logger) -> None:
        self.folder = folder
        self.lost_rows = 0
        # Why the disk does not take rows; None: it does.
        self.disk_problem: str | None = None
        self._memory_rows = memory_rows
        self._log = log
        self._lock = threading.RLock()
        self._file: int | None = None
        self._held: deque[Entry] = deque()
        self._size = 0
        self._acknowledged = 0
        self._next = 0
        self._waiting_rows = 0
        self._unsynced = False
        self._rows_at: dict[tuple[int, str], int] = {}

    def open(self) -> None:
        """Goes on where the file ends; a line that a crash cut off is dropped."""
        with self._lock:
            file = None
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                file = os.open(self.folder / LINES_FILE, os.O_RDWR | os.O_CREAT | BINARY, 0o600)
                self._recover(file)
                self._file = file
            except OSError as fault:
                self._disk_failed(fault)
                if file is not None:
                    os.close(file)

    def append(self, path: str, bodies: Sequence[tuple[int, Mapping[str, Any]]], *, sync: bool) -> None:
        """Adds (rows, body) pairs in this order, all or none; with `sync` they are on the disk when it returns."""
        with self._lock:
            if self._file is None:
                self.open()
            now = time.time()
            entries = [Entry(self._next + k, now, path, rows, dict(body)) for k, (rows, body) in enumerate(bodies)]
            self._next += len(entries)
            self._move_held()
            if not self._held and self._written(entries, sync):
                self._waiting_rows += _rows_of(entries)
            elif not self._taken_into_memory(entries):
                self.lost_rows += _rows_of(entries)
                return
            for each in entries:
                self._note(each)

    def head(self, most_rows: int) -> list[Entry]:
        """The oldest line that waits, with those behind it that may go in the same call (metrics); [] when none."""
        with self._lock:
            self._sync()
            taken: list[Entry] = []
            rows = 0
            for entry in self._waiting():
                rows += entry.rows
                if taken and ("metrics" not in entry.body or rows > most_rows):
                    break
                taken.append(entry)
                if "metrics" not in entry.body:
                    break
            return taken

    def acknowledge(self, entries: Sequence[Entry]) -> None:
        """These, the oldest ones, need not be sent again."""
        with self._lock:
            for entry in entries:
                if entry.end is not None:
                    self._acknowledged = entry.end
                elif self._held and self._held[0] is entry:
                    self._held.popleft()
                else:
                    # The spool was closed while the server answered, and the row counted as lost.
                    continue
                self._waiting_rows -= entry.rows
            self._keep_acknowledged()

    def set_aside(self, path: str, body: Mapping[str, Any], reason: str) -> None:
        """Keeps what the server refuses in a file of its own, with the reason."""
        line = json.dumps({"path": path, "reason": reason, "body": body}, allow_nan=False) + "\n"
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            with open(os.open(self.folder / REFUSED_FILE, flags, 0o600), "a", encoding="ascii") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            self._log.error("%s: refused rows cannot be kept: %s", self.folder, fault.strerror or fault)

    def waiting(self) -> tuple[int, float]:
        """Rows that wait, and for how many seconds the oldest has."""
        with self._lock:
            oldest = next(self._waiting(), None)
            return self._waiting_rows, 0.0 if oldest is None else max(0.0, time.time() - oldest.at)

    def rows_at(self, step: int, hook: str) -> int:
        """Predictions of an evaluation that are in the spool, delivered or not."""
        with self._lock:
            return self._rows_at.get((step, hook), 0)

    def close(self) -> None:
        """Puts what memory holds on the disk, where it takes it now; what it does not take is lost."""
        with self._lock:
            self._move_held()
            lost = _rows_of(self._held)
            self.lost_rows += lost
            self._waiting_rows -= lost
            self._held.clear()
            self._sync()
            if self._file is not None:
                os.close(self._file)
                self._file = None

    # Reading

    def _waiting(self) -> Iterator[Entry]:
        yield from self._lines(self._acknowledged, self._size)
        yield from self._held

    def _lines(self, start: int, size: int) -> Iterator[Entry]:
        if start >= size:
            return
        try:
            with open(self.folder / LINES_FILE, "rb") as file:
                file.seek(start)
                for line in file:
                    start += len(line)
                    if start > size or not line.endswith(b"\n"):
                        return
                    entry = Entry.read(line, start)
                    if entry is not None:
                        yield entry
                    else:
                        self._log.error("%s: the line before byte %d cannot be read; left out", self.folder, start)
        except OSError as fault:
            self._disk_failed(fault)

    def _recover(self, file: int) -> None:
        end = os.fstat(file).st_size
        size = _end_of_last_line(file, end)
        os.ftruncate(file, size)
        self._size = size
        self._acknowledged = min(self._read_acknowledged(), size)
        for entry in self._lines(0, size):
            self._next = max(self._next, entry.n + 1)
            self._note(entry)
            if entry.end is not None and entry.end > self._acknowledged:
                self._waiting_rows += entry.rows

    def _read_acknowledged(self) -> int:
        try:
            return max(0, int(json.loads((self.folder / ACKNOWLEDGED_FILE).read_text())["offset"]))
        except (OSError, ValueError, TypeError, KeyError):
            # Sent again, the server counts the rows as duplicates.
            return 0

    def _note(self, entry: Entry) -> None:
        if isinstance(entry.body.get("predictions"), list):
            key = (int(entry.body.get("step", 0)), str(entry.body.get("hook")))
            self._rows_at[key] = self._rows_at.get(key, 0) + entry.rows

    # Writing

    def _written(self, entries: Sequence[Entry], sync: bool) -> bool:
        if self._file is None:
            return False
        lines = [each.line() for each in entries]
        try:
            os.lseek(self._file, self._size, os.SEEK_SET)
            data = memoryview(b"".join(lines))
            while data:
                data = data[os.write(self._file, data) :]
            self._unsynced = True
            if sync:
                os.fsync(self._file)
                self._unsynced = False
        except OSError as fault:
            self._disk_failed(fault)
            self._cut_back()
            return False
        self.disk_problem = None
        for entry, line in zip(entries, lines):
            self._size += len(line)
            entry.end = self._size
        return True

    def _cut_back(self) -> None:
        try:
            if self._file is not None:
                os.ftruncate(self._file, self._size)
        except OSError as fault:
            # The next write begins at the same place and covers what is left there.
            self._log.debug("%s is not cut back: %s", self.folder, fault)

    def _sync(self) -> None:
        try:
            if self._unsynced and self._file is not None:
                os.fsync(self._file)
            self._unsynced = False
        except OSError as fault:
            self._disk_failed(fault)

    def _move_held(self) -> None:
        while self._held and self._written([self._held[0]], True):
            self._held.popleft()

    def _taken_into_memory(self, entries: Sequence[Entry]) -> bool:
        if _rows_of(self._held) + _rows_of(entries) > self._memory_rows:
            return False
        self._held.extend(entries)
        self._waiting_rows += _rows_of(entries)
        return True

    def _keep_acknowledged(self) -> None:
        path = self.folder / ACKNOWLEDGED_FILE
        part = path.with_name(f"{ACKNOWLEDGED_FILE}.part")
        try:
            part.write_text(json.dumps({"offset": self._acknowledged}))
            os.replace(part, path)
        except OSError as fault:
            # After a crash some rows would be sent again; the server counts them as duplicates.
            self._log.debug("%s: how far it is acknowledged cannot be kept: %s", self.folder, fault)

    def _disk_failed(self, fault: OSError) -> None:
        problem = str(fault.strerror or fault)
        if self.disk_problem is None:
            self._log.error(
                "%s takes no rows (%s): until it does they are held in memory, %d at most. Free space there, or set "
                "ASSAY_SPOOL_DIR to another disk",
                self.folder,
                problem,
                self._memory_rows,
            )
        self.disk_problem = problem


def _rows_of(entries: Sequence[Entry] | deque[Entry]) -> int:
    return sum(each.rows for each in entries)


def _end_of_last_line(file: int, size: int) -> int:
    while size > 0:
        start = max(0, size - READ_BYTES)
        os.lseek(file, start, os.SEEK_SET)
        at = os.read(file, size - start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        size = start
    return 0
