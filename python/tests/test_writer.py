"""The writer and a fake server that is away, refuses or is slow: every row arrives once, in order, or it is said."""

from __future__ import annotations

import json
import logging
import math
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_assay import FakeAssay

from assay_train.config import PredictionsConfig
from assay_train.deliver_spool import main
from assay_train.sidecar import RunFile
from assay_train.writer import Writer

LOG = logging.getLogger("assay_train")
QUICK = {"backoff_first_s": 0.02, "backoff_most_s": 0.1, "request_timeout_s": 2.0, "flush_timeout_s": 10.0}


@pytest.fixture
def fake() -> Iterator[FakeAssay]:
    server = FakeAssay()
    server.jobs["tj_1"] = {"id": "tj_1"}
    yield server
    server.stop()


def config_for(fake: FakeAssay, **options: Any) -> PredictionsConfig:
    return PredictionsConfig(**{"url": fake.url, "job_id": "tj_1", "token": fake.token, **QUICK, **options})


def started(fake: FakeAssay, spool: Path, **options: Any) -> Writer:
    writer = Writer(config_for(fake, **options), spool, log=LOG)
    writer.start()
    return writer


def rows(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [
        {"sample_index": at, "prompt": f"p{at}", "ground_truth": "t", "prediction": f"a{at}", "scores": {}, **fields}
        for at in range(count)
    ]


def wait_until(condition: Any, limit_s: float = 5.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


def test_rows_arrive_once_and_in_order_when_the_server_was_away(fake: FakeAssay, tmp_path: Path) -> None:
    writer = started(fake, tmp_path, post_rows=2)
    writer.predictions(1.0, 10, "epoch_end", rows(5))
    wait_until(lambda: len(fake.rows) == 5)
    fake.stop()
    writer.predictions(2.0, 20, "epoch_end", rows(5))
    writer.metrics(20, 2.0, "train", {"loss": 1.5})
    time.sleep(0.2)
    assert writer.lag().rows_waiting == 6
    assert writer.lag().seconds >= 0.2
    fake.start()
    writer.predictions(3.0, 30, "epoch_end", rows(5))
    delivery = writer.finish()
    assert delivery.problem is None
    assert (delivery.sent_rows, delivery.duplicates, delivery.waiting_rows) == (16, 0, 0)
    assert [key[1:] for key in fake.rows] == [(step, "epoch_end", at) for step in (10, 20, 30) for at in range(5)]
    assert fake.metrics[("tj_1", "train", 20)]["values"] == {"loss": 1.5}


def test_a_later_writer_goes_on_where_the_earlier_one_ended(fake: FakeAssay, tmp_path: Path) -> None:
    fake.stop()
    first = started(fake, tmp_path)
    first.predictions(1.0, 10, "epoch_end", rows(3))
    delivery = first.finish(timeout_s=0.1)
    assert delivery.waiting_rows == 3
    assert "3 rows wait" in str(delivery.problem) and "not reached" in str(delivery.problem)
    with open(tmp_path / "spool.jsonl", "ab") as spool:
        spool.write(b'{"n":1,"at":1.0,"rows":3,"path":"/api/tr')
    fake.start()
    second = started(fake, tmp_path)
    assert second.rows_at(10, "epoch_end") == 3
    second.predictions(2.0, 20, "epoch_end", rows(3))
    assert second.finish().problem is None
    assert fake.evaluations() == [(10, "epoch_end"), (20, "epoch_end")] and len(fake.rows) == 6
    (tmp_path / "spool.ack.json").unlink()
    third = started(fake, tmp_path)
    delivery = third.finish()
    assert (delivery.sent_rows, delivery.duplicates, len(fake.rows)) == (0, 6, 6)


def test_too_many_rows_are_halved_and_a_bad_row_is_set_aside_alone(fake: FakeAssay, tmp_path: Path) -> None:
    fake.most_rows, fake.bad_index = 3, 4
    writer = started(fake, tmp_path)
    writer.predictions(1.0, 10, "epoch_end", rows(10))
    writer.predictions(2.0, 20, "epoch_end", rows(2))
    delivery = writer.finish()
    assert delivery.sent_rows == 11
    assert [key[3] for key in fake.rows if key[1] == 10] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert fake.predictions(20, "epoch_end") == ["a0", "a1"]
    refused = [json.loads(line) for line in (tmp_path / "spool.refused.jsonl").read_text().splitlines()]
    assert [each["body"]["predictions"][0]["sample_index"] for each in refused] == [4]
    assert "1 rows were refused (400: " in str(delivery.problem)
    assert "1 rows were refused" in fake.jobs["tj_1"]["undelivered"]


REMEDIES = [(401, "ASSAY_JOB_TOKEN"), (403, "this very job"), (404, "ASSAY_JOB_ID")]


@pytest.mark.parametrize(("status", "remedy"), REMEDIES)
def test_a_refused_job_stops_the_sending_and_says_what_to_do(
    fake: FakeAssay, tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int, remedy: str
) -> None:
    fake.refuse["predictions"] = status
    writer = started(fake, tmp_path)
    writer.predictions(1.0, 10, "epoch_end", rows(3))
    began = time.monotonic()
    delivery = writer.finish()
    assert time.monotonic() - began < 5, "it does not wait for what cannot change"
    assert delivery.waiting_rows == 3 and str(status) in str(delivery.problem) and remedy in str(delivery.problem)
    assert len([each for each in fake.calls if each[0].endswith("predictions")]) == 1
    assert len([each for each in caplog.records if each.levelname == "ERROR"]) == 1
    assert fake.token not in caplog.text + str(delivery.problem)
    fake.refuse.clear()
    assert started(fake, tmp_path).finish().sent_rows == 3


def test_a_failing_server_is_asked_again_with_pauses_until_the_time_is_over(fake: FakeAssay, tmp_path: Path) -> None:
    fake.refuse["predictions"] = 500
    writer = started(fake, tmp_path, flush_timeout_s=0.5)
    writer.predictions(1.0, 10, "epoch_end", rows(3))
    delivery = writer.finish()
    assert delivery.waiting_rows == 3 and "500" in str(delivery.problem)
    assert 4 <= len([each for each in fake.calls if each[1] == 500]) <= 12
    assert "3 rows wait" in fake.jobs["tj_1"]["undelivered"]


def test_the_training_never_waits_for_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        config = PredictionsConfig(url=url, job_id="tj_1", request_timeout_s=0.3, flush_timeout_s=0.3)
        writer = Writer(config, tmp_path, log=LOG)
        began = time.monotonic()
        writer.start()
        for step in range(20):
            writer.predictions(1.0, step, "step_end", rows(5))
        assert time.monotonic() - began < 1
        delivery = writer.finish()
        assert time.monotonic() - began < 4
        assert delivery.waiting_rows == 100


def test_what_json_or_the_database_cannot_hold_is_replaced(fake: FakeAssay, tmp_path: Path) -> None:
    writer = started(fake, tmp_path)
    odd = rows(1, prediction="a\0b\ud800", scores={"chrf": math.nan, "token_f1": 0.5}, truth_nll=math.inf)
    writer.predictions(0.0, 0, "train_begin", odd)
    writer.predictions(1.0, 1, "epoch_end", rows(1, prediction=None, error="x" * 9000))
    writer.metrics(1, 1.0, "train", {"loss": math.nan, "grad_norm": -math.inf})
    assert writer.finish().problem is None
    stored = fake.rows[("tj_1", 0, "train_begin", 0)]
    assert stored["prediction"] == "a\ufffdb\ufffd"
    assert stored["scores"] == {"chrf": None, "token_f1": 0.5} and stored["truth_nll"] is None
    assert len(fake.rows[("tj_1", 1, "epoch_end", 0)]["error"]) == 5000
    assert fake.metrics[("tj_1", "train", 1)]["values"] == {"loss": None, "grad_norm": None}


def test_metrics_that_waited_go_in_one_call(fake: FakeAssay, tmp_path: Path) -> None:
    fake.stop()
    writer = started(fake, tmp_path)
    for step in range(300):
        writer.metrics(step, step / 100, "train", {"loss": 1.0})
    fake.start()
    assert writer.finish().sent_rows == 300
    assert [key[2] for key in fake.metrics] == list(range(300))
    assert len([each for each in fake.calls if each[0].endswith("metrics")]) < 10


def test_without_a_server_the_rows_stay_in_the_spool(tmp_path: Path) -> None:
    writer = Writer(PredictionsConfig(), tmp_path, log=LOG)
    writer.start()
    writer.predictions(1.0, 10, "epoch_end", rows(3))
    delivery = writer.finish()
    assert delivery.waiting_rows == 3 and "ASSAY_URL" in str(delivery.problem)
    lines = [json.loads(line) for line in (tmp_path / "spool.jsonl").read_text().splitlines()]
    assert lines[0]["path"] == "/api/training/local/predictions" and len(lines[0]["body"]["predictions"]) == 3


def test_the_spool_of_an_ended_training_is_delivered_by_a_command(
    fake: FakeAssay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    RunFile("run-1", fake.url, "tj_1", fake.token).write(tmp_path)
    fake.stop()
    writer = started(fake, tmp_path / "assay_spool" / "run-1")
    writer.predictions(1.0, 10, "epoch_end", rows(3))
    assert writer.finish(timeout_s=0.1).waiting_rows == 3
    fake.start()
    fake.jobs["tj_1"]["undelivered"] = "3 rows"
    for name in ("ASSAY_URL", "ASSAY_JOB_ID", "ASSAY_JOB_TOKEN", "ASSAY_SPOOL_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == "3 rows were stored, 0 were there already\n"
    assert len(fake.rows) == 3 and fake.jobs["tj_1"]["undelivered"] is None
    assert main([str(tmp_path / "elsewhere")]) == 2
    assert "assay_run.json" in capsys.readouterr().err
