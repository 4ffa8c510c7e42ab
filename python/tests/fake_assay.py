"""A FAKE Assay server: the training endpoints as they are on the wire, to be stopped, restarted and made to refuse."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOCAL = "/api/training/local/"
SETTINGS = {
    "predictions": {
        "enabled": True,
        "sample_count": 5,
        "sample_frequency": "epoch",
        "step_interval": 100,
        "max_length": 256,
    },
    "limits": {"max_sample_count": 100, "min_step_interval": 1, "max_length": 256, "max_predictions_per_call": 1000},
    "warn_above_usd": 1,
}
PREDICTION_FIELDS = {
    "sample_index",
    "sample_id",
    "prompt",
    "ground_truth",
    "prediction",
    "error",
    "scores",
    "truth_nll",
    "dtype_rung",
}


class FakeAssay:
    """
    Rows are kept by (job, step, hook, sample_index) in the order in which they came; metrics by (job, kind, step).
    `refuse` maps the end of a path to the status that it answers; `most_rows` and `bad_index` refuse single calls with
    413 and 400.
    """

    def __init__(self, token: str = "atj-token") -> None:
        self.token = token
        self.jobs: dict[str, dict[str, Any]] = {}
        self.rows: dict[tuple[str, int, str, int], dict[str, Any]] = {}
        self.metrics: dict[tuple[str, str, int], dict[str, Any]] = {}
        self.statuses: list[dict[str, Any]] = []
        self.calls: list[tuple[str, int]] = []
        self.duplicates = 0
        self.refuse: dict[str, int] = {}
        self.most_rows = 1000
        self.bad_index: int | None = None
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listens again, on the port of before."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake._answer(self, None)

            def do_POST(self) -> None:
                fake._answer(self, json.loads(self.rfile.read(int(self.headers["content-length"]))))

            def log_message(self, *_: Any) -> None:
                return

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens any more; what it has stays."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def evaluations(self) -> list[tuple[int, str]]:
        """(step, hook) in the order in which their first rows came."""
        return list(dict.fromkeys((step, hook) for _, step, hook, _ in self.rows))

    def predictions(self, step: int, hook: str) -> list[str | None]:
        """By sample."""
        found = [(key[3], row["prediction"]) for key, row in self.rows.items() if key[1:3] == (step, hook)]
        return [prediction for _, prediction in sorted(found)]

    def _answer(self, request: BaseHTTPRequestHandler, body: Any) -> None:
        with self._lock:
            try:
                status, answer = self._handle(request, body)
            except AssertionError as fault:
                status, answer = 400, _error(f"The request body is not valid: {fault}.")
            self.calls.append((request.path, status))
        data = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def _handle(self, request: BaseHTTPRequestHandler, body: Any) -> tuple[int, Any]:
        path = request.path
        forced = next((status for end, status in self.refuse.items() if path.endswith(end)), None)
        if forced is not None:
            return forced, _error(f"forced {forced}")
        if request.headers["authorization"] not in (f"Bearer {self.token}", "Bearer own-key"):
            return 401, _error("The API key or token is not valid")
        if path == "/api/training/settings":
            return 200, SETTINGS
        if path == "/api/training/jobs":
            return self._create(body)
        if path.startswith("/api/training/jobs/"):
            job = self.jobs.get(path.rsplit("/", 1)[1])
            return (200, job) if job else (404, _error("No training job"))
        if body["job_id"] not in self.jobs:
            return 404, _error("No training job")
        if len(body.get("predictions", [])) > self.most_rows:
            return 413, _error(f"{len(body['predictions'])} rows; at most {self.most_rows} are taken")
        return 200, getattr(self, f"_take_{path.removeprefix(LOCAL)}")(body)

    def _create(self, body: dict[str, Any]) -> tuple[int, Any]:
        allowed = {"name", "base_model", "method", "config", "data", "samples", "parameters_billions", "epochs"}
        assert set(body) <= allowed, f"unknown field in {sorted(body)}"
        assert body["name"] and body["base_model"]
        job = {"id": f"tj_{len(self.jobs) + 1}", "status": "created", "undelivered": None, "problem": None, **body}
        self.jobs[job["id"]] = job
        return 201, {**job, "token": self.token}

    def _take_predictions(self, body: dict[str, Any]) -> dict[str, int]:
        assert set(body) == {"job_id", "epoch", "step", "hook", "predictions"}, f"fields {sorted(body)}"
        assert body["epoch"] >= 0 and isinstance(body["step"], int)
        for row in body["predictions"]:
            assert set(row) <= PREDICTION_FIELDS, f"unknown field in {sorted(row)}"
            assert row["prediction"] is not None or row["error"], "neither prediction nor error"
            assert row["sample_index"] != self.bad_index, f"sample_index {self.bad_index}"
        stored = 0
        for row in body["predictions"]:
            key = (body["job_id"], body["step"], body["hook"], row["sample_index"])
            if key not in self.rows:
                self.rows[key] = {**row, "epoch": body["epoch"]}
                stored += 1
        self.duplicates += len(body["predictions"]) - stored
        return {"stored": stored, "duplicates": len(body["predictions"]) - stored}

    def _take_metrics(self, body: dict[str, Any]) -> dict[str, int]:
        assert set(body) == {"job_id", "metrics"} and 1 <= len(body["metrics"]) <= 1000
        before = len(self.metrics)
        for line in body["metrics"]:
            assert set(line) == {"step", "epoch", "kind", "values"} and line["kind"] in ("train", "eval", "end")
            assert all(value is None or isinstance(value, (int, float)) for value in line["values"].values())
            self.metrics.setdefault((body["job_id"], line["kind"], line["step"]), line)
        stored = len(self.metrics) - before
        return {"stored": stored, "duplicates": len(body["metrics"]) - stored}

    def _take_status(self, body: dict[str, Any]) -> dict[str, Any]:
        allowed = {"job_id", "status", "step", "total_steps", "epoch", "total_epochs", "problem", "undelivered"}
        assert set(body) <= allowed | {"environment"}, f"unknown field in {sorted(body)}"
        self.statuses.append(body)
        self.jobs[body["job_id"]].update({name: value for name, value in body.items() if name != "job_id"})
        return self.jobs[body["job_id"]]


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": "forced"}}
