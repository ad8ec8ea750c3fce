"""The document: its values, undo, its file, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.ui.state.document import Document

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


def test_every_change_is_one_step_back_and_forth(qtbot: QtBot) -> None:
    document = Document()
    start = document.experiment
    assert document.replace("training", epochs=5) == ""

    document.choose("optimizer", "sgd")
    document.replace("", name="a trial")
    there = document.experiment

    for _ in range(3):
        document.undo()

    assert document.experiment == start and not document.can_undo
    for _ in range(3):
        document.redo()

    assert document.experiment == there and not document.can_redo


def test_a_new_change_forgets_what_was_undone(qtbot: QtBot) -> None:
    document = Document()
    document.replace("training", epochs=5)
    document.undo()
    document.replace("training", epochs=6)

    assert not document.can_redo
    assert document.experiment.training.epochs == 6


def test_a_wrong_value_is_a_sentence_and_changes_nothing(qtbot: QtBot) -> None:
    document = Document()
    before = document.experiment
    trouble = document.replace("training", epochs=0)
    assert "epochs" in trouble and "1" in trouble
    assert document.experiment == before and not document.can_undo


def test_the_same_value_again_is_no_step(qtbot: QtBot) -> None:
    document = Document()
    document.replace("training", epochs=5)

    with qtbot.assertNotEmitted(document.changed):
        document.replace("training", epochs=5)

    document.undo()
    assert not document.can_undo


def test_reset_brings_the_default_back(qtbot: QtBot) -> None:
    document = Document()
    document.replace("training", epochs=5, patience=3)
    document.reset("training", "epochs")
    assert document.experiment.training.epochs is None
    assert document.experiment.training.patience == 3


def test_saving_makes_it_clean_and_undo_dirty_again(qtbot: QtBot, tmp_path: Path) -> None:
    document = Document()
    document.replace("training", epochs=5)
    document.replace("training", epochs=6)
    document.save(tmp_path / "Übung 1 – 数据.toml")

    assert not document.dirty
    document.undo()
    assert document.dirty

    document.redo()
    assert not document.dirty


def test_a_restored_experiment_knows_whether_it_is_saved(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "kept.toml"
    first = Document()
    first.replace("", name="kept")
    first.save(path)
    second = Document()
    second.restore(first.experiment, path)
    assert not second.dirty and second.path == path

    second.restore(first.experiment.replace(data=DataSettings(source="sample:digits")), path)
    assert second.dirty
    path.write_text("not toml [", encoding="utf-8")
    second.restore(first.experiment, path)
    assert second.dirty


def test_an_experiment_that_cannot_be_resolved_says_why(qtbot: QtBot) -> None:
    document = Document(Experiment(data=DataSettings(task="binary-classification")))
    trouble = document.trouble()
    assert isinstance(trouble, UserError) and "two classes" in trouble.what
    document.replace("data", task=None)

    assert document.trouble() is None
