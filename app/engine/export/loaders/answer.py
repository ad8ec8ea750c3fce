"""Answers examples from an exported file, as another program would; a process of its own.

Started as `answer.py LOADER FILE THREADS`. Each line of the standard input is a request as JSON,
and each gets one line: {"answer": [input files], "out": file} writes the answers of some examples;
{"time": [input files], "batches": [sizes]} measures the milliseconds an example takes.
"""

from __future__ import annotations

import json
import runpy
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

Answer = Callable[[list[np.ndarray]], np.ndarray]

LEAST_SECONDS = 0.1
"""A batch size is measured at least so long, and at least LEAST_TIMES times."""

LEAST_TIMES = 7
WARM_UP = 2


def milliseconds(answer: Answer, inputs: Sequence[np.ndarray], batch: int) -> float:
    """Returns the milliseconds that an example takes in batches of this size.

    In the fastest batch: what else the computer does only adds, and often by far the most.
    """
    places = np.arange(batch) % len(inputs[0])
    arrays = [array[places] for array in inputs]
    for _ in range(WARM_UP):
        answer(arrays)

    seconds: list[float] = []
    while len(seconds) < LEAST_TIMES or sum(seconds) < LEAST_SECONDS:
        start = time.perf_counter()
        answer(arrays)
        seconds.append(time.perf_counter() - start)

    return min(seconds) / batch * 1000


def main(loader: str, path: str, threads: str) -> None:
    """Loads the file, says so, and answers until the standard input ends."""
    answer: Answer = runpy.run_path(loader)["load"](path, int(threads))
    _say({"loaded": True})

    for line in sys.stdin:
        request = json.loads(line)
        inputs = [np.load(name) for name in request.get("answer") or request["time"]]
        if "answer" in request:
            answers = answer(inputs)
            np.save(request["out"], answers)
            _say({"answered": len(answers)})
        else:
            found = {str(size): milliseconds(answer, inputs, size) for size in request["batches"]}
            _say({"milliseconds": found})


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
