"""`netwright explain` as a person calls it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PIL import Image

from app.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from app.engine.runs.run import Run


def test_it_answers_for_each_file_and_writes_the_picture(
    kept_run: Run, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = next(pictures.glob("*/*.png"))
    out = tmp_path / "maps"
    code = main(["explain", str(kept_run.path), str(file), "--out", str(out), "--json"])
    assert code == 0

    (entry,) = json.loads(capsys.readouterr().out)["explanations"]
    assert entry["file"] == str(file)
    assert entry["method"] == "grad-cam" and entry["shape"] == [12, 12]
    assert all(0 <= place < 12 for place in entry["strongest"])
    assert set(entry["deletion"]) == {"area", "random_area"}
    assert -1 <= entry["random_weights"] <= 1
    with Image.open(entry["pictures"][0]) as picture:
        assert picture.width == 2 * picture.height


def test_one_file_that_cannot_be_read_leaves_the_others(
    kept_run: Run, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = next(pictures.glob("*/*.png"))
    bad = tmp_path / "no picture.png"
    bad.write_text("nothing", encoding="utf-8")
    assert main(["explain", str(kept_run.path), str(bad), str(good), "--json"]) == 1

    found = json.loads(capsys.readouterr().out)["explanations"]
    assert "error" in found[0] and "answer" in found[1]


def test_a_method_that_does_not_fit_is_refused_with_those_that_do(
    kept_run: Run, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(next(pictures.glob("*/*.png")))
    assert main(["explain", str(kept_run.path), file, "--method", "integrated-gradients"]) == 1
    assert "Choose 'grad-cam', 'occlusion'" in capsys.readouterr().err

    assert main(["explain", str(kept_run.path), file, "--method", "tea-leaves"]) == 1
    assert "There is no method called 'tea-leaves'" in capsys.readouterr().err
