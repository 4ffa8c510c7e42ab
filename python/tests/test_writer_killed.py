"""The writer's process killed with SIGKILL, or without room on its disk: no row twice, none missing but the counted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_assay import FakeAssay

PYTHON = Path(__file__).parents[1]

WRITES = """
    import json, logging, resource, sys
    from pathlib import Path
    from assay_train.config import PredictionsConfig
    from assay_train.writer import Writer

    url, spool, first, steps, limit, memory_rows = sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:])
    times = {"backoff_first_s": 0.02, "backoff_most_s": 0.1, "flush_timeout_s": 20.0 if memory_rows > 10 else 0.5}
    config = PredictionsConfig(
        url=url, job_id="tj_1", token="atj-token", post_rows=2, memory_rows=memory_rows, **times
    )
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    writer = Writer(config, spool, log=logging.getLogger("assay_train"))
    writer.start()
    for step in range(first, first + steps):
        rows = [{"sample_index": k, "prompt": "p", "ground_truth": "t", "prediction": "a" * 200} for k in range(5)]
        writer.predictions(step / 10, step, "step_end", rows)
        print(step, flush=True)
    delivery = writer.finish()
    print(json.dumps([delivery.sent_rows, delivery.waiting_rows, delivery.problem]), flush=True)
"""


@pytest.fixture
def fake() -> Iterator[FakeAssay]:
    server = FakeAssay()
    server.jobs["tj_1"] = {"id": "tj_1"}
    yield server
    server.stop()


def writing(fake: FakeAssay, spool: Path, *numbers: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(WRITES), fake.url, str(spool), *map(str, numbers)]
    return subprocess.Popen(command, cwd=PYTHON, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def result(process: subprocess.Popen[str]) -> tuple[int, int, str | None]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    sent, waiting, problem = json.loads(out.splitlines()[-1])
    return sent, waiting, problem


def test_rows_of_a_killed_process_are_delivered_by_the_next(fake: FakeAssay, tmp_path: Path) -> None:
    process = writing(fake, tmp_path, 0, 100_000, 0, 1000)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "40":
            process.send_signal(signal.SIGKILL)
            break
    written = [40, *map(int, process.stdout.read().split())]
    assert process.wait(timeout=10) == -signal.SIGKILL
    before = len(fake.rows)
    last = written[-1]
    # A resumed training repeats the steps behind its checkpoint.
    sent, waiting, problem = result(writing(fake, tmp_path, last - 4, 10, 0, 1000))
    assert (waiting, problem) == (0, None)
    keys = [(key[1], key[3]) for key in fake.rows]
    assert keys == [(step, at) for step in range(last + 6) for at in range(5)]
    assert before < len(keys)
    assert fake.duplicates >= 25


def test_a_full_disk_leaves_the_rows_in_memory_and_they_arrive(fake: FakeAssay, tmp_path: Path) -> None:
    process = writing(fake, tmp_path, 0, 20, 8000, 1000)
    assert result(process) == (100, 0, None)
    assert len(fake.rows) == 100 and (tmp_path / "spool.jsonl").stat().st_size <= 8000


def test_what_neither_disk_nor_memory_holds_is_counted(fake: FakeAssay, tmp_path: Path) -> None:
    fake.refuse["predictions"] = 503
    sent, waiting, problem = result(writing(fake, tmp_path, 0, 20, 8000, 10))
    assert sent == 0 and waiting > 0
    assert f"{100 - waiting} rows are lost" in str(problem) and "File too large" in str(problem)
