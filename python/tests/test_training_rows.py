"""Rows of a job come whole and in order; each way of not getting them is told with what to do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from assay_train.training_rows import RowsError, fetch_rows

ROWS = [{"id": f"r{i}", "prompt": f"q {i}", "completion": "\u00e4 \u2028 line\nend"} for i in range(300)]


class FakeData(BaseHTTPRequestHandler):
    """A fake of the server's data route: one job, one token."""

    def do_GET(self) -> None:
        if self.headers.get("authorization") != "Bearer atj-good":
            return self.answer(401, json.dumps({"error": {"message": "The API key or token is not valid."}}))
        if self.path == "/api/training/jobs/tj_1/data/train":
            return self.answer(200, "".join(json.dumps(row) + "\n" for row in ROWS) + "\n")
        if self.path == "/api/training/jobs/tj_1/data/samples":
            return self.answer(200, '{"id": "r1"}\n{"id": "r')
        return self.answer(404, "not JSON")

    def answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), FakeData)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_rows_come_whole_and_in_order(url: str) -> None:
    assert fetch_rows(url, "tj_1", "atj-good") == ROWS


def test_refusals_say_what_to_do(url: str) -> None:
    with pytest.raises(RowsError, match="401: The API key or token is not valid.*make another on the job's page") as no:
        fetch_rows(url, "tj_1", "atj-bad")
    assert "atj-bad" not in str(no.value)
    with pytest.raises(RowsError, match="404: .*source of rows is gone"):
        fetch_rows(url, "tj_2/../tj_1", "atj-good")
    with pytest.raises(RowsError, match="line 2 is not JSON .*cut"):
        fetch_rows(url, "tj_1", "atj-good", "samples")
    with pytest.raises(RowsError, match="'test'; ask for one of train, samples"):
        fetch_rows(url, "tj_1", "atj-good", "test")  # type: ignore[arg-type]


def test_an_absent_server_is_named() -> None:
    with pytest.raises(RowsError, match="cannot be read.*Is the server running at http://127.0.0.1:9"):
        fetch_rows("http://127.0.0.1:9", "tj_1", None, timeout_s=2)
