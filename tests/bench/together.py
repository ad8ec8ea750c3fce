"""What 32 members of a small network cost that train together, beside one of another version.

Both train the mlp on the built-in penguins from the command line, on one thread, for few and for
many epochs: the difference is that of steps alone, in processor time, epochs' ends included.
"""

from __future__ import annotations

import sys

from tests.bench.small_steps import EXPERIMENT, compare
from tests.bench.weights import BASELINE

MEMBERS = 32
MOST = 1.5
"""So many times the step of one network of the other version ours may take."""

TOGETHER = EXPERIMENT.replace('template = "mlp"\n', f'template = "mlp"\nmembers = {MEMBERS}\n')


def main(pairs: int, against: str = BASELINE) -> int:
    """Prints the ratio, and returns 0 where it is within its limit. against: a revision of git."""
    what = f"a step of {MEMBERS} members of the mlp together on penguins"
    return compare(what, TOGETHER, MOST, pairs, against)


if __name__ == "__main__":
    sys.exit(main(3))
