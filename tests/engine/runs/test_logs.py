"""Logs of other tools are read into the columns of a run, and runs are written for TensorBoard.

What is written is read back by TensorBoard itself, and what it writes is read here.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app import cli
from app.engine.errors import UserError
from app.engine.runs.history import read_history
from app.engine.runs.logs.curves import names_of
from app.engine.runs.logs.foreign_run import is_log, read_log
from app.engine.runs.logs.records import (
    Scalar,
    masked_sum,
    read_scalars,
    write_scalar,
    write_version,
)
from tests.ui.trained_runs import trained_run

if TYPE_CHECKING:
    from pathlib import Path


def event_file(path: Path, scalars: list[Scalar]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_version(file, 1.0)
        for scalar in scalars:
            write_scalar(file, scalar)

    return path


def curve(tag: str, values: list[float], first: int = 0, every: int = 1) -> list[Scalar]:
    return [
        Scalar(tag, first + every * index, value, 100.0 + index)
        for index, value in enumerate(values)
    ]


def test_sums_are_those_of_the_format() -> None:
    """The value of RFC 3720 for 32 zero bytes, masked as the format says."""
    crc = 0x8A9136AA
    assert masked_sum(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_a_run_goes_out_and_comes_back(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run = trained_run(tmp_path_factory, tmp_path)
    history = read_history(run.path)
    assert cli.main(["tensorboard", str(run.path), "--out", str(tmp_path / "logs")]) == 0

    folder = tmp_path / "logs" / run.name
    found = read_log(folder)
    assert found.name == run.name and is_log(folder)
    np.testing.assert_array_equal(found.history.steps, history.steps)
    np.testing.assert_allclose(found.history.losses, history.losses, rtol=1e-6)
    np.testing.assert_allclose(found.history.rates, history.rates, rtol=1e-6)
    np.testing.assert_allclose(found.history.norms, history.norms, rtol=1e-6)
    for mine, theirs in zip(history.epochs, found.history.epochs, strict=True):
        assert (mine["epoch"], mine["step"]) == (theirs["epoch"], theirs["step"])
        assert theirs["validation_loss"] == pytest.approx(mine["validation_loss"], rel=1e-6)
        assert theirs["metrics"]["accuracy"] == pytest.approx(mine["metrics"]["accuracy"], rel=1e-6)

    assert cli.main(["tensorboard", str(run.path), "--out", str(tmp_path / "logs")]) == 0
    assert len(list(folder.iterdir())) == 1  # written anew


def test_tensorboard_reads_what_is_written(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run = trained_run(tmp_path_factory, tmp_path)
    history = read_history(run.path)
    assert cli.main(["tensorboard", str(run.path), "--out", str(tmp_path / "logs")]) == 0

    accumulator = accumulators.EventAccumulator(
        str(tmp_path / "logs" / run.name), size_guidance={"scalars": 0}
    )
    accumulator.Reload()
    assert {"loss/training", "loss/validation", "learning rate"} <= set(accumulator.scalars.Keys())
    read = accumulator.Scalars("loss/training")
    assert [event.step for event in read] == history.steps.tolist()
    np.testing.assert_allclose([event.value for event in read], history.losses, rtol=1e-6)


def test_what_tensorboard_writes_is_read(tmp_path: Path) -> None:
    writers = pytest.importorskip("tensorboard.summary")
    writer = writers.Writer(str(tmp_path / "theirs"))
    for step in range(20):
        writer.add_scalar("train/loss", 2.0 / (step + 1), step)
    for step in (9, 19):
        writer.add_scalar("val/loss", 1.5 / (step + 1), step)
        writer.add_scalar("val/accuracy", step / 20, step)
    writer.close()

    found = read_log(tmp_path / "theirs")
    assert found.history.steps.tolist() == list(range(20))
    np.testing.assert_allclose(found.history.losses, 2.0 / np.arange(1, 21), rtol=1e-6)
    assert [line["step"] for line in found.history.epochs] == [9, 19]
    assert found.history.epochs[-1]["best_epoch"] == 2
    assert found.history.epochs[0]["metrics"] == {"accuracy": pytest.approx(0.45)}


def test_folders_of_keras_have_a_log_for_each_split(tmp_path: Path) -> None:
    event_file(tmp_path / "train" / "a.tfevents.1", curve("epoch_loss", [3, 2, 1]))
    event_file(
        tmp_path / "validation" / "a.tfevents.2",
        curve("epoch_loss", [3, 2.5, 2.7]) + curve("epoch_accuracy", [0.1, 0.6, 0.5]),
    )
    found = read_log(tmp_path)
    assert found.history.losses.tolist() == [3, 2, 1]
    assert [line["validation_loss"] for line in found.history.epochs] == [
        3,
        2.5,
        pytest.approx(2.7),
    ]
    assert found.history.epochs[-1]["best_epoch"] == 2
    assert found.history.epochs[1]["metrics"]["accuracy"] == pytest.approx(0.6)


def test_a_log_that_is_cut_off_is_read_so_far(tmp_path: Path) -> None:
    path = event_file(tmp_path / "cut" / "a.tfevents.1", curve("loss", [3, 2, 1]))
    path.write_bytes(path.read_bytes()[:-5])
    found = read_log(tmp_path / "cut")
    assert found.history.losses.tolist() == [3, 2]
    assert found.notes == (
        "'a.tfevents.1' is read to that place only: it is cut off behind record 3.",
    )

    content = bytearray(path.read_bytes())
    content[-12] ^= 0xFF
    path.write_bytes(content)
    assert read_log(tmp_path / "cut").history.losses.tolist() in ([3], [3, 2])


@pytest.mark.parametrize(
    ("content", "words"),
    (
        (b"", "it is empty"),
        (b"no event file at all", "it is none"),
        (b"short", "it is cut off"),
    ),
)
def test_what_is_no_event_file_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.tfevents.1").write_bytes(content)
    with pytest.raises(UserError, match=words):
        read_log(tmp_path)


def test_another_version_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setattr("app.engine.runs.logs.records.VERSION", "brain.Event:9")
        event_file(tmp_path / "a.tfevents.1", curve("loss", [1]))

    with pytest.raises(UserError, match=r"version is 'brain\.Event:9'"):
        read_log(tmp_path)


# --- CSV


KERAS = "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,2.0,0.4,2.5\n1,0.7,1.0,0.6,1.5\n"
LIGHTNING = (
    "epoch,lr-Adam,step,train_loss,val_acc,val_loss\n"
    ",0.001,9,2.0,,\n0,,9,,0.5,1.8\n,0.0005,19,1.0,,\n1,,19,,0.6,1.9\n"
)


def test_csv_of_keras_and_of_lightning(tmp_path: Path) -> None:
    (tmp_path / "first.csv").write_text(KERAS)
    found = read_log(tmp_path / "first.csv")
    assert found.name == "first"
    assert found.history.steps.tolist() == [0, 1]
    assert found.history.losses.tolist() == [2.0, 1.0]
    assert [line["metrics"] for line in found.history.epochs] == [
        {"accuracy": 0.4},
        {"accuracy": 0.6},
    ]

    (tmp_path / "version_0").mkdir()
    (tmp_path / "version_0" / "metrics.csv").write_text(LIGHTNING)
    found = read_log(tmp_path / "version_0" / "metrics.csv")
    assert found.name == "version_0"
    assert found.history.steps.tolist() == [9, 19]
    assert found.history.rates.tolist() == [0.001, 0.0005]
    assert [line["validation_loss"] for line in found.history.epochs] == [1.8, 1.9]
    assert found.history.epochs[-1]["best_epoch"] == 1
    assert found.history.epochs[0]["metrics"] == {"acc": 0.5}


def test_a_csv_that_is_cut_off_or_is_no_log(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(KERAS + "2,0.8,0.")
    found = read_log(path)
    assert found.history.steps.tolist() == [0, 1]
    assert "cut off" in found.notes[0]

    for content, words in (
        ("", "does not name"),
        ("1,2\n3,4\n", "does not name"),
        ("size,rent\n1,2\n", "has no loss; it has 'size' and 'rent'"),
        ("epoch,loss\n1,2,3\n2,1\n", "line 2"),
    ):
        path.write_text(content)
        with pytest.raises(UserError, match=words):
            read_log(path)

    with pytest.raises(UserError, match="holds no log"):
        read_log(tmp_path)
    with pytest.raises(UserError, match="There is no"):
        read_log(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "step,loss\n1e300,0.5\n"),
        ("a.csv", "step,loss\r1,0.5\r2,0.4\n3,0.3\n"),
        ("a.csv", f'step,loss\n1,"{"9" * 200_000}"\n'),
        ("trainer_state.json", '{"log_history": [{"step": NaN, "loss": 1}]}'),
        ("trainer_state.json", f'{{"log_history": [{{"step": 1, "loss": 1{"0" * 400}}}]}}'),
    ],
    ids=["step", "line ends", "cell", "no step", "number"],
)
def test_whatever_a_log_holds_is_a_sentence(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", newline="")
    with pytest.raises(UserError, match=f"'{name}' cannot be read as a log") as caught:
        read_log(path)

    assert caught.value.what.endswith(".") and "\n" not in caught.value.what


def test_a_log_without_a_curve_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("epoch,loss\n", encoding="utf-8")
    with pytest.raises(UserError, match="has no loss; it has no curve at all"):
        read_log(tmp_path / "a.csv")


def test_curves_are_told_apart_by_the_words_of_their_names() -> None:
    found = names_of(
        [
            "train/loss",
            "eval/loss",
            "eval/accuracy",
            "eval/runtime",
            "eval/samples_per_second",
            "train/learning_rate",
            "train/grad_norm",
            "test/loss",
            "train/epoch",
        ]
    )
    assert (found.training_loss, found.validation_loss) == ("train/loss", "eval/loss")
    assert (found.rate, found.norm) == ("train/learning_rate", "train/grad_norm")
    assert found.figures == {"accuracy": "eval/accuracy"}

    found = names_of(["trainLoss", "valLoss", "loss_epoch"])
    assert found.training_loss == "trainLoss"
    assert (found.epoch_loss, found.validation_loss) == ("loss_epoch", "valLoss")


def test_every_step_of_a_long_log_is_kept() -> None:
    file = io.BytesIO()
    write_version(file, 0.0)
    for scalar in curve("loss", [0.5] * 3000, every=7):
        write_scalar(file, scalar)
    file.seek(0)
    assert [scalar.step for scalar in read_scalars(file)] == list(range(0, 21000, 7))


def test_a_log_is_read_the_same_whatever_other_readers_of_csv_allow(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'step,loss\n1,"{"9" * 200_000}"\n', encoding="utf-8")
    before = csv.field_size_limit(1 << 30)
    try:
        with pytest.raises(UserError, match="cannot be read as a log"):
            read_log(path)
    finally:
        csv.field_size_limit(before)
