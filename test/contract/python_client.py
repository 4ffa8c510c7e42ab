"""Drives a running Assay with the official Python client and prints what it saw as one JSON object."""

import json
import sys
import tempfile
import time
from pathlib import Path

import openai
from openai import OpenAI
from openai.types import Batch, FileObject, Upload


def checked(kind, value):
    """The object again, validated strictly against the client's own type."""
    kind.model_validate(value.to_dict(mode="python"))
    return value


def line(custom_id):
    body = {"model": "counting", "messages": [{"role": "user", "content": f"[[{custom_id}]]"}]}
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body})


def upload(client, ids):
    data = "".join(line(i) + "\n" for i in ids).encode()
    return checked(FileObject, client.files.create(file=("input.jsonl", data), purpose="batch"))


def create(client, file_id, **more):
    made = client.batches.create(
        input_file_id=file_id, endpoint="/v1/chat/completions", completion_window="24h", **more
    )
    return checked(Batch, made)


def finish(client, batch_id):
    while True:
        batch = checked(Batch, client.batches.retrieve(batch_id))
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return batch
        time.sleep(0.1)


def run_batch(client):
    file = upload(client, [f"py-{i}" for i in range(10)])
    batch = finish(client, create(client, file.id, metadata={"client": "python"}).id)
    lines = [json.loads(text) for text in client.files.content(batch.output_file_id).text.splitlines()]
    return {
        "status": batch.status,
        "counts": batch.request_counts.to_dict(),
        "usage": batch.usage.to_dict(),
        "metadata": batch.metadata,
        "ids": [row["custom_id"] for row in lines],
        "contents": [row["response"]["body"]["choices"][0]["message"]["content"] for row in lines],
    }


def run_failed(client):
    data = b'{"custom_id": 1}\nnot json\n'
    file = client.files.create(file=("faulty.jsonl", data), purpose="batch")
    batch = finish(client, create(client, file.id).id)
    return {
        "status": batch.status,
        "output_file_id": batch.output_file_id,
        "errors": [[e.line, e.code, e.param] for e in batch.errors.data],
    }


def run_lists(client):
    for i in range(4):
        create(client, upload(client, [f"list-{i}"]).id)
    batches = [checked(Batch, b).id for b in client.batches.list(limit=2)]
    files = [checked(FileObject, f).id for f in client.files.list(limit=3)]
    return {"batches": len(batches), "distinct": len(set(batches)), "files": len(files), "files_distinct": len(set(files))}


def run_cancel(client):
    file = upload(client, [f"slow-{i}" for i in range(200)])
    made = create(client, file.id)
    while client.batches.retrieve(made.id).request_counts.completed < 4:
        time.sleep(0.05)
    first = checked(Batch, client.batches.cancel(made.id)).status
    batch = finish(client, made.id)
    rows = client.files.content(batch.output_file_id).text.splitlines()
    return {"first": first, "status": batch.status, "kept": len(rows), "completed": batch.request_counts.completed}


def run_files(client):
    file = upload(client, ["file-1"])
    again = checked(FileObject, client.files.retrieve(file.id))
    text = client.files.content(file.id).text
    deleted = client.files.delete(file.id)
    try:
        client.files.retrieve(file.id)
        gone = None
    except openai.NotFoundError as error:
        gone = error.code
    return {"same": again == file, "text": text, "deleted": deleted.to_dict(), "id": file.id, "gone": gone}


def run_uploads(client):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "parts.jsonl"
        path.write_text("".join(line(f"part-{i}") + "\n" for i in range(20)))
        upload = client.uploads.upload_file_chunked(
            file=path, mime_type="application/jsonl", purpose="batch", part_size=1000
        )
        checked(Upload, upload)
        same = client.files.content(upload.file.id).text == path.read_text()
    return {"status": upload.status, "bytes": upload.file.bytes, "same": same}


def run_chat(client):
    messages = [{"role": "user", "content": "[[chat]]"}]
    whole = client.chat.completions.create(model="counting", messages=messages)
    parts = client.chat.completions.create(model="counting", messages=messages, stream=True)
    text = "".join(c.choices[0].delta.content or "" for c in parts if c.choices)
    return {"whole": whole.choices[0].message.content, "streamed": text, "prompt_tokens": whole.usage.prompt_tokens}


def main():
    client = OpenAI(base_url=sys.argv[1] + "/v1", api_key="any-key")
    parts = {
        "batch": run_batch,
        "failed": run_failed,
        "lists": run_lists,
        "cancel": run_cancel,
        "files": run_files,
        "uploads": run_uploads,
        "chat": run_chat,
    }
    print(json.dumps({"version": openai.__version__} | {name: part(client) for name, part in parts.items()}))


main()
