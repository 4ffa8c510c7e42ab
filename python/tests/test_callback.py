"""The callback in trainings of a tiny model: what it sends, and that it neither changes nor ends the training."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from fake_assay import FakeAssay
from tiny_models import tiny_llama, tiny_tokenizer
from tiny_training import ROWS, SMALL, tiny_trainer, wait_until
from transformers import Trainer, TrainerCallback

from assay_train import PredictionsCallback, PredictionsConfig
from assay_train.generator import Generator
from assay_train.metric_lines import MetricLines
from assay_train.sampler import choose_samples
from assay_train.writer import Writer


@pytest.fixture
def fake() -> Iterator[FakeAssay]:
    server = FakeAssay()
    yield server
    server.stop()


def callback_for(fake: FakeAssay, **options: Any) -> PredictionsCallback:
    return PredictionsCallback(PredictionsConfig(url=fake.url, token="own-key", **{**SMALL, **options}), name="tiny")


def weights_of(trainer: Trainer) -> str:
    digest = hashlib.sha256()
    for name, value in sorted(trainer.model.state_dict().items()):
        digest.update(name.encode() + value.to(torch.float32).numpy().tobytes())
    return digest.hexdigest()


def losses_of(trainer: Trainer) -> list[tuple[Any, Any]]:
    return [(each.get("loss"), each.get("eval_loss")) for each in trainer.state.log_history]


def texts_after(trainer: Trainer, count: int = 4) -> list[str]:
    """What a plain generate of the trained model says to the samples, one by one."""
    model, tokenizer = trainer.model, tiny_tokenizer()
    model.eval()
    model.gradient_checkpointing_disable()
    model.config.use_cache = True
    texts = []
    for sample in choose_samples(ROWS, count, 1).samples:
        ids = tokenizer(sample.prompt, return_tensors="pt", return_token_type_ids=False)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=trainer.args.bf16):
            made = model.generate(**ids, max_new_tokens=8, do_sample=False)
        texts.append(tokenizer.decode(made[0, ids["input_ids"].shape[1] :], skip_special_tokens=True))
    return texts


def test_a_job_with_its_predictions_metrics_and_end(fake: FakeAssay, tmp_path: Path) -> None:
    callback = callback_for(fake)
    trainer = tiny_trainer(tmp_path, [callback], eval_strategy="epoch")
    trainer.train()
    assert callback.delivery is not None and callback.delivery.problem is None
    job = fake.jobs["tj_1"]
    assert (job["name"], job["base_model"], job["method"]) == ("tiny", "LlamaForCausalLM", "full")
    assert job["config"]["predictions"]["sample_count"] == 4 and job["config"]["learning_rate"] == 3e-3
    assert (job["status"], job["step"], job["total_steps"], job["epoch"]) == ("completed", 8, 8, 2.0)
    assert job["environment"]["torch"] and job["undelivered"] is None
    assert fake.evaluations() == [(0, "train_begin"), (4, "epoch_end"), (8, "epoch_end")] and len(fake.rows) == 12
    chosen = choose_samples(ROWS, 4, 1).samples
    row = fake.rows[("tj_1", 8, "epoch_end", 2)]
    assert (row["prompt"], row["ground_truth"]) == (chosen[2].prompt, chosen[2].ground_truth)
    assert row["sample_id"] == chosen[2].id
    assert row["epoch"] == 2.0 and row["truth_nll"] > 0 and set(row["scores"]) >= {"exact_match", "chrf"}
    kinds = [key[1:] for key in fake.metrics]
    assert kinds == [*(("train", step) for step in range(1, 5)), ("eval", 4)] + [
        *(("train", step) for step in range(5, 9)),
        ("eval", 8),
        ("end", 8),
    ]
    assert set(fake.metrics[("tj_1", "train", 3)]["values"]) >= {"loss", "learning_rate", "grad_norm"}
    sidecar = tmp_path / "assay_run.json"
    assert json.loads(sidecar.read_text())["job_id"] == "tj_1" and sidecar.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "arguments", [{}, {"gradient_checkpointing": True}, {"bf16": True, "gradient_checkpointing": True}], ids=str
)
def test_the_last_predictions_are_what_the_trained_model_says(
    fake: FakeAssay, tmp_path: Path, arguments: dict[str, Any]
) -> None:
    trainer = tiny_trainer(tmp_path, [callback_for(fake)], num_train_epochs=6, **arguments)
    trainer.train()
    made = fake.predictions(24, "epoch_end")
    assert made == texts_after(trainer)
    assert len(set(made)) > 1 and made != fake.predictions(0, "train_begin")


def test_sft_trainer_at_its_defaults(fake: FakeAssay, tmp_path: Path) -> None:
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    callback = callback_for(fake, sample_count=4)
    rows = datasets.Dataset.from_list([{"prompt": each["question"], "completion": each["answer"]} for each in ROWS])
    args = trl.SFTConfig(output_dir=str(tmp_path), use_cpu=True, report_to=[], disable_tqdm=True, save_strategy="no")
    assert args.bf16 and args.gradient_checkpointing
    trainer = trl.SFTTrainer(
        tiny_llama(), args=args, train_dataset=rows, processing_class=tiny_tokenizer(), callbacks=[callback]
    )
    trainer.train()
    assert callback.delivery is not None and callback.delivery.problem is None
    last = fake.evaluations()[-1]
    assert last == (3, "epoch_end") and len(fake.rows) == 16
    assert {row["error"] for row in fake.rows.values()} == {None}
    assert all(row["prompt"].startswith("How much") for row in fake.rows.values())
    outcomes = Generator(tiny_tokenizer(), callback.config).generate(
        trainer.model, choose_samples(trainer.train_dataset, 4, 1, tokenizer=tiny_tokenizer()).samples
    )
    assert fake.predictions(*last) == [each.prediction for each in outcomes]


def test_the_training_is_the_same_bit_by_bit(fake: FakeAssay, tmp_path: Path) -> None:
    options: dict[str, Any] = {"eval_strategy": "steps", "eval_steps": 3, "num_train_epochs": 3}
    plain = tiny_trainer(tmp_path / "plain", [], **options)
    plain.train()
    sampling = callback_for(fake, sample_frequency="steps", step_interval=1, do_sample=True, temperature=1.5)
    watched = tiny_trainer(tmp_path / "watched", [sampling], **options)
    watched.train()
    assert len(fake.rows) == 13 * 4 and {row["error"] for row in fake.rows.values()} == {None}
    assert losses_of(watched) == losses_of(plain)
    assert weights_of(watched) == weights_of(plain)


def test_the_server_is_away_for_the_whole_second_epoch(fake: FakeAssay, tmp_path: Path) -> None:
    class Outage(TrainerCallback):
        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if round(state.epoch or 0) == 1:
                wait_until(lambda: callback.lag().rows_waiting == 0)
                fake.stop()
            elif round(state.epoch or 0) == 2:
                assert fake.evaluations() == [(0, "train_begin"), (4, "epoch_end")]
                fake.start()

    callback = callback_for(fake)
    tiny_trainer(tmp_path, [callback, Outage()], num_train_epochs=3).train()
    assert callback.delivery is not None and callback.delivery.problem is None and callback.delivery.duplicates == 0
    hooks = [(0, "train_begin"), (4, "epoch_end"), (8, "epoch_end"), (12, "epoch_end")]
    assert [key[1:] for key in fake.rows] == [(*each, at) for each in hooks for at in range(4)]
    assert [key[2] for key in fake.metrics if key[1] == "train"] == list(range(1, 13))


def test_a_server_that_is_away_from_the_beginning_gets_the_job_later(fake: FakeAssay, tmp_path: Path) -> None:
    class Late(TrainerCallback):
        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step:
                fake.start()

    fake.stop()
    callback = callback_for(fake)
    tiny_trainer(tmp_path, [callback, Late()]).train()
    assert callback.job_id == "tj_1" and len(fake.rows) == 12
    assert json.loads((tmp_path / "assay_run.json").read_text())["token"] == fake.token


@pytest.mark.parametrize("status", [401, 413, 500])
def test_a_refusing_server_does_not_stop_the_training(
    fake: FakeAssay, tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    fake.refuse["local/predictions"] = status
    callback = callback_for(fake, flush_timeout_s=0.3)
    trainer = tiny_trainer(tmp_path, [callback])
    trainer.train()
    assert trainer.state.global_step == 8 and callback.delivery is not None
    assert str(status) in str(callback.delivery.problem) and "not everything was delivered" in caplog.text
    assert ("12 rows were refused" if status == 413 else "rows wait") in str(callback.delivery.problem)


def test_a_spool_without_a_disk_does_not_stop_the_training(fake: FakeAssay, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    callback = callback_for(fake, spool_dir=tmp_path / "file" / "spool", memory_rows=6, flush_timeout_s=0.3)
    fake.refuse["local/predictions"] = 503
    trainer = tiny_trainer(tmp_path / "out", [callback], logging_steps=100)
    trainer.train()
    assert trainer.state.global_step == 8 and callback.delivery is not None
    # Twelve predictions and the metrics of the end.
    assert "13 rows are lost" in str(callback.delivery.problem) and "Not a directory" in str(callback.delivery.problem)


def test_failed_generations_are_rows_and_a_fault_of_the_callback_ends_nothing(
    fake: FakeAssay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    trainer = tiny_trainer(tmp_path, [callback_for(fake)], num_train_epochs=1)
    monkeypatch.setattr(trainer.model, "generate", lambda **_: (_ for _ in ()).throw(RuntimeError("no such kernel")))
    trainer.train()
    assert len(fake.rows) == 8 and all("no such kernel" in row["error"] for row in fake.rows.values())
    monkeypatch.setattr(Generator, "generate", lambda *_, **__: [][0])
    monkeypatch.setattr(MetricLines, "add", lambda *_: [][0])
    again = tiny_trainer(tmp_path / "again", [callback_for(fake)], num_train_epochs=2)
    with caplog.at_level(logging.DEBUG, "assay_train"):
        caplog.clear()
        again.train()
    told = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
    assert [each.split(":")[0] for each in told] == ["generation failed", "on_log failed"]
    assert again.state.global_step == 8 and fake.jobs["tj_2"]["status"] == "completed"
    monkeypatch.setattr(Writer, "start", lambda _: [][0])
    last = tiny_trainer(tmp_path / "last", [callback_for(fake)], num_train_epochs=1)
    last.train()
    assert last.state.global_step == 4 and "on_train_begin failed: IndexError" in caplog.text


def test_options_come_from_the_job_and_keep_to_the_limits(
    fake: FakeAssay, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = {"enabled": True, "sample_count": 2, "sample_frequency": "steps", "step_interval": 3, "max_length": 4}
    fake.jobs["tj_9"] = {"id": "tj_9", "config": {"predictions": made}}
    config = PredictionsConfig(url=fake.url, token=fake.token, job_id="tj_9", **{**SMALL, "sample_count": 3})
    tiny_trainer(tmp_path, [PredictionsCallback(config)]).train()
    assert fake.evaluations() == [(0, "train_begin"), (3, "step_end"), (6, "step_end"), (8, "train_end")]
    assert len(fake.rows) == 8 and len(fake.jobs) == 1
    caplog.clear()
    tiny_trainer(tmp_path / "long", [callback_for(fake, max_length=300)], max_steps=1).train()
    assert "max_length is 300, and the server allows 256" in caplog.text
    assert fake.jobs["tj_2"]["config"]["predictions"]["max_length"] == 256


def test_rows_without_answers_are_said_and_the_metrics_still_come(
    fake: FakeAssay, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callback = callback_for(fake)
    callback._rows = [{"text": "no answer in here"}]
    tiny_trainer(tmp_path, [callback], num_train_epochs=1).train()
    assert not fake.rows and fake.jobs["tj_1"]["status"] == "completed" and len(fake.metrics) == 5
    assert "rows" in fake.jobs["tj_1"]["problem"] and "PredictionsCallback(rows=" in caplog.text
