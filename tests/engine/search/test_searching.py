"""Trials are ordinary runs; a search goes on where it was cut off, and nothing is made twice."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from app import cli
from app.engine.errors import UserError
from app.engine.experiment.toml_file import from_plain
from app.engine.extras import EXTRAS, INSTALL_WITH, install_command
from app.engine.runs.control import Control
from app.engine.runs.events import EpochDone
from app.engine.runs.run import Run
from app.engine.search.proposals import Proposals
from app.engine.search.ranges import Range, parse_ranges
from app.engine.search.search_folder import Begun, Plan, SearchFolder
from app.engine.search.searching import Ended, Search
from app.engine.search.subject import best_of, kinds_for, metric_of
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment

EXPERIMENT: dict[str, Any] = {
    "data": {"source": "sample:penguins"},
    "model": {"template": "mlp", "width": 8, "depth": 1},
    "training": {"epochs": 2, "threads": 1},
}


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return open_dataset(from_plain(EXPERIMENT).data)


def begun(folder: Path, dataset: Dataset, *tried: str, **plan: Any) -> SearchFolder:
    """Returns the folder of a search that has not made a trial yet."""
    experiment: Experiment = from_plain(EXPERIMENT)
    ranges = parse_ranges(tried, experiment, kinds_for(dataset))
    search = SearchFolder(folder)
    search.create(experiment, Plan(ranges, metric=metric_of(experiment, dataset), **plan))
    return search


def test_a_grid_is_gone_through_once(tmp_path: Path, dataset: Dataset) -> None:
    tried = ("model.width=4,8", "optimizer.kind=adamw,sgd")
    folder = begun(tmp_path / "s", dataset, *tried, strategy="grid", trials=9)
    heard: list[Any] = []
    trials = Search(folder, dataset, heard.append).run()

    values = {(trial.values["model.width"], trial.values["optimizer.kind"]) for trial in trials}
    assert values == {(4, "adamw"), (4, "sgd"), (8, "adamw"), (8, "sgd")} and len(trials) == 4
    assert [type(each) for each in heard if isinstance(each, Begun | Ended)] == [Begun, Ended] * 4
    for trial in trials:
        run = Run(folder.runs / trial.run)
        summary = run.summary()
        assert (run.status, trial.status) == ("completed", "completed")
        assert trial.figure == summary["metrics"]["validation"]["accuracy"]
        assert trial.steps == summary["steps"]
        assert run.experiment().model.width == trial.values["model.width"]
        assert run.experiment().optimizer.kind == trial.values["optimizer.kind"]

    best = best_of(trials, "accuracy")
    assert best is not None and best.figure == max(trial.figure or 0 for trial in trials)
    assert Search(folder, dataset, heard.append).run() == trials


def test_a_stopped_search_makes_the_same_trial_again(tmp_path: Path, dataset: Dataset) -> None:
    tried = "optimizer.learning_rate=0.001..0.1"
    folder = begun(tmp_path / "s", dataset, tried, strategy="random", trials=3)
    control = Control()
    proposed: list[dict[str, Any]] = []

    def watch(event: Any) -> None:
        if isinstance(event, Begun):
            proposed.append(event.values)
        if isinstance(event, EpochDone) and len(proposed) == 2:
            control.stop(at_once=True)

    assert len(Search(folder, dataset, watch, control).run()) == 1
    assert len(proposed) == 2

    trials = Search(folder, dataset, lambda _: None).run()
    assert len(trials) == 3 and [trial.values for trial in trials[:2]] == proposed
    assert len({trial.values["optimizer.learning_rate"] for trial in trials}) == 3


def test_a_trial_that_a_kill_cut_off_is_proposed_again(tmp_path: Path) -> None:
    ranges = (Range("model.width", (), 4, 64, whole=True),)
    journal = tmp_path / "journal.log"
    # Closing gives the worker's lock back, as the end of a killed process does.
    with Proposals(journal, ranges, "tpe", 2, True, 0) as killed:
        first = killed.ask()

    with Proposals(journal, ranges, "tpe", 2, True, 0) as again:
        second = again.ask()
        assert first is not None and second is not None and second.values == first.values
        again.done(0.5)
        third = again.ask()
        assert third is not None and third.values != first.values
        again.failed("the loss was no number")
        assert again.ask() is None and again.ended == 2


def test_a_trial_that_cannot_be_trained_ends_nothing_else(tmp_path: Path, dataset: Dataset) -> None:
    tried = "loss.kind=binary-cross-entropy,cross-entropy"
    folder = begun(tmp_path / "s", dataset, tried, strategy="grid", trials=2)
    trials = Search(folder, dataset, lambda _: None).run()
    failed, completed = sorted(trials, key=lambda trial: trial.status, reverse=True)
    assert failed.status == "failed" and "does not fit the task" in failed.reason
    assert failed.figure is None and completed.status == "completed"


def test_hopeless_trials_end_early(tmp_path: Path) -> None:
    ranges = (Range("optimizer.learning_rate", (), 0.001, 0.1),)
    proposals = Proposals(tmp_path / "journal.log", ranges, "tpe", 40, True, 0)
    ended = 0
    while proposals.ask() is not None:
        good = proposals.ended % 2 == 0
        for epoch in range(1, 10):
            if proposals.is_hopeless(epoch, 9, 0.9 if good else 0.1):
                proposals.ended_early()
                ended += not good
                assert epoch < 9
                break
        else:
            proposals.done(0.9 + proposals.ended / 1000 if good else 0.1)

    assert ended > 5
    assert set(proposals.importance()) == {"optimizer.learning_rate"}


def test_the_command_goes_on_with_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = tmp_path / "e.toml"
    experiment.write_text(
        '[data]\nsource = "sample:penguins"\n[model]\ntemplate = "mlp"\nwidth = 4\ndepth = 1\n'
        "[training]\nepochs = 1\nthreads = 1\n",
        encoding="utf-8",
    )
    words = ["search", str(experiment), "--try", "optimizer.learning_rate=0.001..0.1"]
    words += ["--trials", "2", "--strategy", "random", "--out", str(tmp_path / "s"), "--json"]
    assert cli.main(words) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert first["metric"] == "accuracy" and first["split"] == "validation"
    assert len(first["trials"]) == 2 and first["best"] in first["trials"]

    assert cli.main(words) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["trials"] == first["trials"]

    experiment.write_text('[data]\nsource = "sample:penguins"\n', encoding="utf-8")
    assert cli.main(words) == 1
    assert "varies another experiment" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"),
    (("search.json", b"{"), ("search.json", b'{"ranges": 3}'), ("journal.log", b"nonsense\n{}\n")),
)
def test_a_damaged_folder_is_a_sentence(
    tmp_path: Path, dataset: Dataset, name: str, content: bytes
) -> None:
    tried = "optimizer.learning_rate=0.001..0.1"
    folder = begun(tmp_path / "s", dataset, tried, strategy="random", trials=1)
    (folder.path / name).write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        Search(folder, dataset, lambda _: None).run()


def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.extras.importlib.util.find_spec", lambda _: None)
    with pytest.raises(UserError) as raised:
        Proposals(None, (), "tpe", 1, True, 0)  # type: ignore[arg-type]
    assert raised.value.remedy == INSTALL_WITH + install_command(*EXTRAS["search"])


def test_loading_optuna_keeps_nothing_of_those_who_search(tmp_path: Path) -> None:
    program = (
        "import gc, sys, weakref\n"
        "from app.engine.search import study\n"
        "study.require_optuna()\n"
        "print('optuna' in sys.modules)\n"
        "class Data: pass\n"
        "def search():\n"
        "    data = Data()\n"
        "    study.load_optuna()\n"
        "    return weakref.ref(data)\n"
        "data = search()\n"
        "gc.collect()\n"
        "print('optuna' in sys.modules, data() is None)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.split() == ["False", "True", "True"], "asked about, loaded, let go of"
