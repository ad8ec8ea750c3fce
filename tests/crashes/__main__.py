"""Hits runs and prints what became of them, a line a case and the sums; 1 where something is wrong.

`python -m tests.crashes kills --number 1000 --seed 1`: runs are killed at random, up to four times,
and go on each time. What is left is compared with a run that nothing happened to.

`python -m tests.crashes calls`: every file-system call of a run that Python makes fails once, with
ENOSPC, EIO and EACCES, and the process is killed there. `... calls --strace`: every system call of
it, whoever makes it; `... cache`: every system call of storing decoded pictures, by strace too.
`--sample 20 --shift 3` takes twenty cases, evenly spread, and of the samples of twenty the third;
`--only PATTERN` takes those of a target, call and fault.

`python -m tests.crashes full`: runs on disks that are truly full, and go on once there is room.

A case where something is wrong keeps its folder below --keep.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.crashes.calls import CaseToRun

os.environ["OMP_NUM_THREADS"] = "1"  # before torch: a process with threads must not be forked
os.environ["TOKENIZERS_PARALLELISM"] = "false"


def main() -> int:
    """Returns 0 where nothing is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.crashes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("kills", "calls", "cache", "full"))
    parser.add_argument("--number", type=int, default=1000, help="kills: how many")
    parser.add_argument("--seed", type=int, default=1, help="kills: of what is done at random")
    parser.add_argument("--sample", type=int, default=0, help="calls: how many cases; 0: all")
    parser.add_argument("--shift", type=int, default=0, help="calls: which sample of that size")
    parser.add_argument("--only", default="", help="calls: a pattern, 'train fsync results/.* EIO'")
    parser.add_argument("--strace", action="store_true", help="calls: all system calls")
    parser.add_argument("--keep", type=Path, help="the folder for data and runs")
    wanted = parser.parse_args()

    folder = wanted.keep or Path(tempfile.mkdtemp(prefix="crashes-"))
    os.environ["NETWRIGHT_HOME"] = str(folder / "home")
    folder.mkdir(parents=True, exist_ok=True)
    import torch

    from app.engine.training import warm_up
    from tests.crashes.cache_calls import CacheCampaign
    from tests.crashes.calls import Campaign
    from tests.crashes.full_disk import FullDiskCampaign

    torch.set_num_threads(1)
    warm_up.warm_up()
    if wanted.what == "kills":
        return _kills(folder, wanted.number, wanted.seed)

    if wanted.what == "cache":
        cases: Iterable[CaseToRun] = CacheCampaign(folder).cases()
    elif wanted.what == "full":
        cases = FullDiskCampaign(folder).cases()
    else:
        cases = Campaign(folder).cases(wanted.strace)

    return _calls(cases, wanted, folder)


def _tell(result: Any) -> None:
    print(json.dumps(asdict(result)), flush=True)


def _kills(folder: Path, number: int, seed: int) -> int:
    from tests.crashes.kills import Campaign

    kills, differ = Campaign(folder, seed, _tell).run(number)
    print(json.dumps({"kills": kills, "differ": differ, "folder": str(folder)}))
    return 1 if differ else 0


def _calls(cases: Iterable[CaseToRun], wanted: argparse.Namespace, folder: Path) -> int:
    from tests.crashes.calls import WRONG, run_cases

    tally = run_cases(cases, wanted.sample, wanted.shift, wanted.only, _tell)
    for (call, fault, outcome), count in sorted(tally.items()):
        print(f"{call:<14} {fault:<7} {outcome:<22} {count:>5}")

    wrong = sum(count for (_, _, outcome), count in tally.items() if outcome == WRONG)
    print(json.dumps({"cases": tally.total(), "wrong": wrong, "folder": str(folder)}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
