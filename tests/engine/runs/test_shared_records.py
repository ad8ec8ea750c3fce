"""Short epochs share files and writes; nothing of them is lost, and damage is seen."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine import files
from app.engine.errors import UserError
from app.engine.runs import events, history
from app.engine.runs.control import Control
from app.engine.runs.epoch_records import (
    SHARED,
    EpochRecord,
    SharedRecords,
    has_record,
    read_epoch,
    shared_file,
    write_epoch,
)
from app.engine.runs.recorded_events import read_events
from app.engine.runs.run import Run
from app.engine.runs.storage.manifest import RunFileError
from app.engine.training import trainer
from tests.engine import tiny
from tests.engine.training.small import Listener, at_step, metrics_lines

if TYPE_CHECKING:
    from pathlib import Path


def record(epoch: int, confused: bool = True) -> EpochRecord:
    generator = np.random.default_rng(epoch)
    return EpochRecord(
        np.array([3, 5]),
        generator.random((2, 3)).astype(np.float32),
        generator.integers(0, 9, (3, 3)) if confused else None,
    )


def assert_same(found: EpochRecord | None, expected: EpochRecord) -> None:
    assert found is not None
    assert np.array_equal(found.rows, expected.rows)
    assert np.array_equal(found.predictions, expected.predictions)
    if expected.confusion is None:
        assert found.confusion is None
    else:
        assert np.array_equal(found.confusion, expected.confusion)


@pytest.mark.parametrize("confused", [True, False])
@pytest.mark.parametrize("write_every", [1, 3, 100])
def test_each_epoch_is_read_back_however_often_they_were_written(
    confused: bool, write_every: int, tmp_path: Path
) -> None:
    shared = SharedRecords(tmp_path)
    sums = {}
    for epoch in range(1, 2 * SHARED + 4):
        sums[epoch] = shared.add(epoch, record(epoch, confused))
        if epoch % write_every == 0:
            shared.write()

    assert not has_record(tmp_path, 4 * SHARED)
    shared.write()
    for epoch, sha256 in sums.items():
        assert has_record(tmp_path, epoch)
        assert_same(read_epoch(tmp_path, epoch, sha256), record(epoch, confused))

    names = sorted(path.name for path in (tmp_path / "epochs").iterdir())
    assert names == ["0001-0016.npz", "0017-0032.npz", "0033-0048.npz"]


def test_a_run_that_goes_on_keeps_the_epochs_before_and_replaces_those_behind(
    tmp_path: Path,
) -> None:
    first = SharedRecords(tmp_path)
    before = [first.add(epoch, record(epoch)) for epoch in range(1, 8)]
    first.write()

    again = SharedRecords(tmp_path)
    after = again.add(5, record(50))
    again.write()
    assert_same(read_epoch(tmp_path, 4, before[3]), record(4))
    assert_same(read_epoch(tmp_path, 5, after), record(50))
    assert read_epoch(tmp_path, 6) is None
    with pytest.raises(RunFileError, match=r"0001-0016\.npz.* is missing"):
        read_epoch(tmp_path, 6, before[5])


def test_a_record_of_its_own_from_before_is_passed_over(tmp_path: Path) -> None:
    """A run that is trained longer may do an epoch again, in a file that others share."""
    alone = write_epoch(tmp_path, 3, record(3))
    assert_same(read_epoch(tmp_path, 3, alone), record(3))

    shared = SharedRecords(tmp_path)
    sha256 = shared.add(3, record(33))
    shared.write()
    assert_same(read_epoch(tmp_path, 3, sha256), record(33))


def test_damage_is_seen(tmp_path: Path) -> None:
    shared = SharedRecords(tmp_path)
    sums = [shared.add(epoch, record(epoch)) for epoch in (1, 2)]
    shared.write()
    with pytest.raises(RunFileError, match="is damaged"):
        read_epoch(tmp_path, 1, sums[1])

    (tmp_path / shared_file(1)).write_bytes(b"no archive")
    with pytest.raises(RunFileError, match="is damaged"):
        read_epoch(tmp_path, 1, sums[0])


@pytest.mark.parametrize("epoch", [2, None], ids=["alone", "shared"])
def test_what_is_no_array_in_a_record_is_damage(epoch: int | None, tmp_path: Path) -> None:
    """NumPy gives the bytes of a member that does not begin as an array does."""
    (tmp_path / "epochs").mkdir()
    name = shared_file(2) if epoch is None else f"epochs/{epoch:04d}.npz"
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        for member in ("rows", "predictions", "epochs"):
            archive.writestr(f"{member}.npy", b"no array at all")

    with pytest.raises(RunFileError, match="something else than arrays"):
        read_epoch(tmp_path, 2)


def test_what_a_disk_refuses_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = SharedRecords(tmp_path)
    shared.add(1, record(1))

    def refuse(path: Path, content: bytes) -> None:
        raise UserError("The disk is full.", "")

    with monkeypatch.context() as patched:
        patched.setattr(files, "write_atomically", refuse)
        with pytest.raises(UserError):
            shared.write()

    shared.add(SHARED + 1, record(17))
    shared.write()
    assert_same(read_epoch(tmp_path, 1), record(1))
    assert_same(read_epoch(tmp_path, SHARED + 1), record(17))


# --- lines that wait


def test_lines_of_short_steps_share_a_write_and_marks_do_not_wait(tmp_path: Path) -> None:
    writes = []
    writer = history.Writer(tmp_path / history.METRICS)
    writer.before_write = lambda: writes.append(True)
    steps = np.arange(4.0)

    writer.steps(steps[:1], steps[:1], steps[:1], steps[:1])  # the first one is seen at once
    writer.steps(steps[1:2], steps[1:2], steps[1:2], steps[1:2])
    assert len(writes) == 1
    assert history.read_history(tmp_path).steps.tolist() == [0]

    writer.line({"mark": "changed", "step": 2, "values": {}})
    assert len(writes) == 2
    assert history.read_history(tmp_path).steps.tolist() == [0, 1]

    writer.steps(steps[2:], steps[2:], steps[2:], steps[2:])
    assert writer.offset() == (tmp_path / history.METRICS).stat().st_size
    assert history.read_history(tmp_path).steps.tolist() == [0, 1, 2, 3]
    writer.close()
    assert len(writes) == 3


def test_lines_of_the_log_wait_for_the_next_one(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.log("one", may_wait=True)
    run.log("two", may_wait=True)
    assert (tmp_path / "log.txt").read_text().count("\n") == 1

    run.log("three")
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert [line.split()[-1] for line in lines] == ["one", "two", "three"]


# --- a whole run


def test_a_run_of_many_short_epochs_goes_on_with_the_same_files(tmp_path: Path) -> None:
    combination = tiny.Combination("classification", "row", "mlp", "cross-entropy", "adamw")
    requested = tiny.experiment(combination, 2 * SHARED + 5, 16)
    data = tiny.dataset("classification", "row", 40)
    whole = Run.create(tmp_path / "whole", requested)
    listener = Listener()
    trainer.train(requested, whole, listener, Control(), data)
    assert len(listener.of(events.EpochDone)) == 2 * SHARED + 5

    run = Run.create(tmp_path / "parts", requested)
    control = Control()
    with at_step(20, control.stop):
        trainer.train(requested, run, Listener(), control, data)
    finished = trainer.resume(run, Listener(), Control(), dataset=data)
    assert finished.status == "completed"

    contents = [
        {path.name: path.read_bytes() for path in (each.path / "epochs").iterdir()}
        for each in (whole, run)
    ]
    # Margins have files of their own beside the records.
    assert len(contents[0]) == 2 * 3 and contents[0] == contents[1]
    assert metrics_lines(whole) == metrics_lines(run)

    read = read_events(run.path)
    epochs = [event for event in read if isinstance(event, events.EpochDone)]
    for told, found in zip(listener.of(events.EpochDone), epochs, strict=True):
        assert np.array_equal(told.confusion, found.confusion)

    findings = [event.finding.key for event in read if isinstance(event, events.NewFinding)]
    assert "record" not in findings
