"""`netwright seeds` and `netwright ablation`: is it chance, and what does each part bring?"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from app.command_options import as_json
from app.engine.experiment.limits import FEWEST_SEEDS, MOST_SEEDS
from app.find_run import find_run
from app.output import complain, say, say_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.studies.outcome import MemberOutcome, Outcome, StudyReader
    from app.engine.studies.study import Study

LOOK_EVERY = 0.5
"""Seconds between two looks at the runs."""

DONE = 0
FAILED = 1
INTERRUPTED = 130

cost = click.option("--cost", is_flag=True, help="Only say what it would take; train nothing.")


def _seeds_option(usual: int) -> Callable[[Any], Any]:
    return click.option(
        "--seeds",
        "count",
        type=click.IntRange(FEWEST_SEEDS, MOST_SEEDS),
        default=usual,
        show_default=True,
        help="How many seeds, from that of the first run on.",
    )


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@_seeds_option(5)
@click.option(
    "--together",
    is_flag=True,
    help="Of one plain MLP: train all at once as members of one run, in little more time than one.",
)
@cost
@as_json
def seeds(runs: tuple[str, ...], count: int, together: bool, cost: bool, json_: bool) -> int:
    """Repeat runs with other seeds: mean, spread, and whether they differ.

    What was trained already counts. The rest trains in the queue, one run after the other; Ctrl+C
    ends the waiting alone, and the same command shows later what came of it. With --together the
    repeats differ in their first weights and in what they forget, not in the order of examples.
    """
    if together:
        return _seeds_together(runs, count, cost, json_)

    from app.engine.studies.study import repeats  # noqa: PLC0415 - not for --help

    return _answer(repeats([find_run(run) for run in runs], count), cost, json_)


def _seeds_together(runs: tuple[str, ...], count: int, cost: bool, json_: bool) -> int:
    from app.engine.studies.together import (  # noqa: PLC0415 - loads torch
        by_member,
        repeats_together,
    )

    if len(runs) > 1:
        raise click.UsageError("--together takes one run.")

    return _answer(repeats_together(find_run(runs[0]), count), cost, json_, by_member)


@click.command()
@click.argument("run")
@click.option(
    "--part",
    "keys",
    multiple=True,
    metavar="PART",
    help="What is left out; may be repeated. Without it: all but blocks of the network.",
)
@_seeds_option(3)
@cost
@as_json
def ablation(run: str, keys: tuple[str, ...], count: int, cost: bool, json_: bool) -> int:
    """Leave out one part at a time: what does each bring?

    Parts are augmentation, schedule, weight-decay, dropout, label-smoothing and clipping, where the
    run has them, and every block of the network that gives the shape that it takes ("block norm1").
    Trains in the queue, as seeds does.
    """
    from app.engine.studies.ablation import (  # noqa: PLC0415 - loads torch
        ablation as ablation_of,
    )
    from app.engine.studies.ablation import chosen_parts, parts_of  # noqa: PLC0415 - loads torch

    found = find_run(run)
    parts = chosen_parts(parts_of(found), keys)
    return _answer(ablation_of(found, parts, count), cost, json_)


def _answer(
    study: Study,
    cost: bool,
    json_: bool,
    finish: Callable[[Outcome], Outcome] | None = None,
) -> int:
    """Trains what is missing, prints what came of the study, and returns the exit code.

    finish: makes of the outcome what is printed.
    """
    from app.engine.queue.items import Queue  # noqa: PLC0415 - not for --help
    from app.engine.studies.outcome import StudyReader  # noqa: PLC0415 - not for --help
    from app.engine.studies.words import cost_text  # noqa: PLC0415 - not for --help

    reader = StudyReader(Queue())
    outcome = reader.read(study)
    if outcome.missing:
        say(f"To train: {cost_text(outcome)}.", error=json_)

    interrupted = False
    if not cost and (outcome.missing or outcome.pending):
        try:
            outcome = _train(reader, study, json_)
        except KeyboardInterrupt:
            say("The queue goes on; the same command shows what came of it.", error=json_)
            interrupted = True
            outcome = reader.read(study)

    shown = outcome if finish is None else finish(outcome)
    if json_:
        say_json(_plain(shown))
    else:
        _show(shown, together=finish is not None)

    if interrupted:
        return INTERRUPTED

    return DONE if cost or not outcome.missing else FAILED


def _train(reader: StudyReader, study: Study, json_: bool) -> Outcome:
    """Lets the queue train what is missing, and waits for it."""
    from app.engine.queue import runner  # noqa: PLC0415 - not for --help
    from app.engine.queue.items import Queue  # noqa: PLC0415 - not for --help
    from app.engine.studies.words import done_text  # noqa: PLC0415 - not for --help

    reader.add_missing(study)
    runner.start(Queue())
    told: dict[str, str] = {}
    while True:
        outcome = reader.read(study)
        for member in outcome.members:
            text = f"{member.member.name}: {done_text(member, study)}"
            if told.setdefault(member.member.name, text) != text:
                told[member.member.name] = text
                say(text, error=json_)

        if not outcome.pending:
            break
        time.sleep(LOOK_EVERY)

    for member in outcome.members:
        for seed, why in member.failed.items():
            complain(f"{member.member.name}, seed {seed}: {why}")

    return outcome


def _show(outcome: Outcome, together: bool) -> None:
    """Prints a study. together: its seeds are members of one run."""
    from app.engine.studies import words  # noqa: PLC0415 - not for --help

    study = outcome.study
    if together:
        say(f"{study.metric.label}, members of one run. {words.SCOPE_TOGETHER}")
    else:
        say(f"{study.metric.label}, {words.seeds_text(study)}. {words.SCOPE}")

    width = max(len(member.member.name) for member in outcome.members)
    for member in outcome.members:
        parts = [
            f"{member.member.name:<{width}}",
            f"{words.mean_text(member, study):<16}",
            words.range_text(member, study),
            f"({words.done_text(member, study)})",
        ]
        say("  ".join(filter(None, parts)))

    for member in outcome.members[1:]:
        found = outcome.difference_to_first(member)
        if found is None:
            continue  # its line says that it has no figure

        names = outcome.members[0].member.name, member.member.name
        text = words.verdict(found, study, *names)
        say(f"{names[1]}: {text} {words.how_compared(found)}".rstrip())


def _plain(outcome: Outcome) -> dict[str, Any]:
    """Returns the outcome as plain data."""
    study = outcome.study
    return {
        "metric": study.metric.name,
        "split": "validation",
        "seeds": list(study.seeds),
        "to_train": {
            "runs": len(outcome.missing),
            "seconds": outcome.cost.seconds,
            "bytes": outcome.cost.size,
        },
        "members": [_plain_member(outcome, member) for member in outcome.members],
    }


def _plain_member(outcome: Outcome, member: MemberOutcome) -> dict[str, Any]:
    from app.engine.studies import words  # noqa: PLC0415 - not for --help

    study = outcome.study
    first = outcome.members[0]
    plain: dict[str, Any] = {
        "name": member.member.name,
        "detail": member.member.detail,
        "figures": {str(seed): figure for seed, figure in member.figures.items()},
        "test": {str(seed): figure for seed, figure in member.test.items()},
        "runs": {str(seed): str(path) for seed, path in member.runs.items()},
        "diverged": list(member.diverged),
        "failed": {str(seed): why for seed, why in member.failed.items()},
        "pending": list(member.pending),
        "missing": list(member.missing),
        "spread": asdict(member.spread) if member.spread else None,
        "test_spread": asdict(member.test_spread) if member.test_spread else None,
    }
    if member is not first:
        found = outcome.difference_to_first(member)
        plain["difference"] = asdict(found) if found else None
        plain["verdict"] = words.verdict(found, study, first.member.name, member.member.name)

    return plain
