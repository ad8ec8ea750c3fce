"""A whole training from the command line beside a bare script that does the same with the numbers.

From the start of the process to its end, in processor time, of children too. The bare script loads
torch and trains; ours also opens the data, shows, judges, records and saves.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.first_start import start

MOST = 1.3
"""So many times the bare script ours may take."""

EXPERIMENT = '[data]\nsource = "sample:digits"\n\n[model]\ntemplate = "cnn"\n'
BARE = Path(__file__).with_name("bare_digits.py")


def main(pairs: int) -> int:
    """Prints the ratio, and returns 0 where it is within its limit."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        alone = {"HOME": home, "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": "", "XDG_DATA_HOME": ""}
        experiment = folder / "digits.toml"
        experiment.write_text(EXPERIMENT, encoding="utf-8")

        def ours(number: int) -> list[str]:
            run = folder / f"run{number}"
            return ["-m", "app", "train", str(experiment), "--run-dir", str(run)]

        first = start(ours(0), alone)  # measures the number of threads
        bare = _bare(folder, alone)
        turns = [(start(bare, alone), start(ours(pair + 1), alone)) for pair in range(pairs)]
        accuracy = _summary(folder / f"run{pairs}")["metrics"]["test"]["accuracy"]

    ratios = [mine.processor / theirs.processor for theirs, mine in turns]
    ratio = statistics.median(ratios)
    theirs, mine = (
        statistics.median(cost.processor for cost in side) for side in zip(*turns, strict=True)
    )
    print(
        f"netwright train of sample:digits, cnn: {ratio:.2f} times a bare script "
        f"({min(ratios):.2f} to {max(ratios):.2f}, {pairs} pairs; {mine:.1f} s of the processor "
        f"beside {theirs:.1f} s; {accuracy:.1%} of the test examples right); at most {MOST}: "
        f"{'PASS' if ratio <= MOST else 'FAIL'}\n"
        f"the very first training, which chooses its threads: {first.processor:.1f} s"
    )
    return int(ratio > MOST)


def _bare(folder: Path, alone: dict[str, str]) -> list[str]:
    """Returns the arguments of the bare script, with the settings and the data of the first run."""
    run = folder / "run0"
    network = folder / "network.py"
    start(["-m", "app", "code", str(run), "--out", str(network)], alone)

    state = json.loads((run / "checkpoints" / "best" / "state.json").read_bytes())
    experiment = state["experiment"]
    environment = json.loads((run / "environment.json").read_bytes())
    data = folder / "digits.npz"
    np.savez(data, **_digits(run))
    values = (
        experiment["training"]["epochs"],
        experiment["training"]["batch_size"],
        experiment["optimizer"]["learning_rate"],
        experiment["optimizer"]["weight_decay"],
        environment["threads"],
    )
    return [str(BARE), str(network), str(data), *map(str, values), str(folder / "bare.pt")]


def _digits(run: Path) -> dict[str, np.ndarray]:
    """Returns inputs and targets of each split."""
    from app.engine.runs.run import Run
    from app.engine.sources.opening import open_dataset

    dataset = open_dataset(Run(run).experiment().data)
    return {
        f"{split}_{name}": np.array(array[rows])
        for split, rows in dataset.indices.items()
        for name, array in (("inputs", dataset.inputs), ("targets", dataset.targets))
    }


def _summary(run: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((run / "summary.json").read_bytes())
    return summary


if __name__ == "__main__":
    sys.exit(main(5))
