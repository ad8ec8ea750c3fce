"""Records trainings and prints how well the findings of the Guide tell the ill from the healthy.

`python -m tests.curves record [--only NAME ...]` trains every case again, on one thread, and writes
curves.json.xz: an hour. `python -m tests.curves [report]` plays them through the findings in
seconds. Of a healthy training, one alarm (a warning or a problem) that the rest of it does not bear
out, at the end of any epoch or after the last, makes the whole training a false alarm. An illness
is found if the right finding is made with each of its seeds. The findings were tuned on some seeds;
the figure is that of the others.
"""

from __future__ import annotations

import argparse
import itertools
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.curves import cases, recorded
from tests.curves.replay import Verdict, verdict


def record(only: list[str]) -> None:
    """Records the cases whose names begin so, all where none is named, beside those there are."""
    from tests.curves.recording import record as record_case

    runs = {(run.name, run.seed): run for run in recorded.read()} if only else {}
    for case in itertools.chain(cases.healthy(), cases.ill()):
        if not only or any(case.name.startswith(name) for name in only):
            runs[case.name, case.seed] = record_case(case)
            print(f"{case.name}, seed {case.seed}: {runs[case.name, case.seed].status}", flush=True)

    recorded.write(runs.values())


def report(tuned: bool) -> Verdict:
    """Prints what is said wrongly or not at all, for the seeds of one kind."""
    result = verdict([run for run in recorded.read() if run.tuned == tuned])
    print("Tuned on" if tuned else "Held out")
    for run, said in result.false:
        keys = sorted({item.finding.key for item in said})
        print(f"  false alarm: {run.name}, seed {run.seed}: {', '.join(keys)}")
    for name in result.missed:
        print(f"  not found: {name}")

    print(
        f"  {len(result.false)} of {result.healthy} healthy trainings with a false alarm, "
        f"{result.illnesses - len(result.missed)} of {result.illnesses} illnesses found"
    )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.curves", description=__doc__)
    parser.add_argument("what", nargs="?", default="report", choices=("record", "report"))
    parser.add_argument("--only", nargs="+", default=[], help="record: beginnings of names")
    arguments = parser.parse_args()

    if arguments.what == "record":
        record(arguments.only)
    else:
        report(tuned=True)
        report(tuned=False)


if __name__ == "__main__":
    main()
