"""Sends what an ended training left in its spool: python -m assay_train.deliver_spool OUTPUT_DIR."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .config import ConfigError, PredictionsConfig
from .delivery import Delivery
from .run_opening import SPOOL_FOLDER
from .sidecar import RUN_FILE, RunFile
from .writer import Writer


def deliver_spool(output_dir: Path, config: PredictionsConfig) -> Delivery:
    """
    Brings the rows of the run in `output_dir` to its job. The configuration's url, job_id and token stand above those
    that the run noted. Raises ConfigError when there is no run or no job, OSError or ValueError when its file cannot be
    read.
    """
    run = RunFile.read(output_dir)
    if run is None:
        raise ConfigError(f"{output_dir} has no {RUN_FILE}: give the output_dir of the training")
    config = replace(
        config, url=config.url or run.url, job_id=config.job_id or run.job_id, token=config.token or run.token
    )
    if config.url is None or config.job_id is None:
        raise ConfigError(f"{output_dir / RUN_FILE} names no server or no job: set ASSAY_URL and ASSAY_JOB_ID")
    folder = (config.spool_dir or output_dir / SPOOL_FOLDER) / run.spool
    writer = Writer(config, folder, log=logging.getLogger("assay_train"))
    writer.start()
    # Behind the rows: it is not sent before all of them are there.
    writer.status(undelivered=None)
    return writer.finish()


def main(arguments: Sequence[str] | None = None) -> int:
    """Says what came of it; 0 when all rows arrived."""
    parser = argparse.ArgumentParser(prog="python -m assay_train.deliver_spool", description=__doc__)
    parser.add_argument("output_dir", type=Path, help="output_dir of the training")
    options = parser.parse_args(arguments)
    try:
        delivery = deliver_spool(options.output_dir, PredictionsConfig.from_env())
    except (ConfigError, OSError, ValueError) as fault:
        print(f"{fault}", file=sys.stderr)
        return 2
    print(f"{delivery.sent_rows} rows were stored, {delivery.duplicates} were there already")
    if delivery.problem is not None:
        print(delivery.problem, file=sys.stderr)
    return 0 if delivery.problem is None else 1


if __name__ == "__main__":
    sys.exit(main())
