"""Options: their defaults, the environment, the server's limits, and faults that name value, limit and remedy."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from assay_train import ConfigError, PredictionsConfig
from assay_train.config import VARIABLES, Limits

PACKAGE = Path(__file__).parents[1]


def test_it_works_without_torch_and_transformers() -> None:
    program = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers", "numpy", "trl"):
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Refuse())
import assay_train
from assay_train import PredictionsConfig, ConfigError
from assay_train.sampler import choose_samples
from assay_train.scores import scores_of
rows = [{"prompt": "2 + 2 =", "completion": " 4"}]
print(choose_samples(rows, 1, 1).samples[0].ground_truth, scores_of("4", "4")["chrf"])
try:
    assay_train.PredictionsCallback
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].split() == ["4", "1.0"]
    assert "torch is blocked" in done.stdout or "transformers is blocked" in done.stdout


def test_the_environment_sets_what_is_not_stated() -> None:
    env = {
        "ASSAY_URL": "http://127.0.0.1:4080/",
        "ASSAY_JOB_ID": "tj_1",
        "ASSAY_JOB_TOKEN": "atj-secret",
        "ASSAY_SPOOL_DIR": "spool",
        "PREDICTIONS_ENABLED": "no",
        "PREDICTIONS_DEFAULT_SAMPLE_COUNT": "7",
        "PREDICTIONS_DEFAULT_FREQUENCY": "steps",
        "PREDICTIONS_DEFAULT_STEP_INTERVAL": "",
        "PREDICTIONS_MAX_LENGTH": "64",
    }
    config = PredictionsConfig.from_env(env, sample_count=3)
    assert (config.url, config.job_id, config.spool_dir) == ("http://127.0.0.1:4080", "tj_1", Path("spool"))
    assert (config.enabled, config.sample_count, config.sample_frequency) == (False, 3, "steps")
    assert (config.step_interval, config.max_length) == (100, 64)
    assert config.token == "atj-secret"
    assert "secret" not in repr(config)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sample_count": 0}, ["sample_count", "0", "1 or more"]),
        ({"sample_count": True}, ["sample_count", "True"]),
        ({"sample_frequency": "daily"}, ["sample_frequency", "'daily'", "'epoch' or 'steps'"]),
        ({"top_p": 1.5}, ["top_p", "1.5", "at most 1"]),
        ({"temperature": 0}, ["temperature", "0", "above 0"]),
        ({"flush_timeout_s": float("nan")}, ["flush_timeout_s", "nan"]),
        ({"post_rows": 5000}, ["post_rows", "5000", "1000"]),
        ({"stop": "###"}, ["stop", "'###'", "tuple"]),
        ({"enabled": "yes"}, ["enabled", "'yes'", "True or False"]),
        ({"url": "127.0.0.1:4080"}, ["url", "127.0.0.1:4080", "http://"]),
        ({"split_marker": ""}, ["split_marker", "''"]),
    ],
)
def test_an_option_that_makes_no_sense_is_named_with_its_remedy(options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ConfigError) as raised:
        PredictionsConfig(**options)
    assert all(word in str(raised.value) for word in words), str(raised.value)


def test_a_password_or_token_is_not_shown() -> None:
    for options in ({"url": "http://me:hunter2@host"}, {"token": 5}):
        with pytest.raises(ConfigError) as raised:
            PredictionsConfig(**options)  # type: ignore[arg-type]
        assert "hunter2" not in str(raised.value)
        assert "5" not in str(raised.value)


def test_the_environment_and_unknown_options_are_named() -> None:
    with pytest.raises(ConfigError, match="PREDICTIONS_MAX_LENGTH is 'long'"):
        PredictionsConfig.from_env({"PREDICTIONS_MAX_LENGTH": "long"})
    with pytest.raises(ConfigError, match="PREDICTIONS_ENABLED is 'perhaps'"):
        PredictionsConfig.from_env({"PREDICTIONS_ENABLED": "perhaps"})
    with pytest.raises(ConfigError, match="samples is no option.*sample_count"):
        PredictionsConfig.from_env({}, samples=3)


def test_limits_of_the_server_name_the_variable_that_raises_them() -> None:
    limits = Limits.from_settings(
        {"max_sample_count": 10, "min_step_interval": 50, "max_length": 32, "max_predictions_per_call": 1000}
    )
    fine = PredictionsConfig(sample_count=10, max_length=32)
    assert fine.validated(limits) is fine
    for options, words in [
        ({"sample_count": 11}, "sample_count is 11.*10 at most.*PREDICTIONS_MAX_SAMPLE_COUNT"),
        ({"max_length": 33}, "max_length is 33.*32 at most.*PREDICTIONS_MAX_LENGTH"),
        (
            {"sample_frequency": "steps", "step_interval": 49, "max_length": 32},
            "step_interval is 49.*50 or more.*PREDICTIONS_MIN_STEP_INTERVAL",
        ),
    ]:
        with pytest.raises(ConfigError, match=words):
            PredictionsConfig(**options).validated(limits)
    # An interval that is not read, and predictions that are off, break no limit.
    PredictionsConfig(step_interval=5, max_length=32).validated(limits)
    PredictionsConfig(enabled=False, sample_count=500).validated(limits)
    with pytest.raises(ConfigError, match="sample_count is 101.*100 at most"):
        PredictionsConfig(sample_count=101).validated(None)
    assert Limits.from_env({"PREDICTIONS_MAX_SAMPLE_COUNT": "500"}) == Limits(max_sample_count=500)


def test_a_job_made_in_the_browser_settles_what_the_trainer_leaves_open() -> None:
    job = {"enabled": True, "sample_count": 8, "sample_frequency": "steps", "step_interval": 20, "max_length": 48}
    settled = PredictionsConfig(max_length=16).settled_by(job)
    assert settled.job_options() == {**job, "max_length": 16}


def test_the_readme_has_every_option_with_its_default_and_variable() -> None:
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Options")[2].partition("## Scores")[0]
    told: dict[str, str] = {}
    for names, defaults in re.findall(r"^\| (`[^|]*) \| ([^|]*) \|", section, re.MULTILINE):
        values = re.split(r", ", defaults)
        listed = re.findall(r"`(\w+)`", names)
        told.update(zip(listed, values if len(values) == len(listed) else values * len(listed)))
    defaults_of = PredictionsConfig()
    options = [each.name for each in fields(PredictionsConfig)]
    true = {name: repr(getattr(defaults_of, name)).replace("'", '"').removesuffix(".0") for name in options}
    assert {**{name: value.removesuffix(".0") for name, value in told.items()}, "spool_dir": "None"} == true
    assert [variable for variable, _ in VARIABLES.values() if f"`{variable}`" not in section] == []
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        compile(block, "README.md", "exec")
