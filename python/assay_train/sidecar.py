"""The file beside the checkpoints that names the job of a run, so that a resumed training sends to the same one."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

RUN_FILE = "assay_run.json"


@dataclass(frozen=True)
class RunFile:
    """
    What a run needs to go on: the server and job it sends to, and the folder under the spool where its rows are.
    `job_id` and `token` are None until the server has made the job.
    """

    spool: str
    url: str | None = None
    job_id: str | None = None
    token: str | None = field(default=None, repr=False)
    # Ids of the samples, to notice when they are no longer the same.
    sample_ids: tuple[str, ...] = ()

    def write(self, output_dir: Path) -> None:
        """Puts it in place of the one before, readable by its owner only: it holds a token. Raises OSError."""
        output_dir.mkdir(parents=True, exist_ok=True)
        path = output_dir / RUN_FILE
        part = path.with_name(f"{RUN_FILE}.{os.getpid()}.part")
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
                json.dump(asdict(self), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    @classmethod
    def read(cls, output_dir: Path) -> RunFile | None:
        """The run of this folder; None: there is none. Raises OSError, or ValueError when it cannot be understood."""
        path = output_dir / RUN_FILE
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            raise ValueError(f"{path} is not JSON: delete it to begin a new job") from None
        if not isinstance(value, dict) or not isinstance(value.get("spool"), str) or not value["spool"]:
            raise ValueError(f"{path} names no spool folder: delete it to begin a new job")
        known = {each.name: value[each.name] for each in fields(cls) if value.get(each.name) is not None}
        known["sample_ids"] = tuple(known.get("sample_ids", ()))
        return cls(**known)
