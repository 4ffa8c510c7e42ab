"""Two processes on gloo: DDP predicts in the first, FSDP in both without hanging, and the training goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_models import PROMPTS, samples, tiny_llama, tiny_tokenizer, with_lora

from assay_train import distributed
from assay_train.config import PredictionsConfig
from assay_train.generator import Generator

FOLDER = Path(__file__).parent
# Seconds; a hang is what this test is for.
LIMIT = 120


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[str, list]]]:
    """What each of the two processes answered."""
    folder = tmp_path_factory.mktemp("processes")
    paths = os.pathsep.join([str(FOLDER.parent), str(FOLDER)])
    environment = {**os.environ, "PYTHONPATH": paths, "GLOO_SOCKET_IFNAME": "lo"}
    command = [sys.executable, str(FOLDER / "distributed_worker.py")]
    processes = [
        subprocess.Popen(
            [*command, str(rank), str(folder / "meeting"), str(folder / f"{rank}.json")],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        faults = [process.communicate(timeout=LIMIT)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], faults
    return [json.loads((folder / f"{rank}.json").read_text(encoding="ascii")) for rank in range(2)]


@pytest.mark.parametrize("kind", ["ddp", "fsdp2", "fsdp2 lora"])
def test_the_first_process_has_the_predictions_of_the_whole_model(results: list, kind: str) -> None:
    model = with_lora(tiny_llama()) if "lora" in kind else tiny_llama()
    config = PredictionsConfig(max_length=8, batch_size=2)
    expected = Generator(tiny_tokenizer(), config).generate(model, samples(*PROMPTS))
    first, second = (result[kind] for result in results)
    assert [row[0] for row in first["before"]] == [outcome.prediction for outcome in expected]
    assert [row[1] for row in first["before"]] == pytest.approx([outcome.truth_nll for outcome in expected], rel=1e-4)
    assert [row[1] for row in first["after"]] == [None] * len(PROMPTS)
    assert second["before"] == second["after"] == []
    ids = tiny_tokenizer()(PROMPTS[1], return_tensors="pt")["input_ids"]
    assert first["loss"] == pytest.approx(model.train()(input_ids=ids, labels=ids).loss.item(), rel=1e-4)


def test_one_process_is_the_writer_and_generates_without_synchronising() -> None:
    plan = distributed.plan_generation(tiny_llama())
    assert (plan.sharded, plan.generates, plan.synced) == (False, True, False)
    assert distributed.is_writer() and distributed.world_size() == 1


def test_before_the_processes_meet_the_launcher_says_which_is_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    assert not distributed.is_writer() and not distributed.plan_generation(tiny_llama()).generates


def test_a_compiled_model_is_taken_out_of_its_wrapper_and_left_in_it() -> None:
    model = tiny_llama()
    compiled = torch.compile(model)
    assert distributed.unwrapped(torch.nn.DataParallel(compiled)) is model
    assert compiled._orig_mod is model
