"""A file of a run that is missing or damaged is told, and no other is used in its place."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine import files
from app.engine.errors import UserError
from app.engine.experiment.experiment import Experiment
from app.engine.results.report import load_report
from app.engine.runs import events
from app.engine.runs.control import Control
from app.engine.runs.epoch_records import read_arrays, write_arrays
from app.engine.runs.recorded_events import read_events
from app.engine.runs.run import Run, list_runs
from app.engine.runs.storage import manifest
from app.engine.runs.storage.manifest import RunFileError
from app.engine.runs.weights_in_use import read_weights_in_use
from app.engine.training import trainer
from tests.engine.training.small import Listener, experiment, pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

READERS: dict[str, Callable[[Run], Any]] = {
    "experiment.toml": Run.experiment,
    "summary.json": Run.summary,
    "environment.json": Run.environment,
    "dataset.json": Run.dataset,
    "kept.json": read_weights_in_use,
    "results/test.npz": lambda run: read_arrays(run.path, "results/test.npz"),
    "metrics.jsonl": lambda run: read_events(run.path),
    "memory.jsonl": lambda run: read_events(run.path),
    "checkpoints/best/validation.npz": load_report,
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    requested = experiment(pictures(tmp_path / "a.npz"))
    run = Run.create(tmp_path / "runs", requested)
    assert trainer.train(requested, run, Listener(), Control()).status == "completed"
    run.write_json("kept.json", {"use": "best"})
    manifest.settle(run.path)
    return run


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def exchange(path: Path) -> None:
    path.write_bytes(b"{}")


@pytest.mark.parametrize("name", list(READERS))
def test_damage_is_a_sentence_that_names_the_file(name: str, run: Run) -> None:
    original = (run.path / name).read_bytes()
    READERS[name](run)

    for damage in (cut, flip_a_bit, exchange):
        damage(run.path / name)
        with pytest.raises(RunFileError, match="is damaged") as caught:
            READERS[name](run)
        assert name in caught.value.what
        (run.path / name).write_bytes(original)


@pytest.mark.parametrize("name", [name for name in READERS if "/best/" not in name])
def test_what_is_missing_is_called_missing(name: str, run: Run) -> None:
    (run.path / name).unlink()
    with pytest.raises(RunFileError, match=f"'{name}' of the run .* is missing"):
        READERS[name](run)


def test_a_file_that_the_run_did_not_write_is_not_used(tmp_path: Path) -> None:
    run = Run.create(tmp_path, Experiment(name="one"))
    (run.path / "kept.json").write_text('{"use": "last"}')
    with pytest.raises(RunFileError, match="the run did not write it"):
        read_weights_in_use(run)


def test_between_the_two_writes_the_old_file_is_as_good_as_the_new(tmp_path: Path) -> None:
    run = Run.create(tmp_path, Experiment(name="one"))
    run.write_json("summary.json", {"status": "stopped"})
    old = (run.path / "summary.json").read_bytes()
    run.write_json("summary.json", {"status": "completed"})
    assert run.summary() == {"status": "completed"}

    (run.path / "summary.json").write_bytes(old)
    assert run.summary() == {"status": "stopped"}

    run.write_json("summary.json", {"status": "completed"})
    manifest.settle(run.path)
    (run.path / "summary.json").write_bytes(old)
    assert run.status == "damaged"


def test_lines_after_the_last_save_are_read(run: Run) -> None:
    before = len(read_events(run.path))
    line = {"finding": {"key": "x", "level": "info", "title": "t", "text": "", "remedy": None}}
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({**line, "step": 3}) + "\n" + '{"mark": "cut by a ki')

    assert len(read_events(run.path)) == before + 1


def test_a_record_of_an_epoch_that_is_damaged_or_missing_is_told(run: Run) -> None:
    flip_a_bit(run.path / "epochs" / "0001.npz")
    (run.path / "epochs" / "0002.npz").unlink()
    found = read_events(run.path)
    titles = [event.finding.title for event in found if isinstance(event, events.NewFinding)]

    assert "The record of epoch 1 cannot be shown" in titles
    epochs = [event for event in found if isinstance(event, events.EpochDone)]
    assert [epoch.confusion for epoch in epochs] == [None, None]
    problems = " ".join(
        event.finding.text for event in found if isinstance(event, events.NewFinding)
    )
    assert "'epochs/0001.npz'" in problems and "is damaged" in problems
    assert "'epochs/0002.npz'" in problems and "is missing" in problems


def test_a_run_without_a_manifest_is_opened_and_called_older(run: Run) -> None:
    (run.path / "manifest.json").unlink()
    titles = [
        event.finding.title
        for event in read_events(run.path)
        if isinstance(event, events.NewFinding)
    ]
    assert "A run of an older version" in titles
    assert run.status == "completed" and load_report(run).best_epoch

    run.write_json("kept.json", {"use": "best"})
    cut(run.path / "dataset.json")
    with pytest.raises(RunFileError, match=r"dataset\.json"):
        run.dataset()


@pytest.mark.parametrize(
    "content", ["", "[]", "null", '{"loss": 3}', '{"status": ["x"]}', "[" * 100_000]
)
def test_nothing_is_trusted_for_its_shape(content: str, run: Run) -> None:
    manifest.write(run.path, "summary.json", content.encode())
    assert run.status == "damaged"
    with pytest.raises(UserError):
        run.summary()


def test_files_that_are_written_together_are_old_or_new_after_any_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["epochs/a.npy", "epochs/b.npy", "epochs/c.npy"]
    old = dict.fromkeys(names[:2], b"old")  # the third one is new
    new = dict.fromkeys(names, b"new")
    write = files.write_atomically

    for written in range(4):
        folder = tmp_path / str(written)
        manifest.write_all(folder, old)
        allowed = iter([True] * (1 + written) + [False])  # the manifest comes first

        def refuse(path: Path, content: bytes, allowed: Iterator[bool] = allowed) -> None:
            if not next(allowed):
                raise UserError("The disk is full.", "")
            write(path, content)

        with monkeypatch.context() as patched:
            patched.setattr(files, "write_atomically", refuse)
            with pytest.raises(UserError) if written < 3 else nullcontext():
                manifest.write_all(folder, new)

        expected = [
            new[name] if number < written else old.get(name) for number, name in enumerate(names)
        ]
        assert [manifest.read(folder, name) for name in names] == expected
        manifest.settle(folder)
        assert [manifest.read(folder, name) for name in names] == expected

        manifest.write_all(folder, new)
        manifest.settle(folder)
        (folder / names[0]).write_bytes(b"old")
        with pytest.raises(RunFileError, match="is damaged"):
            manifest.read(folder, names[0])


def test_one_odd_folder_leaves_the_others_in_the_list(run: Run) -> None:
    for number, content in enumerate(
        ['{"started": 5}', '{"started": "2026-01-01T00:00:00+02:00"}']
    ):
        other = Run.create(run.path.parent, Experiment(name=f"odd {number}"))
        manifest.write(other.path, "environment.json", content.encode())
    gone = Run.create(run.path.parent, Experiment(name="gone"))
    (gone.path / "experiment.toml").unlink()

    assert len(list_runs(run.path.parent)) == 4
    assert "is missing" in gone.problems()[0]


def test_equal_arrays_are_equal_files(tmp_path: Path) -> None:
    arrays = {"rows": np.arange(5), "targets": np.zeros((5, 2), np.float32)}
    for name in ("a", "b"):
        write_arrays(tmp_path, f"results/{name}.npz", arrays)

    assert (tmp_path / "results/a.npz").read_bytes() == (tmp_path / "results/b.npz").read_bytes()
    read = read_arrays(tmp_path, "results/a.npz")
    assert all((read[name] == array).all() for name, array in arrays.items())


def test_a_history_that_was_made_since_the_last_save_is_no_damage(tmp_path: Path) -> None:
    """As a kill in the first epoch leaves it: nothing is told when the run goes on."""
    run = Run.create(tmp_path, Experiment())
    manifest.note_grown(run.path)
    assert manifest.read(run.path, "metrics.jsonl") is None

    (run.path / "metrics.jsonl").write_bytes(b"{}\n")
    assert manifest.read(run.path, "metrics.jsonl") == b"{}\n"

    manifest.note_grown(run.path)
    (run.path / "metrics.jsonl").unlink()
    with pytest.raises(RunFileError, match="missing"):
        manifest.read(run.path, "metrics.jsonl")


def test_what_was_known_before_the_first_step_is_read_by_its_type(run: Run) -> None:
    environment = run.environment()
    expected = [event for event in read_events(run.path) if isinstance(event, events.RunPrepared)]
    assert expected[0].classes and isinstance(expected[0].classes, tuple)

    environment["prepared"]["of a later version"] = 1
    run.write_json("environment.json", environment)
    assert read_events(run.path)[1] == expected[0]

    environment["prepared"]["steps"] = "many"
    run.write_json("environment.json", environment)
    with pytest.raises(RunFileError, match="another kind"):
        read_events(run.path)
