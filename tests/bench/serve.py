"""What a request to the local service costs: processor time over the network's own, and memory.

The service runs in a process of its own, as `netwright serve` starts it. Requests come one after
the other over a kept connection, a row each; the processor time of the process is divided by them.
The network's own time is that of reading and answering the same example in this process.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from app.engine.experiment.toml_file import from_plain
from app.engine.results.answers import answer
from app.engine.results.predictor import Predictor
from app.engine.runs.run import Run
from tests.bench.reading import write_table
from tests.engine.export.untrained import untrained_run
from tests.engine.predicting.services import Service, serving

REQUESTS = 1_000
ROUNDS = 5
GROWTH = 10_000
MOST_SECONDS = 3e-3
MOST_GROWTH = 4e6
"""Bytes: noise of the allocator."""


def main() -> int:
    """Prints the cost of a request and the growth; returns 1 where a limit is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["NETWRIGHT_HOME"] = str(folder / "home")
        write_table(folder / "training.csv", 2_000)
        data = {"source": str(folder / "training.csv"), "target": "class"}
        made, _ = untrained_run(
            folder / "runs", from_plain({"netwright": 2, "data": data}, "bench")
        )
        with serving(made.path) as service:
            _, document = service.ask("GET", "/openapi.json")
            body = document["paths"]["/predict"]["post"]["requestBody"]["content"]
            asked = body["application/json"]["example"]
            return _measure(service, made.path, asked)


def _measure(service: Service, run: Path, asked: dict) -> int:
    process = psutil.Process(service.process.pid)
    predictor = Predictor.load(Run(run))
    (example,) = asked["examples"]
    _ask(service, asked, REQUESTS)
    own, whole = [], []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(REQUESTS):
            answer(predictor, example)
        own.append((time.process_time() - begun) / REQUESTS)

        before = sum(process.cpu_times()[:2])
        _ask(service, asked, REQUESTS)
        whole.append((sum(process.cpu_times()[:2]) - before) / REQUESTS)

    over = statistics.median(whole) - statistics.median(own)
    print(
        f"a request: {1e3 * statistics.median(whole):.2f} ms of processor time, the network's own "
        f"{1e3 * statistics.median(own):.2f} ms, so {1e3 * over:.2f} ms more "
        f"(at most {1e3 * MOST_SECONDS:.0f})",
        flush=True,
    )

    held = process.memory_info().rss
    _ask(service, asked, GROWTH)
    growth = process.memory_info().rss - held
    print(f"{GROWTH:,} requests: {growth / 1e6:+.1f} MB", flush=True)
    return 0 if over <= MOST_SECONDS and growth <= MOST_GROWTH else 1


def _ask(service: Service, asked: dict, times: int) -> None:
    content = json.dumps(asked).encode()
    connection = http.client.HTTPConnection(service.host, service.port, timeout=60)
    headers = {"Content-Type": "application/json"}
    for _ in range(times):
        connection.request("POST", "/predict", content, headers)
        response = connection.getresponse()
        assert response.read() and response.status == 200

    connection.close()
