"""The cases of folders that users of other tools reported, on the command line, with their answer.

Each is rebuilt small, as its author kept it; the issue of the report stands beside it.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import cli

Picture = Callable[..., Path]
Output = pytest.CaptureFixture[str]


def described(source: Path, capsys: Output) -> dict[str, Any]:
    """Returns what `netwright describe --json` prints."""
    assert cli.main(["describe", str(source), "--json"]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    plain: dict[str, Any] = json.loads(lines[-1])
    return plain


def test_a_detection_set_is_no_classes_train_and_val(
    tmp_path: Path, picture: Picture, capsys: Output
) -> None:
    """yolov5 #5242."""
    for split, count in (("train", 16), ("val", 8)):
        for number in range(count):
            picture(tmp_path / "images" / split / f"{number:03}.jpg", seed=50 * len(split) + number)
            label = tmp_path / "labels" / split / f"{number:03}.txt"
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text(f"{number % 3} 0.5 0.5 0.2 0.2\n", encoding="utf-8")

    names = "train: images/train\nval: images/val\nnames: [a,b,c]\n"
    (tmp_path / "data.yaml").write_text(names, encoding="utf-8")
    assert cli.main(["describe", str(tmp_path), "--json"]) == 1
    sentence = capsys.readouterr().err
    assert "24 pictures with boxes of 'a', 'b' and 'c'" in sentence
    assert 'labels = "tags" under [data]' in sentence

    experiment = tmp_path / "experiment.toml"
    experiment.write_text(
        'netwright = 2\n[data]\nsource = "."\nlabels = "tags"\n', encoding="utf-8"
    )
    plain = described(experiment, capsys)
    assert (plain["task"], plain["classes"]) == ("multi-label", ["a", "b", "c"])


def test_folds_are_no_classes(tmp_path: Path, picture: Picture, capsys: Output) -> None:
    for fold in (1, 2, 3):
        for number in range(16):
            place = tmp_path / f"fold{fold}" / "xy"[number % 2] / f"{number // 2}.png"
            picture(place, seed=100 * fold + number)

    plain = described(tmp_path, capsys)
    assert plain["classes"] == ["x", "y"] and plain["examples"] == 48


@pytest.mark.parametrize("opened", [".", "metadata.csv"])
def test_a_table_beside_two_part_folders(
    tmp_path: Path, picture: Picture, capsys: Output, opened: str
) -> None:
    """HAM10000; datasets #4069."""
    rows = [["lesion_id", "image_id", "dx", "age"]]
    for number in range(60):
        name = f"IMG_{number:05}"
        picture(tmp_path / f"images_part_{1 + number // 30}" / f"{name}.jpg", seed=number)
        dx = ("nv", "mel", "bkl")[number % 3]
        rows.append([f"L{number // 2:04}", name, dx, str(30 + number % 50)])

    with (tmp_path / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)

    plain = described(tmp_path / opened, capsys)
    assert plain["examples"] == 60 and plain["classes"] == ["bkl", "mel", "nv"]
    counts = [sum(split[name] for split in plain["counts"].values()) for name in plain["classes"]]
    assert counts == [20, 20, 20]
    assert not [item for item in plain["skipped"] if not item["ignored"]]
    assert not any("system" in problem["text"] for problem in plain["problems"])


def test_the_same_picture_under_two_labels(
    tmp_path: Path, picture: Picture, capsys: Output
) -> None:
    (tmp_path / "bad").mkdir()
    for number in range(20):
        shutil.copy(picture(tmp_path / "good" / f"{number}.png", seed=number), tmp_path / "bad")

    (problem,) = [
        problem
        for problem in described(tmp_path, capsys)["problems"]
        if "different labels" in problem["text"]
    ]
    assert problem["level"] == "problem"
    assert "'bad/0.png'" in problem["text"] and "'good/0.png'" in problem["text"]
