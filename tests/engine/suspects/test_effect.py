"""What a revision brought, and the files of revisions beside a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.experiment.revision import Change, Revision, write_revision
from app.engine.learning.tasks import TASKS
from app.engine.runs.control import Control
from app.engine.runs.epoch_records import read_arrays, write_arrays
from app.engine.runs.run import Run, list_runs
from app.engine.suspects.effect import base_of, effect_of
from app.engine.suspects.revision_files import newest_revision, next_file, revisions_of
from app.engine.training.trainer import train
from tests.engine.training.small import experiment, pictures

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """A run, and the same one with a revision that changes nothing it can see."""
    folder = tmp_path_factory.mktemp("effect")
    requested = experiment(
        pictures(folder / "a.npz", 400), data={"test_share": 0.2}, training={"epochs": 1}
    )
    path = folder / "r.toml"
    write_revision(Revision((Change("f" * 32, "gone", "exclude"),)), path)
    revised = requested.replace(data=requested.data.replace(revision=str(path)))
    runs = []
    for each in (requested, revised):
        run = Run.create(folder / "runs", each)
        assert train(each, run, lambda event: None, Control()).status == "completed"
        runs.append(run)

    return runs[0], runs[1]


def test_the_same_run_without_the_revision_is_its_base(pair: tuple[Run, Run]) -> None:
    base, run = pair
    found = base_of(run, list_runs(run.path.parent))
    assert found is not None and found.path == base.path
    assert base_of(base, list_runs(run.path.parent)) is None


def test_the_effect_is_the_mean_of_the_differences_with_its_interval(
    pair: tuple[Run, Run],
) -> None:
    base, run = pair
    task = TASKS["classification"]
    same = effect_of(run, base, task)
    assert same is not None and same.difference == 0 and not same.is_shown

    arrays = read_arrays(run.path, "results/test.npz")
    right = arrays["predictions"].argmax(1) == arrays["targets"]
    better = np.eye(4, dtype=np.float32)[arrays["targets"]]
    write_arrays(run.path, "results/test.npz", arrays | {"predictions": better})
    try:
        effect = effect_of(run, base, task)
    finally:
        write_arrays(run.path, "results/test.npz", arrays)

    assert effect is not None and effect.after == 1 and effect.before == right.mean()
    assert effect.count == len(right) and effect.interval is not None
    differences = 1.0 - right
    reach = 1.96 * differences.std(ddof=1) / len(right) ** 0.5
    assert effect.interval[1] - effect.difference == pytest.approx(reach, rel=1e-3)


def test_files_are_numbered_and_the_newest_counts(tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"))
    run = Run.create(tmp_path / "runs", requested)
    assert newest_revision(run) == Revision() and revisions_of(run.path) == []
    for number in (1, 2):
        path = next_file(run.path)
        assert path.name == f"{run.name} revision {number}.toml"
        write_revision(Revision((Change(str(number) * 32, "x", "exclude"),)), path)

    assert newest_revision(run).changes[0].example == "2" * 32

    next_file(run.path).with_name(f"{run.name} revision 5.toml").write_bytes(path.read_bytes())
    assert next_file(run.path).name == f"{run.name} revision 6.toml"  # a gap is not filled
