"""From a source to a described dataset; every bad source is one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.engine.data.dataset import Dataset, Description
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve
from app.engine.sources.opening import open_dataset, same_classes
from app.engine.sources.summary import balance, describe
from tests.rights import without_rights

Maker = Callable[..., Path]


def open_data(path: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(path), **settings))


def refusal_of(source: Path | str) -> UserError:
    with pytest.raises(UserError) as caught:
        open_dataset(DataSettings(source=str(source)))

    assert caught.value.setting == "data.source" and caught.value.what and caught.value.remedy
    return caught.value


def test_sources_that_cannot_be(tmp_path: Path, folder: Maker, picture: Maker) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "film.mp4").write_bytes(b"ftyp")
    (tmp_path / "itself").symlink_to("itself")
    assert "No data" in refusal_of("").what
    assert "empty" in refusal_of(tmp_path / "empty").what
    assert "There is no" in refusal_of(tmp_path / "gone").what
    assert "not read" in refusal_of(tmp_path / "film.mp4").what
    assert refusal_of(tmp_path / "itself")
    assert "built-in" in refusal_of("sample:digitz").what
    assert "digits" in refusal_of("sample:digitz").remedy
    assert "only one class, 'a'" in refusal_of(folder({"a": 5}, root="one")).what
    assert "only one example" in refusal_of(folder({"a": 1, "b": 1, "c": 1}, root="single")).what
    assert "no pictures" in refusal_of(folder({"a": 0, "b": 0}, root="hollow")).what


def test_nothing_readable_names_the_first_reason(folder: Maker) -> None:
    base = folder({"a": 0, "b": 0})
    for name in ("a/1.png", "a/2.png", "b/1.jpg"):
        (base / name).write_bytes(b"")

    error = refusal_of(base)
    assert "None of the 3 files" in error.what and "empty" in error.what


def test_one_class_left_after_damage(folder: Maker) -> None:
    base = folder({"a": 4, "b": 0})
    (base / "b" / "1.png").write_bytes(b"")
    assert "only one class" in refusal_of(base).what


def test_copies_of_one_picture_leave_nothing_to_judge(folder: Maker) -> None:
    base = folder({"a": 1, "b": 1})
    for c in "ab":
        for copy in range(3):
            (base / c / f"copy{copy}.png").write_bytes((base / c / "0.png").read_bytes())

    assert "copies of one example" in refusal_of(base).what


def test_a_class_with_one_picture_is_trained_on_and_mentioned(folder: Maker) -> None:
    dataset = open_data(folder({"a": 10, "b": 10, "lonely": 1}))
    assert [counts[2] for counts in dataset.description.counts.values()] == [1, 0, 0]
    texts = [problem["text"] for problem in describe(dataset)["problems"]]
    assert any("'lonely'" in text and "validation" in text for text in texts)


def output_without_rights(path: Path) -> str:
    """Returns what opening it prints for a person without rights."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from app.engine.errors import UserError\n"
        "from app.engine.experiment.data_settings import DataSettings\n"
        "from app.engine.sources.cache import Cache\n"
        "from app.engine.sources.opening import open_dataset\n"
        "settings, cache = DataSettings(source=sys.argv[1]), Cache(Path('/nowhere/x'))\n"
        "try: print(open_dataset(settings, cache=cache).description.skipped)\n"
        "except UserError as error: print(error)"
    )
    command = without_rights([sys.executable, "-c", script, str(path)])
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs Unix permissions")
def test_folders_without_permission(folder: Maker) -> None:
    base = folder({"a": 3, "b": 3, "c": 3})
    (base / "c").chmod(0)
    assert "the folder may not be opened (no permission)" in output_without_rights(base)

    (base / "c").chmod(0o755)
    base.chmod(0)
    message = output_without_rights(base)
    base.chmod(0o755)

    assert "may not be read" in message and "Traceback" not in message


def test_mixed_modes_and_sizes_are_read(folder: Maker, picture: Maker) -> None:
    base = folder({"a": 0, "b": 0})
    for number, mode in enumerate(["L", "RGB", "RGBA", "P", "CMYK", "1", "LA"] * 3):
        suffix = ".tif" if mode == "CMYK" else ".png"
        path = base / "ab"[number % 2] / f"{number}{suffix}"
        if mode in ("P", "LA"):
            Image.effect_noise((20 + number, 40 - number), 90).convert(mode).save(path)
        else:
            picture(path, size=(20 + number, 40 - number), mode=mode, seed=number)

    for fit in ("crop", "fit", "stretch"):
        dataset = open_data(base, fit=fit)
        assert dataset.description.total == 21 and not dataset.description.skipped
        assert dataset.inputs.shape[1:] == dataset.description.shape == (3, 32, 32)


def test_grey_only_if_all_are_grey(folder: Maker, picture: Maker) -> None:
    base = folder({"a": 3, "b": 3}, mode="L")
    Image.effect_noise((12, 12), 60).convert("RGB").save(base / "a" / "looks_grey.png")
    assert open_data(base).description.shape == (1, 12, 12)
    assert open_data(base, colour="colour").description.shape == (3, 12, 12)

    picture(base / "a" / "colour.png", seed=9)
    assert open_data(base).description.shape == (3, 12, 12)
    assert open_data(base, colour="grey").description.shape == (1, 12, 12)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((28, 28), (28, 28)),
        ((96, 80), (80, 96)),
        ((640, 480), (48, 64)),
        ((100, 100), (64, 64)),
        ((300, 1000), (64, 16)),
    ],
)
def test_the_size_follows_the_pictures(
    folder: Maker, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    description = open_data(folder({"a": 3, "b": 3}, size=size)).description
    assert description.shape[1:] == expected
    assert bool(description.notes) == (max(size) > 96)


def test_small_mixed_sizes_are_hardly_enlarged_and_one_side_may_be_given(
    folder: Maker, picture: Maker
) -> None:
    base = folder({"a": 3, "b": 3}, size=(20, 20))
    picture(base / "a" / "other.png", size=(22, 18), seed=5)
    assert open_data(base).description.shape == (3, 24, 24)
    assert open_data(base, height=40).description.shape == (3, 40, 40)


def test_exif_decides_about_the_size(folder: Maker) -> None:
    base = folder({"a": 0, "b": 0})
    exif = Image.Exif()

    exif[0x0112] = 6
    for number in range(6):
        noise = Image.effect_noise((20, 10), 100)
        noise.save(base / "ab"[number % 2] / f"{number}.jpg", exif=exif)

    description = open_data(base).description
    assert description.shape == (1, 20, 10)  # 10 wide, 20 high


def test_remarks_are_counted(folder: Maker) -> None:
    base = folder({"a": 2, "b": 2}, mode="L")
    for number in range(3):
        Image.fromarray(np.full((12, 12), 300 * number + 9, np.uint16)).save(
            base / "a" / f"deep{number}.png"
        )

    notes = open_data(base).description.notes
    assert any(note.startswith("3 pictures with more than 8 bits") for note in notes)


def test_statistics_come_from_the_training_split_alone(folder: Maker) -> None:
    base = folder({"train/a": 0, "train/b": 0, "test/a": 0, "test/b": 0})
    for split, tone in (("train", 100), ("test", 255)):
        for number in range(8):
            Image.new("L", (8, 8), tone + (number if split == "train" else -number)).save(
                base / split / "ab"[number % 2] / f"{number}.png"
            )

    dataset = open_data(base, validation_share=0.25)
    training = dataset.split("training")[0] / 255
    assert dataset.description.preparation.mean[0] == pytest.approx(training.mean())
    assert dataset.description.preparation.std[0] == pytest.approx(max(training.std(), 1 / 255))


def test_the_description_survives_json_and_settings_are_recorded(folder: Maker) -> None:
    settings = DataSettings(source=str(folder({"a": 12, "b": 4, "ü": 4})))
    dataset = open_dataset(settings)
    description = dataset.description
    assert Description.from_plain(json.loads(json.dumps(description.to_plain()))) == description

    record = resolve(Experiment(data=settings), description).data
    assert (record.height, record.width, record.colour) == (12, 12, "colour")
    assert open_dataset(record).description.fingerprint == description.fingerprint

    json.dumps(describe(dataset), allow_nan=False)


def test_a_moved_dataset_is_the_same_dataset(folder: Maker, tmp_path: Path) -> None:
    base = folder({"a": 6, "b": 6})
    first = open_data(base).description.fingerprint
    base.rename(tmp_path / "elsewhere")
    assert open_data(tmp_path / "elsewhere").description.fingerprint == first


def test_relative_and_home_paths(
    folder: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder({"a": 4, "b": 4})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert (
        open_data(Path("pictures")).description.fingerprint
        == open_data(Path("~/pictures")).description.fingerprint
    )


def test_differing_classes_are_named(folder: Maker) -> None:
    ours = open_data(folder({"a": 4, "b": 4}, root="one")).description
    same = open_data(folder({"a": 3, "b": 5}, root="two")).description
    other = open_data(folder({"b": 4, "c": 4, "d": 4}, root="three")).description
    assert same_classes(ours, same) == ""
    assert same_classes(ours, other) == (
        "The classes differ from those of the training: 'a' is missing and 'c' and 'd' are new."
    )


@pytest.mark.parametrize(
    ("counts", "level"), [((20, 20), "good"), ((80, 20), "warning"), ((240, 20), "problem")]
)
def test_imbalance_is_flagged(folder: Maker, counts: tuple[int, int], level: str) -> None:
    dataset = open_data(folder({"a": counts[0], "b": counts[1]}, size=(4, 4), mode="L"))
    ratio, actual = balance(dataset.description)
    assert actual == level and ratio == pytest.approx(counts[0] / counts[1], rel=0.1)
    flagged = [
        problem["level"]
        for problem in describe(dataset)["problems"]
        if "balanced" in problem["text"]
    ]

    assert flagged == ([level] if level != "good" else [])


def test_opening_data_does_not_import_torch() -> None:
    script = (
        "import sys\n"
        "from app.engine.data import augmentation\n"
        "from app.engine.sources import summary\n"
        "from app.engine.sources.opening import open_dataset\n"
        "from app.engine.experiment.data_settings import DataSettings\n"
        "open_dataset(DataSettings(source='sample:digits'))\n"
        "assert 'torch' not in sys.modules and 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
