"""`netwright export`: proved figures as JSON, and one sentence with nothing half written else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app import cli
from app.engine import own_process
from app.engine.errors import UserError
from app.engine.experiment.toml_file import from_plain
from app.engine.export import exporting
from app.engine.export.exporting import PREFIX, export
from app.engine.export.format import ExportFormat
from app.engine.export.formats import all_formats
from app.engine.export.proof import FILE, Proof, read_proofs
from app.engine.export.trained_network import TrainedNetwork
from app.engine.extras import EXTRAS, INSTALL_WITH
from app.engine.results.predictor import Predictor
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.runs.storage.manifest import RunFileError
from app.engine.training.trainer import train
from tests.engine.export.untrained import untrained_run
from tests.engine.training.small import experiment, pictures
from tests.forked import own_children
from tests.rights import without_rights

if TYPE_CHECKING:
    import psutil

    from app.engine.sources.format import Progress

FORMAT = "torch-export"
"""It needs no package that may be missing."""

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    data = pictures(tmp_path / "pictures.npz")
    plain = {
        "data": {"source": str(data)},
        "model": {"template": "cnn", "width": 4, "depth": 1},
        "training": {"epochs": 1, "threads": 1, "device": "cpu"},
    }
    return untrained_run(tmp_path / "runs", from_plain(plain))[0]


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Runs the command; returns its exit code, its output and its errors."""
    capsys.readouterr()
    code = cli.main(["export", *map(str, arguments)])
    output = capsys.readouterr()
    return code, output.out, output.err


def left_behind(folder: Path) -> list[Path]:
    """Returns what exports made in a folder and did not remove."""
    return [path for path in folder.rglob("*") if path.name.startswith(PREFIX)]


@pytest.mark.usefixtures("forked_processes")
def test_every_number_of_the_answer(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "Mein Netz.pt2"
    code, output, errors = call(capsys, run.path, "--format", FORMAT, "--out", out, "--json")
    assert code == 0, errors
    answer = json.loads(output)
    assert answer["format"] == FORMAT and answer["out"] == str(out)
    assert answer["size"] == out.stat().st_size

    checked = answer["checked"]
    predictor = Predictor.load(run)
    dataset = predictor.open(run.experiment().data.source)
    expected = predictor.evaluate(dataset, split="test").metrics["accuracy"]
    assert checked["split"] == "test" and checked["examples"] == len(dataset.indices["test"])
    assert (checked["changed"], checked["max_difference"]) == (0, 0)
    assert checked["figure"] == {"name": "accuracy", "value": expected, "run": expected}
    assert checked["milliseconds"].keys() == {"1", "64"}
    assert min(checked["milliseconds"].values()) > 0

    kept = read_proofs(run)[FORMAT]
    assert kept.to_plain() | {"out": str(out)} == answer
    assert kept == Proof.from_plain(kept.to_plain())
    assert not left_behind(tmp_path)


@pytest.mark.long
def test_a_person_reads_sentences_and_a_damaged_record_is_begun_anew(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.write_json(FILE, {})
    (run.path / FILE).write_bytes(b"{} ")
    with pytest.raises(RunFileError, match=FILE):
        read_proofs(run)

    out = tmp_path / "network.pt2"
    code, output, _ = call(capsys, run.path, "--format", FORMAT, "--out", out)
    assert code == 0 and "None of 12 test answers changed." in output and str(out) in output
    assert read_proofs(run).keys() == {FORMAT}


@pytest.mark.long
def test_the_last_weights_beside_the_best(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "last.pt2"
    code, _, errors = call(capsys, run.path, "--format", FORMAT, "--out", out, "--weights", "last")
    assert code == 1 and "last weights" in errors and not out.exists()

    requested = experiment(Path(run.experiment().data.source), training={"epochs": 2})
    other = Run.create(tmp_path / "trained", requested)
    assert train(requested, other, lambda event: None, Control()).status == "completed"
    arguments = (other.path, "--format", FORMAT, "--out", out, "--weights", "last", "--json")
    code, output, errors = call(capsys, *arguments)
    answer = json.loads(output)
    assert (code, answer["use"], answer["epoch"]) == (0, "last", 2), errors
    assert not left_behind(tmp_path)


@pytest.mark.long
def test_a_run_that_is_being_trained(run: Run, tmp_path: Path) -> None:
    run.claim()
    try:
        proof = export(Run(run.path), FORMAT, tmp_path / "network.pt2")
    finally:
        run.release()

    assert proof.changed == 0 and (tmp_path / "network.pt2").is_file()
    assert not read_proofs(run)  # nobody writes into the folder of a run that is being trained


def refused(run: Run, out: Path, **more: Any) -> str:
    """Returns the sentence with which an export is refused, having left nothing behind."""
    before = sorted(out.parent.iterdir()) if out.parent.is_dir() else []
    with pytest.raises(UserError) as caught:
        export(run, FORMAT, out, **more)

    assert caught.value.what.endswith(".") and caught.value.remedy.endswith("."), caught.value
    assert (sorted(out.parent.iterdir()) if out.parent.is_dir() else []) == before
    return str(caught.value)


def test_places_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "is a folder" in refused(run, tmp_path / "folder")
    assert "There is no" in refused(run, tmp_path / "nowhere" / "network.pt2")
    assert "in the folder of the run" in refused(run, run.path / "network.pt2")


def test_a_folder_that_may_not_be_written(run: Run, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    out = str(closed / "network.pt2")
    command = [sys.executable, "-m", "app", "export", str(run.path), "--format", FORMAT]
    done = subprocess.run(
        without_rights([*command, "--out", out]), capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1 and "may not be read or written" in done.stderr
    assert not list(closed.iterdir())


@pytest.mark.long
def test_a_disk_without_room(run: Run, tmp_path: Path) -> None:
    """Files may have 20 kB here, as if the disk had no more; the exported one is larger."""
    out = tmp_path / "network.pt2"
    command = [sys.executable, "-m", "app", "export", str(run.path), "--format", FORMAT]
    limited = ["prlimit", "--fsize=20000", *command, "--out", str(out)]
    done = subprocess.run(limited, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1 and f"'{out}' could not be used" in done.stderr, done.stderr
    assert len(done.stderr.strip().splitlines()[-1]) < 300
    assert not out.exists() and not left_behind(tmp_path)


def why_not(run: Run) -> str:
    """Returns why the network of a run cannot be loaded, as the process of an export finds it."""
    with pytest.raises(UserError) as caught:
        TrainedNetwork.load(run)

    return str(caught.value)


def test_runs_that_cannot_be_exported(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "network.pt2"
    out.write_text("before")
    source = Path(run.experiment().data.source)
    content = source.read_bytes()

    source.unlink()
    assert "cannot be proved without the data of the run" in refused(run, out)
    pictures(source, seed=1)
    assert "the data changed" in why_not(run)
    source.write_bytes(content)

    weights = run.path / "checkpoints" / "best" / "model.safetensors"
    damaged = bytearray(weights.read_bytes())
    damaged[-1] ^= 1
    weights.write_bytes(damaged)
    assert "damaged" in why_not(run)

    shutil.rmtree(run.path / "checkpoints")
    assert "weights" in why_not(run)
    assert out.read_text() == "before"


class Cancelled(Exception):
    """What a person's cancelling raises."""


def test_cancelling_ends_every_process_and_leaves_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    families: list[list[psutil.Process]] = []
    stages: list[str] = []

    def cancel() -> None:
        if any(stage.startswith("Comparing") for stage in stages):
            families.append(own_children(recursive=True))
            raise Cancelled

    before = own_children(recursive=True)
    with pytest.raises(Cancelled):
        export(
            run,
            FORMAT,
            tmp_path / "network.pt2",
            progress=lambda text, done, total: stages.append(text),
            check=cancel,
        )

    started = [process for process in families[0] if process not in before]
    assert len(started) >= 2  # the export, and what answers from its file
    assert not any(map(exporting._is_alive, started))
    assert not left_behind(tmp_path) and not list(scratch.iterdir())
    assert not (tmp_path / "network.pt2").exists() and not read_proofs(run)


@pytest.mark.skipif(os.name == "nt", reason="there a program is ended without a signal")
def test_a_command_that_is_told_to_end_leaves_nothing(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "network.pt2"
    command = [sys.executable, "-m", "app", "export", str(run.path), "--format", FORMAT]
    with subprocess.Popen(
        [*command, "--out", str(out), "--json"], stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stderr is not None
        begun = any(line.startswith("Exporting") for line in process.stderr) and left_behind(
            tmp_path
        )
        process.terminate()
        rest = process.stderr.read()

    assert begun and rest.rstrip().endswith("Stopped.")
    assert process.returncode == cli.TERMINATED
    assert not left_behind(tmp_path) and not out.exists()


def test_the_export_ends_with_the_program(run: Run, tmp_path: Path) -> None:
    request = {
        "run": str(run.path),
        "format": FORMAT,
        "path": str(tmp_path / "network.pt2"),
        "weights": None,
        "scratch": str(tmp_path),
    }
    process = own_process.start(exporting.MODULE, json.dumps(request))
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    process.stdin.close()
    process.stdin = None
    process.communicate()
    assert process.returncode == own_process.STOP


class Missing(ExportFormat):
    """A format whose packages nobody has."""

    kind = "missing"
    label = "Missing"
    summary = "Nobody reads it."
    suffix = ".none"
    packages = ("json", "no_such_package", "none_either")
    loader = "torch_export"

    def write(self, trained: TrainedNetwork, path: Path, progress: Progress) -> None:
        raise AssertionError("it must be refused before")


def test_missing_packages_are_named_with_the_command_that_brings_them() -> None:
    with pytest.raises(UserError) as caught:
        Missing().require_packages()

    assert caught.value.what == (
        "Missing needs no_such_package and none_either, which are not installed."
    )
    command = caught.value.remedy.removeprefix(INSTALL_WITH)
    assert command.startswith(sys.executable) and command.endswith(" ".join(EXTRAS["export"]))


def test_the_command_names_the_packages_of_the_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert {name: tuple(extras[name]) for name in EXTRAS} == EXTRAS
    # A note in a file, kept with the run, says what brings the other: no place of a Python.
    assert extras.keys() - EXTRAS.keys() == {"dicom", "test"}
    needed = {name for form in all_formats().values() for name in form.packages}
    assert needed <= {requirement.partition("==")[0] for requirement in EXTRAS["export"]}
