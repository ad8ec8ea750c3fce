"""`python -m tests.fuzz --inputs 10000 --runs 5000 --seed 1`: prints the verdicts as a table.

Files of failed cases are kept in the folder that --keep names; the same seed makes them again.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before torch: a process with threads must not be forked
os.environ["TOKENIZERS_PARALLELISM"] = "false"


def main() -> int:
    """Returns 0 where no case failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="the folder for the files of failed cases")
    parser.add_argument("--only", default="", help="only members whose name begins so")
    wanted = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as name:
        os.environ["NETWRIGHT_HOME"] = str(Path(name) / "home")
        import torch

        torch.set_num_threads(1)
        from tests.fuzz.campaign import Campaign
        from tests.fuzz.judge import BAD

        tally = Campaign(
            wanted.inputs,
            wanted.runs,
            wanted.seed,
            wanted.workers,
            Path(name),
            wanted.keep,
            wanted.only,
        ).run()

    for line in tally.lines():
        print(line)

    return 1 if any(verdict in BAD for _, verdict in tally.counts) else 0


if __name__ == "__main__":
    sys.exit(main())
