"""A run learns from the data it began with, as they were, or says that it does not."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.data.verification import Verification
from app.engine.errors import UserError
from app.engine.results.run_data import run_data
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.sources.cache import default_root
from app.engine.sources.opening import open_dataset
from app.engine.training import trainer
from tests.engine.training.small import Listener, at_step, experiment, pictures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.data.dataset import Dataset


@pytest.fixture
def mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes decoded pictures be mapped, and nothing of them be compared when they are opened."""
    monkeypatch.setattr("app.engine.sources.cache.MEMORY_SHARE", 0.0)
    monkeypatch.setattr("app.engine.sources.cache_entry.SAMPLED_BLOCKS", 0)


def damage_entry() -> Path:
    """Flips a bit of the one stored copy; returns its folder."""
    (entry,) = default_root().iterdir()
    with (entry / "inputs.bin").open("r+b") as file:
        file.seek(50)
        byte = file.read(1)[0]
        file.seek(50)
        file.write(bytes([byte ^ 1]))

    return entry


def without_digest(folder: Path) -> None:
    """Makes a checkpoint as it was before data had digests."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    del state["digest"]
    content = json.dumps(state).encode()

    (folder / "state.json").write_bytes(content)
    manifest["files"]["state.json"] = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_a_damaged_map_ends_the_run_and_is_decoded_again(mapped: None, tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"))
    whole = Run.create(tmp_path / "runs", requested)
    reference = trainer.train(requested, whole, Listener(), Control())
    entry = damage_entry()

    run = Run.create(tmp_path / "runs", requested)
    dataset = open_dataset(requested.data)
    finished = trainer.train(requested, run, Listener(), Control(), dataset)

    assert finished.status == "failed" and "was damaged on the disk" in finished.failure[0]
    assert not entry.exists() and dataset.is_damaged
    assert not list((run.path / "checkpoints").glob("state-*"))

    # Though the window still holds the damaged map.
    again = trainer.resume(run, Listener(), Control(), dataset=dataset)
    assert again.status == "completed"
    assert again.summary["weights_sha256"] == reference.summary["weights_sha256"]


def test_an_undamaged_map_changes_nothing(mapped: None, tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"))
    sums = set()
    for _ in range(2):
        run = Run.create(tmp_path / "runs", requested)
        finished = trainer.train(requested, run, Listener(), Control())
        sums.add(finished.summary["weights_sha256"])

    assert len(sums) == 1


def test_the_map_is_compared_not_the_file_of_its_name(mapped: None, tmp_path: Path) -> None:
    dataset = open_dataset(experiment(pictures(tmp_path / "a.npz")).data)
    (entry,) = default_root().iterdir()
    (entry / "inputs.bin").rename(tmp_path / "inputs.bin")
    (entry / "inputs.bin").write_bytes(b"of another")

    verification = Verification(dataset.mapped_copies)
    with verification.running():
        verification.require(lambda: None)


def test_a_cancel_ends_the_waiting_and_the_thread(mapped: None, tmp_path: Path) -> None:
    dataset = open_dataset(experiment(pictures(tmp_path / "a.npz")).data)
    (copy,) = dataset.mapped_copies
    goes_on = threading.Event()

    class Slow(type(copy)):  # type: ignore[misc]
        def compare(self):
            yield
            goes_on.wait()

    def cancel() -> None:
        goes_on.set()
        raise InterruptedError

    verification = Verification([Slow(copy.array, copy.blocks, copy.discard)])
    with pytest.raises(InterruptedError), verification.running():
        verification.require(cancel)


def test_changed_bytes_are_seen_where_the_fingerprint_is_the_same(tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"))
    run = Run.create(tmp_path / "runs", requested)
    control = Control()
    with at_step(8, control.stop):
        trainer.train(requested, run, Listener(), control)

    dataset = open_dataset(requested.data)
    written = json.loads((run.path / "dataset.json").read_text(encoding="utf-8"))
    assert written["digest"] == dataset.description.digest

    description = dataclasses.replace(dataset.description, digest="0" * 32)
    other = dataclasses.replace(dataset, description=description)
    finished = trainer.resume(run, Listener(), Control(), dataset=other)
    assert finished.status == "failed" and "not those this run began with" in finished.failure[0]

    with pytest.raises(UserError, match="the data changed"):
        run_data(run, description, "It cannot be judged")

    older = dataclasses.replace(description, digest="")
    assert run_data(run, older, "It cannot be judged").description == dataset.description


def test_an_older_run_without_a_digest_goes_on_and_says_so(tmp_path: Path) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"))
    run = Run.create(tmp_path / "runs", requested)
    control = Control()
    with at_step(8, control.stop):
        trainer.train(requested, run, Listener(), control)

    for folder in (run.path / "checkpoints").glob("state-*"):
        without_digest(folder)

    assert trainer.resume(run, Listener(), Control()).status == "completed"
    assert "has no digest of its data" in (run.path / "log.txt").read_text(encoding="utf-8")


def test_a_digest_covers_inputs_and_targets(tmp_path: Path) -> None:
    settings = experiment(pictures(tmp_path / "a.npz")).data
    digests = {open_dataset(settings).description.digest}
    with np.load(tmp_path / "a.npz") as archive:
        images = archive["images"]
        labels = archive["labels"]

    for number in range(2):
        changed = images.copy()
        changed[0, 0, 0] ^= number
        other = labels[::-1] if number == 0 else labels
        np.savez(tmp_path / f"{number}.npz", images=changed, labels=other)
        copy = settings.replace(source=str(tmp_path / f"{number}.npz"))
        digests.add(open_dataset(copy).description.digest)

    assert len(digests) == 3 and "" not in digests


def held_back(dataset: Dataset, until: Callable[[], bool]) -> Dataset:
    """Returns a data set whose comparison begins when something has come."""
    (copy,) = dataset.mapped_copies

    class Held(type(copy)):  # type: ignore[misc]
        def compare(self):
            while not until():
                yield
            yield from super().compare()

    held = Held(copy.array, copy.blocks, copy.discard)
    return dataclasses.replace(dataset, mapped_copies=(held,))


@pytest.mark.parametrize("at_once", [False, True])
def test_a_stop_saves_nothing_that_was_learned_from_uncompared_data(
    mapped: None, at_once: bool, tmp_path: Path
) -> None:
    """It waits until all is compared; in a hurry it saves nothing."""
    requested = experiment(pictures(tmp_path / "a.npz"))
    control = Control()
    dataset = held_back(
        open_dataset(requested.data), lambda: control.stopping and not control.stopping_at_once
    )

    run = Run.create(tmp_path / "runs", requested)
    with at_step(2, lambda: control.stop(at_once)):
        finished = trainer.train(requested, run, Listener(), control, dataset)

    assert finished.status == "stopped"
    assert bool(list((run.path / "checkpoints").glob("*"))) is not at_once
    assert ("The last steps are not saved" in finished.reason) is at_once
    assert trainer.resume(run, Listener(), Control()).status == "completed"


def test_a_pause_saves_nothing_that_was_learned_from_damaged_data(
    mapped: None, tmp_path: Path
) -> None:
    requested = experiment(pictures(tmp_path / "a.npz"))
    open_dataset(requested.data)
    damage_entry()
    control = Control()
    dataset = held_back(open_dataset(requested.data), lambda: control.pausing)

    run = Run.create(tmp_path / "runs", requested)
    with at_step(2, control.pause):
        finished = trainer.train(requested, run, Listener(), control, dataset)

    assert finished.status == "failed" and "was damaged on the disk" in finished.failure[0]
    assert not list((run.path / "checkpoints").glob("*"))
