"""Runs llama.cpp's own HTTP server out of the Python package xllamacpp, with the flags of llama-server that Assay gives.

Used where no llama-server program is there that runs on this machine's CPU: the package's builds need no more than AVX2
(Linux, Windows; x86-64 and ARM) or are made for the machine (macOS). The API key comes in LLAMA_API_KEY.
"""

import argparse
import os
import signal
import sys


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("-m", dest="model", required=True)
    parser.add_argument("-np", dest="slots", type=int, default=1)
    parser.add_argument("-c", dest="context", type=int, default=4096)
    parser.add_argument("--alias")
    parser.add_argument("--metrics", action="store_true")
    parser.add_argument("--cache-ram", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--embeddings", action="store_true")
    parser.add_argument("--pooling", choices=["mean"])
    return parser.parse_args()


def main() -> None:
    asked = read_arguments()
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = asked.model
    params.hostnames = [asked.host]
    params.port = asked.port
    params.n_parallel = asked.slots
    params.n_ctx = asked.context
    params.kv_unified = False
    params.endpoint_metrics = asked.metrics
    params.endpoint_slots = True
    params.offline = True
    params.ui = False
    params.embedding = asked.embeddings
    if asked.pooling == "mean":
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    if asked.alias is not None:
        params.model_alias = {asked.alias}
    if asked.cache_ram is not None:
        params.cache_ram_mib = asked.cache_ram
    if asked.threads is not None:
        params.cpuparams.n_threads = asked.threads
        params.cpuparams_batch.n_threads = asked.threads
    if os.environ.get("LLAMA_API_KEY"):
        params.api_keys = [os.environ["LLAMA_API_KEY"]]

    # The server runs in threads of its own; nothing is kept, so a signal may end the process where it stands.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server = xllamacpp.Server(params)
    print(f"listening on {server.listening_address}", file=sys.stderr, flush=True)
    while True:
        signal.pause() if hasattr(signal, "pause") else __import__("time").sleep(3600)


if __name__ == "__main__":
    main()
