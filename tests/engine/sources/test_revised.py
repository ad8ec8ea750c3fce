"""Data opened with a revision: other labels, examples left out, and what no longer fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.engine.experiment import toml_file
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.revision import Change, Revision, write_revision
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from tests.engine.training.small import pictures

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.revision import Action, Label


def change(
    dataset: Dataset, row: int, action: Action, label: Label | None = None, was: str = ""
) -> Change:
    assert dataset.fingerprints is not None
    example = dataset.fingerprints[row].tobytes().hex()
    return Change(example, str(dataset.names[row]), action, label, was)


def revised(data: DataSettings, folder: Path, *changes: Change) -> Dataset:
    path = folder / "revision.toml"
    write_revision(Revision(changes), path)
    return open_dataset(data.replace(revision=str(path)))


def test_labels_change_and_examples_go_while_the_division_stays(tmp_path: Path) -> None:
    data = DataSettings(source=str(pictures(tmp_path / "a.npz")))
    before = open_dataset(data)
    first, second, third = (int(row) for row in before.indices["training"][:3])
    name = before.description.classes[(before.targets[first] + 1) % 4]
    was = before.description.classes[before.targets[first]]
    after = revised(
        data,
        tmp_path,
        change(before, first, "relabel", name, was),
        change(before, second, "exclude"),
        change(before, third, "confirm"),
    )

    assert after.description.classes[after.targets[first]] == name
    assert before.description.classes[before.targets[first]] == was, "the first data are as before"
    kept = [row for row in before.indices["training"] if row != second]
    assert after.indices["training"].tolist() == kept
    for split in ("validation", "test"):
        assert np.array_equal(after.indices[split], before.indices[split])
    others = np.arange(len(before.targets)) != first
    assert np.array_equal(after.targets[others], before.targets[others])
    assert after.description.fingerprint != before.description.fingerprint
    assert sum(after.description.counts["training"]) == len(kept)
    assert any("1 relabelled, 1 excluded, 1 confirmed" in note for note in after.description.notes)
    assert not after.description.skipped


def test_what_no_longer_fits_is_listed_and_the_rest_is_done(tmp_path: Path) -> None:
    data = DataSettings(source=str(pictures(tmp_path / "a.npz")))
    before = open_dataset(data)
    row, other = (int(each) for each in before.indices["training"][:2])
    after = revised(
        data,
        tmp_path,
        Change("f" * 32, "gone.png", "exclude"),
        change(before, row, "relabel", "no such class"),
        change(before, other, "relabel", "0", was="something else"),
        change(before, other + 1, "exclude"),
    )
    reasons = {item.path: item.reason for item in after.description.skipped}
    assert len(reasons) == 3 and "gone" in reasons["gone.png"]
    assert "none of the labels" in reasons[str(before.names[row])]
    assert "not 'something else'" in reasons[str(before.names[other])]
    assert any("3 changes do not fit" in note for note in after.description.notes)
    assert sum(map(len, after.indices.values())) == len(before.targets) - 1


def test_a_moved_picture_is_found_by_its_content_and_a_copy_by_its_name(tmp_path: Path) -> None:
    source = tmp_path / "pictures"
    generator = np.random.default_rng(0)
    for number in range(24):
        folder = source / ("cat" if number % 2 else "dog")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    (source / "cat" / "copy.png").write_bytes((source / "cat" / "01.png").read_bytes())

    data = DataSettings(source=str(source))
    before = open_dataset(data)
    names = [str(name) for name in before.names]
    copy, moved = names.index("cat/copy.png"), names.index("dog/04.png")
    changes = [
        change(before, copy, "relabel", "dog", "cat"),
        change(before, moved, "relabel", "cat", "dog"),
    ]
    (source / "dog" / "04.png").rename(source / "dog" / "moved.png")
    after = revised(data, tmp_path, *changes)
    found = {
        str(name): after.description.classes[target]
        for name, target in zip(after.names, after.targets, strict=True)
    }
    assert found["dog/moved.png"] == "cat" and found["cat/copy.png"] == "dog"
    assert found["cat/01.png"] == "cat", "its copy of another name stays"
    assert not after.description.skipped

    (source / "cat" / "copy.png").rename(source / "cat" / "copy 2.png")
    again = revised(data, tmp_path, *changes)
    assert [item.path for item in again.description.skipped] == ["cat/copy.png"]


def test_a_copy_that_is_left_out_contradicts_nothing(tmp_path: Path) -> None:
    source = tmp_path / "pictures"
    generator = np.random.default_rng(0)
    for number in range(24):
        folder = source / ("cat" if number % 2 else "dog")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    for number in (1, 3):
        original = source / "cat" / f"{number:02d}.png"
        (source / "dog" / f"copy {number}.png").write_bytes(original.read_bytes())

    data = DataSettings(source=str(source))
    before = open_dataset(data)
    assert before.description.contradictions.startswith("4 pictures")
    rows = [list(before.names).index(f"dog/copy {number}.png") for number in (1, 3)]
    one = revised(data, tmp_path, change(before, rows[0], "exclude"))
    assert one.description.contradictions.startswith("2 pictures")
    assert "copy 3" in one.description.contradictions
    both = revised(data, tmp_path, *(change(before, row, "exclude") for row in rows))
    assert both.description.contradictions == ""


def test_tags_and_amounts_take_lists_and_numbers(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    lines = [f"{n % 7},{n},{10 + n}" for n in range(40)]
    table.write_text("x,y,z\n" + "\n".join(lines))
    data = DataSettings(source=str(table), task="regression", target="z")
    before = open_dataset(data)
    row = int(before.indices["training"][0])
    after = revised(data, tmp_path, change(before, row, "relabel", 99.5))
    assert after.targets[row, 0] == 99.5
    wrong = revised(data, tmp_path, change(before, row, "relabel", "many"))
    assert "must be a number" in wrong.description.skipped[0].reason


def test_its_path_follows_the_experiment_file(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    source = pictures(folder / "a.npz")
    experiment = Experiment(data=DataSettings(source=str(source), revision=str(folder / "r.toml")))
    toml_file.write(experiment, folder / "experiment.toml")
    assert 'revision = "r.toml"' in (folder / "experiment.toml").read_text()
    assert toml_file.read(folder / "experiment.toml").data == experiment.data
    run = Run.create(tmp_path / "runs", experiment)
    assert run.experiment().data.revision == str(folder / "r.toml")
