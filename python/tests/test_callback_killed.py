"""A trainer's process killed with SIGKILL and resumed from its checkpoint, and one that ends by an exception."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_assay import FakeAssay
from tiny_training import SMALL, tiny_trainer

from assay_train import PredictionsCallback, PredictionsConfig

TESTS = Path(__file__).parent


@pytest.fixture
def fake() -> Iterator[FakeAssay]:
    server = FakeAssay()
    yield server
    server.stop()


@pytest.fixture(scope="module", autouse=True)
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeAssay, subprocess.Popen[str]]]:
    """A training that fails at its third step, begun at once: most of its time goes into imports."""
    server = FakeAssay()
    process = training(server, tmp_path_factory.mktemp("failing"), 3)
    yield server, process
    process.kill()
    server.stop()


def training(fake: FakeAssay, out: Path, fail_at: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(TESTS / "tiny_training.py"), fake.url, str(out), str(fail_at)]
    environment = {"PYTHONPATH": f"{TESTS.parent}:{TESTS}", "PATH": "/usr/bin:/bin"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_killed_trainer_goes_on_with_the_same_job(fake: FakeAssay, tmp_path: Path) -> None:
    process = training(fake, tmp_path, -1)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "saved 8":
            process.send_signal(signal.SIGKILL)
            break
    else:
        pytest.fail(process.communicate()[1])
    assert process.wait(timeout=10) == -signal.SIGKILL
    process.communicate()
    lines = (tmp_path / "assay_spool").glob("*/spool.jsonl")
    spooled = [json.loads(line)["body"].get("step", 0) for line in next(lines).read_text().splitlines()]
    assert max(spooled) >= 8
    config = PredictionsConfig(url=fake.url, token="own-key", sample_frequency="steps", step_interval=2, **SMALL)
    callback = PredictionsCallback(config)
    checkpoint = str(tmp_path / "checkpoint-8")
    trainer = tiny_trainer(tmp_path, [callback], num_train_epochs=5, save_strategy="steps", save_steps=4)
    trainer.train(resume_from_checkpoint=checkpoint)
    assert callback.delivery is not None and callback.delivery.problem is None
    assert list(fake.jobs) == ["tj_1"] and fake.jobs["tj_1"]["status"] == "completed"
    hooks = [(0, "train_begin"), *((step, "step_end") for step in range(2, 21, 2))]
    assert [key[1:] for key in fake.rows if key[1] <= 20] == [(*each, at) for each in hooks for at in range(4)]
    steps = [key[2] for key in fake.metrics if key[1] == "train" and key[2] <= 20]
    assert steps == list(range(1, 21))


def test_an_evaluation_that_the_checkpoint_came_before_is_made_up_for(fake: FakeAssay, tmp_path: Path) -> None:
    config = PredictionsConfig(url=fake.url, token="own-key", **SMALL)
    saving = {"save_strategy": "steps", "save_steps": 4}
    tiny_trainer(tmp_path, [PredictionsCallback(config)], num_train_epochs=1, **saving).train()
    spool = next((tmp_path / "assay_spool").glob("*/spool.jsonl"))
    kept = [line for line in spool.read_text().splitlines(keepends=True) if '"epoch_end"' not in line]
    spool.write_text("".join(kept))
    (spool.parent / "spool.ack.json").unlink()
    fake.rows = {key: row for key, row in fake.rows.items() if key[2] != "epoch_end"}
    resumed = tiny_trainer(tmp_path, [PredictionsCallback(config)], **saving)
    resumed.train(resume_from_checkpoint=str(tmp_path / "checkpoint-4"))
    evaluations = [(0, "train_begin"), (4, "epoch_end"), (8, "epoch_end")]
    assert fake.evaluations() == evaluations
    again = tiny_trainer(tmp_path, [PredictionsCallback(config)], **saving)
    again.train(resume_from_checkpoint=str(tmp_path / "checkpoint-8"))
    assert fake.evaluations() == evaluations and list(fake.jobs) == ["tj_1"]


def test_a_training_that_fails_says_so(failing: tuple[FakeAssay, subprocess.Popen[str]]) -> None:
    fake, process = failing
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1 and "ArithmeticError" in err
    assert fake.jobs["tj_1"]["status"] == "failed"
    assert fake.jobs["tj_1"]["problem"] == "ArithmeticError: the loss is not finite"
    assert fake.evaluations() == [(0, "train_begin"), (2, "step_end")]
