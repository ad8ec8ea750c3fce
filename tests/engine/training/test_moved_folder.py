"""A run whose folder is moved while it trains on a thread goes on there, and loses nothing."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.runs.storage.place import Place
from app.engine.training import interruptions, trainer
from tests.engine.training import small
from tests.engine.training.small import Listener

if TYPE_CHECKING:
    from pathlib import Path

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says where a folder went")


@linux
def test_it_goes_on_where_the_folder_is_now_to_the_same_bits(tmp_path: Path) -> None:
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 4})
    ends = []
    for name in ("moved", "left"):
        run = Run.create(tmp_path / name, chosen)
        old = run.path
        listener = Listener()

        def move(run: Run = run, name: str = name) -> None:
            if name == "moved":
                run.path.rename(tmp_path / "elsewhere")

        with small.at_step(9, move):
            ends.append(trainer.train(chosen, run, listener, Control()))

    moved = Run(tmp_path / "elsewhere")
    assert [end.status for end in ends] == ["completed", "completed"]
    assert ends[0].run == str(moved.path)
    assert not (tmp_path / "moved").exists() or not any((tmp_path / "moved").iterdir())
    assert moved.status == "completed"
    assert moved.problems() == []
    assert moved.best_folder is not None
    assert moved.summary()["weights_sha256"] == ends[1].summary["weights_sha256"]
    assert old.exists()
    again = trainer.resume(moved, Listener(), Control(), epochs=5)
    assert again.status == "completed", again.reason


def test_where_the_folder_is_gone_it_stops(tmp_path: Path) -> None:
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 500})
    run = Run.create(tmp_path / "runs", chosen)
    with small.at_step(9, lambda: shutil.rmtree(run.path)):
        end = trainer.train(chosen, run, Listener(), Control())

    assert end.status == "stopped"


def test_short_epochs_do_not_each_look_for_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Place] = []
    check = Place.check

    def counted(place: Place) -> bool:
        looks.append(place)
        return check(place)

    monkeypatch.setattr(Place, "check", counted)
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 5})
    counts = []
    for seconds in (3600.0, 0.0):
        monkeypatch.setattr(interruptions, "LOOK_EVERY", seconds)
        trainer.train(chosen, Run.create(tmp_path / "runs", chosen), Listener(), Control())
        counts.append(len(looks))
        looks.clear()

    assert counts[0] == 2  # before the first step, and at the end
    assert counts[1] > 10
