"""Several processes on one search: every trial is made once, whoever is killed or stopped."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from app import cli
from app.engine.errors import UserError
from app.engine.runs.run import Run
from app.engine.search import progress, starting, workers
from app.engine.search.proposals import Proposals
from app.engine.search.ranges import Range
from tests.engine.detached.following import wait_for
from tests.engine.search.folders import begun, note_trials, penguins

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.search.search_folder import SearchFolder

RATE = (Range("optimizer.learning_rate", (), 0.0001, 0.1, logarithmic=True),)
GRID = "model.width=4,6,8,10"

forked = pytest.mark.usefixtures("forked_processes")
unix = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")


def proposals(folder: Path, strategy: Any = "random", trials: int = 3) -> Proposals:
    return Proposals(folder / "journal.log", RATE, strategy, trials, True, 0)


@pytest.mark.parametrize("strategy", ("random", "tpe"))
def test_two_workers_propose_different_trials_and_no_more_than_wanted(
    tmp_path: Path, strategy: Any
) -> None:
    with proposals(tmp_path, strategy) as first, proposals(tmp_path, strategy) as second:
        assert workers.count(tmp_path) == 2
        one = first.ask()
        two = second.ask()
        assert one is not None and two is not None
        assert (one.number, two.number) == (1, 2) and one.values != two.values
        first.done(0.5)
        three = first.ask()
        assert three is not None and three.values not in (one.values, two.values)
        # Two are under way and one has ended: that is all.
        second.done(0.6)
        assert second.ask() is None
        first.failed("the loss was no number")
        assert first.ask() is None and second.ended == 3

    assert workers.count(tmp_path) == 0


def test_tpe_keeps_away_from_what_others_try_at_this_moment(tmp_path: Path) -> None:
    with proposals(tmp_path, "tpe", 40) as first, proposals(tmp_path, "tpe", 40) as second:
        for number in range(12):
            assert first.ask() is not None
            first.done(0.5 + number / 100)

        one, two = first.ask(), second.ask()
        assert one is not None and two is not None and one.values != two.values


def test_what_a_dead_worker_tried_is_proposed_once_more_and_once_only(tmp_path: Path) -> None:
    dead = proposals(tmp_path)
    lost = dead.ask()
    dead.close()
    with proposals(tmp_path) as second, proposals(tmp_path) as third:
        again = second.ask()
        other = third.ask()
        assert lost is not None and again is not None and other is not None
        assert again.values == lost.values and other.values != lost.values
        assert {lost.number, again.number, other.number} == {1, 2, 3}


def test_a_last_line_that_a_power_cut_left_is_cut_off(tmp_path: Path) -> None:
    with proposals(tmp_path) as first:
        assert first.ask() is not None
        first.done(0.5)

    journal = tmp_path / "journal.log"
    journal.write_bytes(journal.read_bytes() + b'{"op_code":5,"work')
    with proposals(tmp_path) as again:
        assert again.ended == 1
        assert again.ask() is not None
        again.done(0.7)

    with proposals(tmp_path) as third:
        assert third.ended == 2


def test_a_trial_that_ended_but_was_not_noted_is_noted_late(tmp_path: Path) -> None:
    with proposals(tmp_path) as first:
        asked = first.ask()
        assert asked is not None
        first.begun("trial 001")
        first.done(0.5)
        (outcome,) = first.outcomes(known=())

    assert outcome.proposal == asked
    assert (outcome.run, outcome.status, outcome.figure) == ("trial 001", "completed", 0.5)


def ended_values(folder: SearchFolder) -> list[int]:
    trials = folder.trials()
    assert all(trial.status == "completed" for trial in trials)
    return sorted(trial.values["model.width"] for trial in trials)


def rest(folder: SearchFolder) -> None:
    wait_for(lambda: not workers.count(folder.path), "the end of the search")


@unix
@forked
def test_a_search_is_killed_stopped_and_goes_on_and_every_trial_is_made_once(
    tmp_path: Path,
) -> None:
    folder = begun(tmp_path / "s", penguins(), GRID, strategy="grid", trials=9, parallel=2)
    processes = starting.start(folder)
    assert len(set(processes)) == 2
    with pytest.raises(UserError, match="under way already"):
        starting.start(folder)

    wait_for(folder.begun, "the first trial")
    for process in processes:
        os.kill(process, signal.SIGKILL)

    rest(folder)
    now = progress.read(folder)
    assert now.working == 0 and not now.under_way and not now.over
    starting.start(folder)
    wait_for(lambda: len(folder.begun()) > len(processes), "a trial made again")
    folder.request_stop()
    rest(folder)
    starting.start(folder)
    rest(folder)
    assert ended_values(folder) == [4, 6, 8, 10]
    assert progress.read(folder).over and not folder.trouble
    for trial in folder.trials():
        run = Run(folder.runs / trial.run)
        assert run.status == "completed" and run.experiment().training.threads == 1
        assert trial.epochs == 2 and trial.seconds is not None


@forked
def test_a_search_whose_data_are_gone_says_so(tmp_path: Path) -> None:
    folder = begun(tmp_path / "s", penguins(), GRID, strategy="grid", trials=4)
    content = (folder.path / "experiment.toml").read_text(encoding="utf-8")
    gone = str(tmp_path / "gone.csv")
    (folder.path / "experiment.toml").write_text(
        content.replace("sample:penguins", gone), encoding="utf-8"
    )
    starting.start(folder)
    rest(folder)
    assert "gone.csv" in folder.trouble and not folder.trials()


@forked
def test_the_command_makes_several_trials_at_a_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = tmp_path / "e.toml"
    experiment.write_text(
        '[data]\nsource = "sample:penguins"\n[model]\ntemplate = "mlp"\nwidth = 4\ndepth = 1\n'
        "[training]\nepochs = 1\n",
        encoding="utf-8",
    )
    words = ["search", str(experiment), "--try", "model.width=4,8,12", "--strategy", "grid"]
    words += ["--parallel", "2", "--out", str(tmp_path / "s"), "--json"]
    assert cli.main(words) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["parallel"] == 2 and told["split"] == "validation"
    assert sorted(trial["values"]["model.width"] for trial in told["trials"]) == [4, 8, 12]

    # Nothing is made twice.
    assert cli.main(words) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["trials"] == told["trials"]


def test_progress_counts_what_ended_and_what_is_left(tmp_path: Path) -> None:
    folder = begun(tmp_path / "s", penguins(), GRID, strategy="grid", trials=4)
    rows: list[tuple[dict[str, Any], float | None]] = [
        ({"model.width": 4}, 0.5),
        ({"model.width": 6}, 0.9),
        ({"model.width": 8}, None),
    ]
    note_trials(folder, rows)
    now = progress.read(folder)
    assert now.best is not None and now.best.number == 2
    assert not now.over and now.remaining is None  # nobody works on it
    with (folder.path / "trials.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"number": 4, "run": "tri')

    assert len(progress.read(folder).trials) == 3
