"""Options of the predictions: what is predicted, when, how long and where it is sent; and the limits of the server."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

Frequency = Literal["epoch", "steps"]
FREQUENCIES = ("epoch", "steps")

# Options that a job on the server keeps in config.predictions.
JOB_OPTIONS = ("enabled", "sample_count", "sample_frequency", "step_interval", "max_length")

# Whole numbers and the least that each may be.
WHOLE = {
    "sample_count": 1,
    "step_interval": 1,
    "max_length": 1,
    "seed": 0,
    "most_rows_read": 1,
    "batch_size": 1,
    "post_rows": 1,
    "memory_rows": 1,
}
# Numbers that must be above 0.
ABOVE_ZERO = ("temperature", "request_timeout_s", "backoff_first_s", "backoff_most_s", "flush_timeout_s")
FLAGS = ("enabled", "at_begin", "do_sample", "score_truth")
# The server takes at most so many rows in one call, whatever it is set to.
MOST_ROWS_A_CALL = 1000


class ConfigError(ValueError):
    """A setting that cannot be worked with; the message names the setting, its value, the limit and the remedy."""


@dataclass(frozen=True)
class Limits:
    """What the server allows a job; there the names have PREDICTIONS_ in front."""

    max_sample_count: int = 100
    min_step_interval: int = 10
    # In new tokens.
    max_length: int = 256

    @classmethod
    def from_settings(cls, limits: Mapping[str, Any]) -> Limits:
        """Of `limits` in the answer of GET /api/training/settings; a name that is absent keeps its default."""
        return cls(**{each.name: int(limits[each.name]) for each in fields(cls) if limits.get(each.name) is not None})

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Limits:
        """The limits by their names on the server, for a trainer that cannot ask it. Raises ConfigError."""
        names = {each.name: f"PREDICTIONS_{each.name.upper()}" for each in fields(cls)}
        return cls(**{name: _whole(variable, env[variable]) for name, variable in names.items() if env.get(variable)})


@dataclass(frozen=True)
class PredictionsConfig:
    """
    Every option of the predictions, each with its default. Raises ConfigError as soon as one makes no sense by itself;
    `validated` holds it against a server's limits.
    """

    # Off: the callback does nothing but send the metrics.
    enabled: bool = True
    # Samples of each evaluation.
    sample_count: int = 5
    # "epoch": after every epoch. "steps": after every step_interval optimizer steps. At the end in either case.
    sample_frequency: Frequency = "epoch"
    # Optimizer steps; read with "steps" only.
    step_interval: int = 100
    # Longest prediction, in new tokens.
    max_length: int = 256
    # Predict before the first step too: what the untrained model says.
    at_begin: bool = True
    # Which rows are drawn as samples. The training's own random numbers are not touched.
    seed: int = 1
    # Most rows read in search of samples: draws of a dataset, the first rows of a stream.
    most_rows_read: int = 1000
    # Prompts generated at once; halved by itself when memory runs out.
    batch_size: int = 8
    # False: greedy. True: drawn by temperature and top_p.
    do_sample: bool = False
    temperature: float = 1.0
    # Above 0, at most 1.
    top_p: float = 1.0
    # A prediction ends before the first of these strings.
    stop: tuple[str, ...] = ()
    # Measure the loss on the ground truth too: one forward pass more for each sample.
    score_truth: bool = True
    # In rows that are one text: the answer begins behind the last of these, such as "### Response:\n".
    split_marker: str | None = None
    # The server, such as http://127.0.0.1:4080; None: the spool is written, nothing is sent.
    url: str | None = None
    # A job that exists already; None: one is made.
    job_id: str | None = None
    # The job's token, or a key of one's own; never shown.
    token: str | None = field(default=None, repr=False)
    # Where rows wait until they are delivered; None: <output_dir>/assay_spool.
    spool_dir: Path | None = None
    # Most rows in one call.
    post_rows: int = 50
    request_timeout_s: float = 10.0
    # Pause after the first failed call; doubled up to backoff_most_s.
    backoff_first_s: float = 0.5
    backoff_most_s: float = 30.0
    # How long the end of the training waits for rows that are not delivered yet.
    flush_timeout_s: float = 60.0
    # Most rows held in memory; the others wait on disk.
    memory_rows: int = 1000

    def __post_init__(self) -> None:
        if isinstance(self.stop, list):
            object.__setattr__(self, "stop", tuple(self.stop))
        if isinstance(self.spool_dir, str):
            object.__setattr__(self, "spool_dir", Path(self.spool_dir))
        if isinstance(self.url, str):
            object.__setattr__(self, "url", self.url.rstrip("/"))
        _check_numbers(self)
        _check_words(self)

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ, **overrides: Any) -> PredictionsConfig:
        """The options of the ASSAY_* and PREDICTIONS_* variables; `overrides` (options by name) stand above them."""
        stated: dict[str, Any] = {}
        for name, (variable, read) in VARIABLES.items():
            if env.get(variable) and name not in overrides:
                stated[name] = read(variable, env[variable])
        unknown = sorted(set(overrides) - {each.name for each in fields(cls)})
        if unknown:
            raise ConfigError(f"{unknown[0]} is no option of the predictions; use one of {', '.join(OPTIONS)}")
        return cls(**stated, **overrides)

    def validated(self, limits: Limits | None = None) -> PredictionsConfig:
        """This configuration when it keeps to the limits (None: those of Limits()); else raises ConfigError."""
        limits = limits or Limits()
        if not self.enabled:
            return self
        _at_most("sample_count", self.sample_count, limits.max_sample_count)
        _at_most("max_length", self.max_length, limits.max_length)
        if self.sample_frequency == "steps" and self.step_interval < limits.min_step_interval:
            raise ConfigError(
                f"step_interval is {self.step_interval}, and the server allows {limits.min_step_interval} or more: "
                "raise step_interval, or lower PREDICTIONS_MIN_STEP_INTERVAL on the server"
            )
        return self

    def job_options(self) -> dict[str, Any]:
        """What the server keeps of this for a job: `config.predictions` of POST /api/training/jobs."""
        return {name: getattr(self, name) for name in JOB_OPTIONS}

    def settled_by(self, predictions: Mapping[str, Any]) -> PredictionsConfig:
        """
        This with what a job or the server says in `predictions` wherever an option still has its default here, so that
        a job that was made in the browser is trained as it was set there. Raises ConfigError.
        """
        taken = {
            name: predictions[name]
            for name in JOB_OPTIONS
            if predictions.get(name) is not None and getattr(self, name) == getattr(DEFAULTS, name)
        }
        return replace(self, **taken)


def _check_numbers(config: PredictionsConfig) -> None:
    for name, least in WHOLE.items():
        value = getattr(config, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ConfigError(f"{name} is {value!r}: give a whole number of {least} or more")
    for name in ABOVE_ZERO:
        value = getattr(config, name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not (0 < value < math.inf):
            raise ConfigError(f"{name} is {value!r}: give a number above 0")
    if isinstance(config.top_p, bool) or not isinstance(config.top_p, (int, float)) or not 0 < config.top_p <= 1:
        raise ConfigError(f"top_p is {config.top_p!r}: give a number above 0 and at most 1")
    if config.post_rows > MOST_ROWS_A_CALL:
        raise ConfigError(f"post_rows is {config.post_rows}: the server takes at most {MOST_ROWS_A_CALL} in one call")


def _check_words(config: PredictionsConfig) -> None:
    for name in FLAGS:
        if not isinstance(getattr(config, name), bool):
            raise ConfigError(f"{name} is {getattr(config, name)!r}: give True or False")
    if config.sample_frequency not in FREQUENCIES:
        raise ConfigError(f"sample_frequency is {config.sample_frequency!r}: give 'epoch' or 'steps'")
    if not isinstance(config.stop, tuple) or not all(isinstance(each, str) and each for each in config.stop):
        raise ConfigError(f"stop is {config.stop!r}: give a tuple of strings, none of them empty, such as ('###',)")
    if config.split_marker is not None and (not isinstance(config.split_marker, str) or not config.split_marker):
        raise ConfigError(f"split_marker is {config.split_marker!r}: give the text that stands before the answer")
    for name in ("job_id", "token"):
        value = getattr(config, name)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise ConfigError(f"{name} is not a text, or an empty one: leave it out, or give what the server showed")
    if config.url is not None:
        _check_url(config.url)


def _check_url(url: object) -> None:
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is not None and parts.username is not None:
        raise ConfigError("url holds a user name or password: leave them out, and give the token as token")
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"url is {url!r}: give the server's address, such as http://127.0.0.1:4080")


def _at_most(name: str, value: int, limit: int) -> None:
    if value > limit:
        variable = "PREDICTIONS_MAX_SAMPLE_COUNT" if name == "sample_count" else "PREDICTIONS_MAX_LENGTH"
        raise ConfigError(
            f"{name} is {value}, and the server allows {limit} at most: lower {name}, or raise {variable} on the server"
        )


def _whole(variable: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ConfigError(f"{variable} is {text!r}: give a whole number") from None


def _flag(variable: str, text: str) -> bool:
    word = text.strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off"):
        return False
    raise ConfigError(f"{variable} is {text!r}: give yes or no")


def _text(_variable: str, text: str) -> str:
    return text.strip()


# Options that the environment can set: the variable, and how its text is read.
VARIABLES: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "url": ("ASSAY_URL", _text),
    "job_id": ("ASSAY_JOB_ID", _text),
    "token": ("ASSAY_JOB_TOKEN", _text),
    "spool_dir": ("ASSAY_SPOOL_DIR", _text),
    "enabled": ("PREDICTIONS_ENABLED", _flag),
    "sample_count": ("PREDICTIONS_DEFAULT_SAMPLE_COUNT", _whole),
    "sample_frequency": ("PREDICTIONS_DEFAULT_FREQUENCY", _text),
    "step_interval": ("PREDICTIONS_DEFAULT_STEP_INTERVAL", _whole),
    "max_length": ("PREDICTIONS_MAX_LENGTH", _whole),
}
OPTIONS = tuple(each.name for each in fields(PredictionsConfig))
DEFAULTS = PredictionsConfig()
