"""Bundles: what goes in tells nothing of this computer, and what comes out is the same run."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.export.bundle import opening
from app.engine.export.bundle.opening import is_bundle, open_bundle
from app.engine.export.bundle.private import PathRemover
from app.engine.export.exporting import export
from app.engine.export.formats import format_called
from app.engine.export.trained_network import TrainedNetwork
from app.engine.results import choose_weights
from app.engine.results.predictor import Predictor
from app.engine.results.report import load_report
from app.engine.runs.control import Control
from app.engine.runs.history import read_history
from app.engine.runs.run import Run
from app.engine.sources.format import no_progress
from app.engine.training.trainer import resume

if TYPE_CHECKING:
    from collections.abc import Callable


def bundled(run: Run, path: Path) -> Path:
    """Writes a bundle of a run and returns its path."""
    path.parent.mkdir(exist_ok=True)
    format_called("bundle").write(TrainedNetwork.load(run), path, no_progress)
    return path


def copy_of(run: Run, folder: Path) -> Run:
    return Run(Path(shutil.copytree(run.path, folder / run.name)))


@pytest.mark.usefixtures("forked_processes")
def test_a_bundle_is_proved_and_opens_as_the_same_run(penguins: Run, tmp_path: Path) -> None:
    out = tmp_path / "Pinguine ü.zip"
    proof = export(penguins, "bundle", out)
    assert proof.changed == 0 and proof.max_difference == 0.0
    assert proof.value == proof.run_value and proof.size == out.stat().st_size

    run = open_bundle(out, tmp_path / "elsewhere")
    assert run.name == penguins.name and run.status == "completed" and not run.problems()
    assert run.experiment() == penguins.experiment()
    assert load_report(run).to_plain() == load_report(penguins).to_plain()
    assert read_history(run.path).epochs == read_history(penguins.path).epochs

    rows = np.concatenate([penguins_rows(penguins), np.full((1, 10), np.nan, np.float32)])
    here, there = Predictor.load(penguins), Predictor.load(run)
    np.testing.assert_array_equal(here.predictions(rows[:-1]), there.predictions(rows[:-1]))

    again = open_bundle(out, tmp_path / "elsewhere")
    assert again.name == f"{run.name} 2"
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == [
        ".trash",
        run.name,
        again.name,
    ]
    assert not any((tmp_path / "elsewhere" / ".trash").iterdir())


def penguins_rows(run: Run) -> np.ndarray:
    trained = TrainedNetwork.load(run)
    return np.asarray(trained.dataset.inputs[trained.rows])


def test_the_same_run_gives_the_same_bytes(penguins: Run, tmp_path: Path) -> None:
    first = bundled(penguins, tmp_path / "a.zip")
    os.utime(penguins.path / "summary.json", (1, 1))
    assert bundled(penguins, tmp_path / "b.zip").read_bytes() == first.read_bytes()


def test_no_file_of_it_names_a_path_of_this_computer(own_table: Run, tmp_path: Path) -> None:
    own_table.log(f"kept beside {Path.home()}/notes and {own_table.path}/log.txt")
    source = Path(own_table.experiment().data.source)
    path = bundled(own_table, tmp_path / "a.zip")
    names = [str(own_table.path.parent), str(source.parent), str(Path.home()), os.getcwd()]
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}

    for name, content in contents.items():
        for private in (*names, source.parent.name):
            assert private.encode() not in content, (name, private)

    assert b"kept beside notes and" in contents["run/log.txt"]
    run = open_bundle(path, tmp_path / "runs")
    assert run.problems() == [] and Path(run.experiment().data.source).name == source.name
    assert run.dataset()["source"] == source.name
    assert load_report(run).to_plain() == load_report(own_table).to_plain()
    assert Predictor.load(run).description.amounts == Predictor.load(own_table).description.amounts


def test_paths_become_what_they_end_with() -> None:
    home = Path.home()
    remover = PathRemover(["/disk/anna/cats", str(home), r"C:\Users\anna\cats"])
    assert remover.text("/disk/anna/cats/1.png and /disk/anna/cats") == "cats/1.png and cats"
    assert remover.text("in '/disk/anna/dogs/2.png'.") == "in 'dogs/2.png'."
    assert remover.text(f"{home}/x, {home}") == "data/x, data"
    assert remover.text(r"C:\Users\anna\cats\1.png") == "cats\\1.png"
    assert remover.text("1/2, km/h, /disk/annabel/x") == "1/2, km/h, /disk/annabel/x"
    assert remover.plain({"a": ["/disk/anna/cats", 1, None]}) == {"a": ["cats", 1, None]}


def test_what_has_ended_goes_without_what_only_going_on_needs(
    penguins: Run, tmp_path: Path
) -> None:
    path = bundled(penguins, tmp_path / "a.zip")
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "state-" in name]

    run = open_bundle(path, tmp_path / "runs")
    finished = resume(run, lambda _: None, Control(), epochs=4)
    assert finished.status == "failed" and "no state to go on from" in finished.reason
    assert Predictor.load(run).epoch == Predictor.load(penguins).epoch


def test_the_last_weights_go_with_their_state(overshot: Run, tmp_path: Path) -> None:
    own = copy_of(overshot, tmp_path)
    assert TrainedNetwork.load(own).predictor.weights.epoch < 4
    choose_weights.use(own, "last")
    run = open_bundle(bundled(own, tmp_path / "a.zip"), tmp_path / "runs")
    here, there = Predictor.load(own), Predictor.load(run)
    assert there.weights == here.weights and there.weights.epoch == 4
    assert load_report(run).to_plain() == load_report(own).to_plain()

    finished = resume(run, lambda _: None, Control(), epochs=5)
    assert finished.status == "completed", finished.reason


def test_other_weights_than_those_in_use_are_refused(penguins: Run, tmp_path: Path) -> None:
    trained = TrainedNetwork.load(penguins, "last")
    with pytest.raises(UserError, match="answers with its best weights"):
        format_called("bundle").write(trained, tmp_path / "a.zip", no_progress)


def test_a_damaged_checkpoint_is_a_sentence(penguins: Run, tmp_path: Path) -> None:
    own = copy_of(penguins, tmp_path)
    weights = own.path / "checkpoints/best/model.safetensors"
    trained = TrainedNetwork.load(own)
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UserError, match="not what was written"):
        format_called("bundle").write(trained, tmp_path / "a.zip", no_progress)


# --- bundles that are none, or not whole


def rewritten(
    path: Path, change: Callable[[dict[str, bytes], dict[str, zipfile.ZipInfo]], None]
) -> Path:
    """Writes an archive anew after a change of its files and of what is said of them."""
    with zipfile.ZipFile(path) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        contents = {name: archive.read(name) for name in infos}

    change(contents, infos)
    target = path.with_name("changed.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in contents.items():
            info = infos.get(name, zipfile.ZipInfo(name))
            if name not in infos:
                info.external_attr = 0o100644 << 16
            archive.writestr(info, content)

    return target


def listed(contents: dict[str, bytes], **changes: object) -> None:
    plain = json.loads(contents["bundle.json"])
    contents["bundle.json"] = json.dumps(plain | changes).encode()


def add(name: str) -> Callable[[dict[str, bytes], dict[str, zipfile.ZipInfo]], None]:
    """Returns a change that adds a file, and lists it rightly."""

    def change(contents: dict[str, bytes], _: dict[str, zipfile.ZipInfo]) -> None:
        contents[name] = b"x"
        files = json.loads(contents["bundle.json"])["files"]
        sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        listed(contents, files=files | {name: {"sha256": sha256, "bytes": 1}})

    return change


def flip(contents: dict[str, bytes], _: dict[str, zipfile.ZipInfo]) -> None:
    content = bytearray(contents["run/summary.json"])
    content[20] ^= 1
    contents["run/summary.json"] = bytes(content)


def link(contents: dict[str, bytes], infos: dict[str, zipfile.ZipInfo]) -> None:
    infos["run/log.txt"].external_attr = 0o120777 << 16


def larger(contents: dict[str, bytes], _: dict[str, zipfile.ZipInfo]) -> None:
    contents["run/log.txt"] += b"more"


CHANGES = {
    "newer": (lambda files, _: listed(files, version=2), "made by a newer version"),
    "no version": (lambda files, _: listed(files, version="1"), "its list says too little"),
    "no list": (lambda files, _: files.update({"bundle.json": b"{"}), "list cannot be read"),
    "deep list": (lambda files, _: files.update({"bundle.json": b"[" * 99_999}), "cannot be read"),
    "out": (add("run/../../out.txt"), "which no bundle has"),
    "absolute": (add("/tmp/out.txt"), "which no bundle has"),
    "backslash": (add("run\\..\\out.txt"), "which no bundle has"),
    "other": (add("run/results/other.npz"), "which no bundle has"),
    "missing": (lambda files, _: files.pop("run/log.txt"), "is missing in the archive"),
    "not listed": (lambda files, _: listed(files, files={}), "is missing in its list"),
    "flipped": (flip, "is not what was written"),
    "link": (link, "is not an ordinary file"),
    "larger": (larger, "has another size"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_no_whole_bundle_leaves_nothing(name: str, penguins: Run, tmp_path: Path) -> None:
    change, words = CHANGES[name]
    path = rewritten(bundled(penguins, tmp_path / "a.zip"), change)
    folder = tmp_path / "runs"
    with pytest.raises(UserError, match=re.escape(words)) as error:
        open_bundle(path, folder)

    assert "changed.zip" in error.value.what and error.value.remedy
    assert not folder.exists() or [each.name for each in folder.rglob("*")] in ([], [".trash"])
    assert sorted(each.name for each in tmp_path.iterdir() if each != folder) == [
        "a.zip",
        "changed.zip",
    ]


def test_a_name_that_climbs_out_stays_in_the_folder(penguins: Run, tmp_path: Path) -> None:
    path = rewritten(
        bundled(penguins, tmp_path / "a.zip"),
        lambda files, _: listed(files, name="../../evil\x1b"),
    )
    run = open_bundle(path, tmp_path / "runs")
    assert run.path.parent == tmp_path / "runs"


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"PK\x03\x04" + bytes(26) + b"bundle.json"]
)
def test_other_files_are_no_bundles(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"'a\.zip' is (not a bundle|damaged)"):
        open_bundle(path, tmp_path / "runs")

    plain = tmp_path / "b.zip"
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("other.txt", "x")
    assert not is_bundle(plain) and not is_bundle(tmp_path) and not is_bundle(tmp_path / "none")


def test_more_than_the_disk_holds_is_said_before(
    penguins: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bundled(penguins, tmp_path / "a.zip")
    monkeypatch.setattr(opening, "ROOM", 1 << 62)
    with pytest.raises(UserError, match="Free some space"):
        open_bundle(path, tmp_path / "runs")


def test_giving_up_leaves_nothing(penguins: Run, tmp_path: Path) -> None:
    class GivenUp(Exception):
        pass

    def check() -> None:
        raise GivenUp

    path = bundled(penguins, tmp_path / "a.zip")
    with pytest.raises(GivenUp):
        open_bundle(path, tmp_path / "runs", check=check)

    assert [each.name for each in (tmp_path / "runs").rglob("*")] == [".trash"]
