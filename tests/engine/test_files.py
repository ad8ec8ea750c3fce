"""Experiment files: what is written is read back, and each mistake gets a sentence."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import files
from app.engine.errors import UserError
from app.engine.experiment import overrides, toml_file
from app.engine.experiment.experiment import Experiment
from app.engine.learning.loss import LOSSES
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.learning.schedule import SCHEDULES

if TYPE_CHECKING:
    from pathlib import Path

FULL = """
netwright = 1
name = "fashion cnn"

[data]
source = "sample:digits"

[loss]
kind = "cross-entropy"
label_smoothing = 0.1

[optimizer]
kind = "adamw"
learning_rate = 0.002
weight_decay = 0.05

[schedule]
kind = "one-cycle"

[training]
epochs = 12
batch_size = 128
seed = 0
device = "auto"
"""


def test_a_full_experiment_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(FULL, encoding="utf-8")
    experiment = toml_file.read(path)
    assert experiment.name == "fashion cnn" and experiment.training.epochs == 12
    assert experiment.optimizer is not None and experiment.optimizer.learning_rate == 0.002


@given(
    epochs=st.none() | st.integers(1, 10**6),
    name=st.text(max_size=20),
    flip=st.none() | st.booleans(),
    loss=st.sampled_from([None, *(choice.kind for choice in LOSSES.all())]),
    optimizer=st.sampled_from([None, *(choice.kind for choice in OPTIMIZERS.all())]),
    schedule=st.sampled_from([None, *(choice.kind for choice in SCHEDULES.all())]),
    rate=st.none() | st.floats(1e-8, 10.0),
)
def test_what_is_written_is_read_back(epochs, name, flip, loss, optimizer, schedule, rate) -> None:
    experiment = Experiment(
        name=name,
        augmentation={"flip": flip},
        loss=loss,
        schedule=schedule,
        training={"epochs": epochs},
        optimizer={"kind": optimizer, "learning_rate": rate} if optimizer else None,
    )
    import tomllib

    assert toml_file.from_plain(tomllib.loads(toml_file.dumps(experiment))) == experiment


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[training]\nepochs = 'twelve'", ("training.epochs", "'twelve'", "whole number")),
        ("[training]\nepochs = true", ("training.epochs", "whole number")),
        ("[training]\nepoch = 3", ("training.epoch", "Did you mean 'epochs'")),
        ("[trainings]\nepochs = 3", ("trainings", "Did you mean 'training'")),
        (
            "[optimizer]\nkind = 'adamw'\nlearning_rat = 1",
            ("optimizer.learning_rat", "Did you mean 'learning_rate'"),
        ),
        ("[optimizer]\nkind = 'x'", ("optimizer", "Choose one of")),
        (
            "[optimizer]\nkind = 'adamw'\nlearning_rate = -1",
            ("optimizer.learning_rate", "more than 0"),
        ),
        ("[loss]\nkind = 'cros-entropy'", ("cros-entropy", "Did you mean 'cross-entropy'")),
        ("[data]\nfit = 'x'", ("data.fit", "'crop'")),
        ("training = 3", ("training", "section")),
        ("netwright = 99", ("99", "newer Netwright")),
        ("netwright = 'x'", ("format version",)),
        ("[training\nepochs = 3", ("not valid TOML", "line 1")),
    ],
)
def test_bad_files_give_one_sentence(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UserError) as caught:
        toml_file.read(path)

    message = str(caught.value)
    assert "bad.toml" in message and "\n" not in message

    for word in words:
        assert word in message


def test_a_relative_source_moves_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "Übung 1").mkdir()
    path = tmp_path / "a.toml"
    toml_file.write(Experiment(data={"source": str(tmp_path / "Übung 1")}), path)
    assert 'source = "Übung 1"' in path.read_text(encoding="utf-8")
    assert toml_file.read(path).data.source == str((tmp_path / "Übung 1").resolve())


def test_overrides_of_the_command_line() -> None:
    experiment = overrides.with_overrides(
        Experiment(),
        ["training.epochs=3", "optimizer.kind=sgd", "optimizer.learning_rate=0.5", "name=my run"],
    )
    assert experiment.training.epochs == 3 and experiment.name == "my run"
    assert experiment.optimizer == OPTIMIZERS.get("sgd")(learning_rate=0.5)

    for wrong in ("epochs", "training.epoch=3", "training.epochs=x", "a.b.c=1", "name.x=1"):
        with pytest.raises(UserError):
            overrides.with_overrides(Experiment(), [wrong])


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.json"
    files.write_json(path, {"a": 1})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UserError, match="disk is full"):
        files.write_json(path, {"a": 2})

    assert path.read_text() == '{\n "a": 1\n}\n'
    assert [item.name for item in tmp_path.iterdir()] == ["kept.json"]
