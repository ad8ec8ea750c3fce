"""A study finds its runs by their experiments: what counts, what is missing, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.engine.errors import UserError
from app.engine.queue.items import Queue
from app.engine.runs.history import METRICS
from app.engine.runs.run import Run, default_folder
from app.engine.runs.storage import manifest
from app.engine.studies.outcome import StudyReader
from app.engine.studies.study import Member, identity, repeats, seeds_from
from app.engine.studies.words import cost_text, done_text, mean_text, range_text
from tests.engine.detached.following import trained_here
from tests.engine.studies.made_runs import made_run
from tests.engine.training import small

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment
    from app.engine.studies.outcome import Outcome


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Returns a run with seed 0, really trained, outside the usual folder."""
    folder = tmp_path_factory.mktemp("studies")
    chosen = small.experiment(small.pictures(folder / "p.npz"), training={"epochs": 1})
    return trained_here(chosen.replace(name="small"), folder)


@pytest.fixture
def base(trained: Run) -> Run:
    """Returns a run with seed 0 in the usual folder."""
    return made_run(trained, trained.experiment(), 0.90)


def with_seed(experiment: Experiment, seed: int) -> Experiment:
    return Member("", experiment).with_seed(seed)


def read(study: object) -> Outcome:
    return StudyReader(Queue()).read(study)  # type: ignore[arg-type]


def test_a_run_counts_whatever_it_is_called(trained: Run, base: Run) -> None:
    experiment = base.experiment()
    assert with_seed(experiment, 3).name == "small, seed 3"
    assert with_seed(with_seed(experiment, 3), 4).name == "small, seed 4"
    assert identity(experiment) == identity(experiment.replace(name="another"))
    assert identity(experiment) != identity(with_seed(experiment, 1))
    made_run(trained, with_seed(experiment, 1).replace(name="my own"), 0.94)
    outcome = read(repeats([base], 3))
    (member,) = outcome.members
    assert member.figures == {0: 0.90, 1: 0.94}
    assert member.missing == (2,)
    assert [each.name for each in outcome.missing] == ["small, seed 2"]
    assert member.spread is not None and member.spread.mean == pytest.approx(0.92)
    assert (done_text(member, outcome.study), range_text(member, outcome.study)) == (
        "2 of 3",
        "90 % to 94 %",
    )
    assert mean_text(member, outcome.study) == "92 % ± 2.8"


def test_what_was_changed_while_it_trained_is_another_experiment(trained: Run, base: Run) -> None:
    for seed, mark in ((1, "changed"), (2, "longer"), (3, "resumed"), (4, "memory")):
        run = made_run(trained, with_seed(base.experiment(), seed), 0.9)
        line = f'{{"mark": "{mark}", "step": 3, "values": {{}}}}\n'
        (run.path / METRICS).write_text(line, encoding="utf-8")
        manifest.note_grown(run.path)

    (member,) = read(repeats([base], 5)).members
    assert sorted(member.figures) == [0, 3, 4]
    assert member.missing == (1, 2)


def test_one_that_diverged_is_told_and_not_made_again(trained: Run, base: Run) -> None:
    made_run(trained, with_seed(base.experiment(), 1), None, "diverged")
    for seed, status in ((2, "failed"), (3, "stopped")):
        made_run(trained, with_seed(base.experiment(), seed), 0.5, status)

    outcome = read(repeats([base], 4))
    (member,) = outcome.members
    assert (member.figures, member.diverged, member.missing) == ({0: 0.90}, (1,), (2, 3))
    assert done_text(member, outcome.study) == "1 of 4, 1 diverged"


def test_only_runs_on_the_same_data_go_together(trained: Run, base: Run) -> None:
    older = base.environment() | {"started": "2020-01-01T10:00:00"}
    base.write_json("environment.json", older)
    made_run(trained, with_seed(base.experiment(), 1), 0.7, dataset={"digest": "of other files"})
    (member,) = read(repeats([base], 2)).members
    assert member.figures == {1: 0.7}
    assert member.missing == (0,)


def test_two_runs_are_compared_by_seed_where_their_splits_are_the_same(
    trained: Run, base: Run
) -> None:
    first = base.experiment()
    second = first.replace(name="wide", training=first.training.replace(patience=3))
    other = made_run(trained, second, 0.91)
    for seed, (one, two) in enumerate(((0.92, 0.94), (0.88, 0.89)), 1):
        made_run(trained, with_seed(first, seed), one)
        made_run(trained, with_seed(second, seed), two)

    outcome = read(repeats([base, other], 3))
    assert [member.member.name for member in outcome.members] == ["small", "wide"]
    assert not outcome.missing
    found = outcome.difference_to_first(outcome.members[1])
    assert found is not None and found.paired and found.count == 3
    assert found.mean == pytest.approx(0.04 / 3)

    splits = frozenset({"another"})
    elsewhere = replace(
        outcome, members=(outcome.members[0], replace(outcome.members[1], splits=splits))
    )
    unpaired = elsewhere.difference_to_first(elsewhere.members[1])
    assert unpaired is not None and not unpaired.paired


def test_runs_that_differ_in_their_seed_alone_are_one_member(trained: Run, base: Run) -> None:
    again = made_run(trained, with_seed(base.experiment(), 7), 0.8)
    study = repeats([again, base], 2)
    assert len(study.members) == 1
    assert study.seeds == (7, 8)
    assert seeds_from(2**32 - 1, 2) == (2**32 - 1, 0)


def test_what_it_takes_is_what_it_took(base: Run) -> None:
    outcome = read(repeats([base], 5))
    assert outcome.cost.seconds == 4 * 30
    size = sum(file.stat().st_size for file in base.path.rglob("*") if file.is_file())
    assert outcome.cost.size == 4 * size
    assert cost_text(outcome).startswith("4 runs, about 2 minutes, ")


def test_what_is_missing_waits_in_the_queue_once(base: Run) -> None:
    queue = Queue()
    reader = StudyReader(queue)
    study = repeats([base], 3)
    assert reader.add_missing(study) == 2
    assert reader.add_missing(study) == 0
    items = queue.items()
    assert [(item.name, item.seconds) for item in items] == [
        ("small, seed 1", 30.0),
        ("small, seed 2", 30.0),
    ]
    outcome = reader.read(study)
    assert (outcome.pending, outcome.missing) == (2, ())

    queue.update(replace(items[0], state="failed", why="The disk is full."))
    (member,) = reader.read(study).members
    assert (member.pending, member.missing) == ((2,), (1,))
    assert member.failed == {1: "The disk is full."}
    assert done_text(member, study) == "1 of 3, 1 failed"
    assert reader.add_missing(study) == 1  # it may be tried again


def test_a_damaged_run_takes_no_other_with_it(trained: Run, base: Run) -> None:
    broken = made_run(trained, with_seed(base.experiment(), 1), 0.9)
    (broken.path / "summary.json").write_bytes(b"{")
    cut = made_run(trained, with_seed(base.experiment(), 2), 0.9)
    (cut.path / "experiment.toml").write_bytes(b"netwright = ")
    (default_folder() / "a file").write_text("no run", encoding="utf-8")
    (member,) = read(repeats([base], 3)).members
    assert (member.figures, member.missing) == ({0: 0.90}, (1, 2))


def test_runs_of_other_tasks_or_without_data_are_refused(trained: Run, base: Run) -> None:
    empty = Run.create(default_folder(), base.experiment())
    with pytest.raises(UserError, match="never came to its first step"):
        repeats([empty])

    other = made_run(trained, base.experiment().replace(name="other"), 0.9)
    environment = other.environment()
    environment["prepared"]["resolved"]["data"]["task"] = "regression"
    other.write_json("environment.json", environment)
    with pytest.raises(UserError, match="judged by different figures: accuracy and R²"):
        repeats([base, other])
