"""What a step of a small network costs, beside another version of this program.

Both train the mlp on the built-in penguins from the command line, on one thread, for few and for
many epochs: the difference is that of steps alone, in processor time.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.bench.first_start import start
from tests.bench.weights import BASELINE, ROOT

MOST = 0.25
"""So many times the step of the other version ours may take."""

FEW = 10
MANY = 1_210
"""So many that a start, which takes seconds and never the same, counts for little."""
EXAMPLES = 276
BATCH = 16

EXPERIMENT = f"""
[data]
source = "sample:penguins"

[model]
template = "mlp"

[training]
batch_size = {BATCH}
threads = 1
patience = 0
"""


class Pair(NamedTuple):
    """Microseconds of processor time that a step takes, and the ratio."""

    theirs: float
    ours: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs


def main(pairs: int, against: str = BASELINE) -> int:
    """Prints the ratio, and returns 0 where it is within its limit. against: a revision of git."""
    return compare("a step of the mlp on penguins", EXPERIMENT, MOST, pairs, against)


def compare(what: str, ours: str, most: float, pairs: int, against: str) -> int:
    """Prints what a step of our experiment costs beside that of EXPERIMENT in another version.

    Returns 0 where the ratio is at most `most`. ours: the text of an experiment file.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = folder / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", str(tree), against], check=True)
        try:
            turns = [
                Pair(
                    _step(tree, folder, f"theirs{pair}", EXPERIMENT),
                    _step(ROOT, folder, f"ours{pair}", ours),
                )
                for pair in range(pairs)
            ]
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)

    ratio = statistics.median(turn.ratio for turn in turns)
    theirs, own = (statistics.median(side) for side in zip(*turns, strict=True))
    print(
        f"{what}, batch {BATCH}: {ratio:.2f} of that of one of {against} "
        f"({min(turn.ratio for turn in turns):.2f} to {max(turn.ratio for turn in turns):.2f}, "
        f"{pairs} pairs; {own:,.0f} beside {theirs:,.0f} microseconds of the processor, epochs' "
        f"ends included); at most {most}: {'PASS' if ratio <= most else 'FAIL'}"
    )
    return int(ratio > most)


def _step(tree: Path, folder: Path, name: str, text: str) -> float:
    """Returns the microseconds that a step takes in the version in `tree`."""
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": "", "XDG_DATA_HOME": ""}
    experiment = folder / "penguins.toml"
    experiment.write_text(text, encoding="utf-8")
    costs = []
    for epochs in (FEW, MANY):
        run = folder / f"{name}-{epochs}"
        arguments = ["-m", "app", "train", str(experiment), "--run-dir", str(run)]
        more = ["--set", f"training.epochs={epochs}"]
        costs.append(start([*arguments, *more], home, tree).processor)

    steps = (MANY - FEW) * -(-EXAMPLES // BATCH)
    return (costs[1] - costs[0]) / steps * 1e6


if __name__ == "__main__":
    sys.exit(main(3))
