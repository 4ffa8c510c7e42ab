"""Opens the run of a training: which job it sends to, under which options and limits, and where its spool is."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .config import ConfigError, Limits, PredictionsConfig
from .delivery import Job
from .server_client import Refused, Server, ServerFault, create_job, get_job, get_settings, remedy
from .sidecar import RunFile

SPOOL_FOLDER = "assay_spool"

# Body of POST /api/training/jobs for the options that were settled.
Describe = Callable[[PredictionsConfig], dict[str, Any]]


@dataclass
class Run:
    """A run that is open: `config` has the options as the job and the server's limits leave them."""

    config: PredictionsConfig
    output_dir: Path
    folder: Path
    file: RunFile
    # Whether it goes on with the job and spool of an earlier run.
    resumed: bool
    # None: no server is named.
    job: Job | None = None
    _keeping: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def keep(self, log: logging.Logger, **changed: Any) -> None:
        """Writes the file beside the checkpoints. Where it cannot, the training goes on; a resume makes a new job."""
        try:
            # The delivery's thread notes the job, the training its samples.
            with self._keeping:
                self.file = replace(self.file, **changed)
                self.file.write(self.output_dir)
        except OSError as fault:
            log.error("%s cannot be kept: %s; a resumed training would begin a new job", self.output_dir, fault)


def open_run(
    config: PredictionsConfig, output_dir: Path, describe: Describe, *, resuming: bool, log: logging.Logger
) -> Run:
    """
    The run of this folder. Resuming, it is the one that the sidecar names, unless the configuration names another job.
    The server is asked once for the job's options and its limits; one that is away stops nothing.
    """
    before = _earlier(config, output_dir, log) if resuming else None
    if before is not None:
        config = replace(
            config,
            url=config.url or before.url,
            job_id=config.job_id or before.job_id,
            token=config.token or before.token,
        )
    config = settled(config, log) if config.url is not None else config
    spool = before.spool if before is not None else _folder_name(config)
    folder = (config.spool_dir or output_dir / SPOOL_FOLDER) / spool
    file = RunFile(spool, config.url, config.job_id, config.token, before.sample_ids if before is not None else ())
    run = Run(config, output_dir, folder, file, resumed=before is not None)
    if config.url is not None:
        run.job = Job(Server(config.url, config.request_timeout_s), config.job_id, config.token)
        body = describe(config)
        run.job.make = lambda: _make_job(run, body, log)
    run.keep(log)
    return run


def settled(config: PredictionsConfig, log: logging.Logger) -> PredictionsConfig:
    """The configuration by what the server says of the job, its defaults and limits; as it is where it says nothing."""
    server = Server(str(config.url), config.request_timeout_s)
    try:
        if config.job_id is not None:
            job = get_job(server, config.job_id, config.token)
            config = _as_the_job(config, job.get("config", {}).get("predictions", {}), log)
        settings = get_settings(server, config.token)
    except Refused as fault:
        log.error("%s does not tell the options of the job (%s): %s", config.url, fault, remedy(fault))
        return config
    except ServerFault as fault:
        log.warning("%s; the options are held against no server's limits", fault)
        return config
    if config.job_id is None:
        config = config.settled_by(settings.get("predictions", {}))
    limits = settings.get("limits", {})
    most = limits.get("max_predictions_per_call")
    if isinstance(most, int):
        config = replace(config, post_rows=min(config.post_rows, max(1, most)))
    return _within(config, Limits.from_settings(limits), log)


def _as_the_job(config: PredictionsConfig, job: Mapping[str, Any], log: logging.Logger) -> PredictionsConfig:
    config = config.settled_by(job)
    if config.enabled and job.get("enabled") is False:
        log.warning("job %s has predictions switched off: none are made", config.job_id)
        return replace(config, enabled=False)
    most = job.get("sample_count")
    if isinstance(most, int) and config.sample_count > most:
        log.warning("sample_count is %d, but job %s takes %d: these are made", config.sample_count, config.job_id, most)
        return replace(config, sample_count=most)
    return config


def _within(config: PredictionsConfig, limits: Limits, log: logging.Logger) -> PredictionsConfig:
    try:
        return config.validated(limits)
    except ConfigError as fault:
        # The training has begun; fewer predictions are better than none.
        log.error("%s. The server's limit is used", fault)
    return replace(
        config,
        sample_count=min(config.sample_count, limits.max_sample_count),
        step_interval=max(config.step_interval, limits.min_step_interval),
        max_length=min(config.max_length, limits.max_length),
    )


def _make_job(run: Run, body: Mapping[str, Any], log: logging.Logger) -> tuple[str, str | None]:
    assert run.job is not None
    job_id, token = create_job(run.job.server, body, run.config.token)
    run.keep(log, job_id=job_id, token=token)
    log.info("training job %s at %s", job_id, run.job.server.url)
    return job_id, token


def _earlier(config: PredictionsConfig, output_dir: Path, log: logging.Logger) -> RunFile | None:
    try:
        before = RunFile.read(output_dir)
    except (OSError, ValueError) as fault:
        log.error("the run before cannot be gone on with: %s", fault)
        return None
    if before is not None and config.job_id is not None and before.job_id not in (None, config.job_id):
        log.warning("%s goes on as job %s, no longer %s", output_dir, config.job_id, before.job_id)
        return None
    return before


def _folder_name(config: PredictionsConfig) -> str:
    # From the system's random numbers: the training's are not touched.
    return quote(config.job_id, safe="") if config.job_id is not None else f"run-{uuid.uuid4().hex[:12]}"
