"""A file that is not read is called what it is, and only those of a system are system files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.layout.file_sorts import file_sort
from app.engine.sources.opening import open_dataset
from app.engine.sources.summary import problems

OPEN_IT = "; if it says what they are, open it itself"

Maker = Callable[..., Path]


@pytest.mark.parametrize(
    ("name", "sort"),
    [
        ("metadata.csv", "a table"),
        ("Labels.XLSX", "a table"),
        ("data.parquet", "a table"),
        ("all.tar.gz", "an archive"),
        ("photos.zip", "an archive"),
        ("README.txt", "a note"),
        ("LICENSE", "a note"),
        ("notes.md", "a note"),
        ("paper.pdf", "a document"),
        ("scan.psd", "a picture of a format that is not read"),
        ("bark.wma", "a sound"),
        ("walk.mp4", "a film"),
        ("0.xml", "a file of labels or settings"),
        ("weights.pt", "a file of weights or pickled objects"),
        ("what.abc", "a file of an unknown sort ('.abc')"),
    ],
)
def test_a_file_is_called_what_it_is(name: str, sort: str) -> None:
    assert file_sort(name) == sort


def open_folder(base: Path) -> Any:
    return open_dataset(DataSettings(source=str(base))).description


def test_files_beside_pictures_are_named_and_no_system_files(folder: Maker) -> None:
    base = folder({"cat": 4, "dog": 4})
    for name in ("labels.csv", "more.csv", "README.md", "all.zip", ".hidden"):
        (base / name).write_bytes(b"content")
    for name in ("cat/.DS_Store", "dog/Thumbs.db", "desktop.ini"):
        (base / name).write_bytes(b"junk")

    description = open_folder(base)
    reasons = {item.path: item.reason for item in description.skipped}
    assert reasons == {
        "labels.csv": f"it is a table, not a picture{OPEN_IT}",
        "more.csv": f"it is a table, not a picture{OPEN_IT}",
        "README.md": "it is a note, not a picture",
        "all.zip": "it is an archive, not a picture",
        ".hidden": "it is a hidden file or folder",
        "cat/.DS_Store": "it is a system file",
        "dog/Thumbs.db": "it is a system file",
        "desktop.ini": "it is a system file",
    }

    texts = [problem["text"] for problem in problems(description)]
    assert "3 system files were ignored." in texts
    both = "'labels.csv' and 'more.csv' are not read: it is a table, not a picture"
    assert f"{both}{OPEN_IT}." in texts
    assert not any("8" in text or "5 system" in text for text in texts)


def test_files_beside_texts_are_named(tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(5):
            (tmp_path / label / f"{number}.txt").write_text(f"words {label} {number}")

    (tmp_path / "a" / "table.csv").write_text("a,b\n1,2\n")
    skipped = {item.path: item.reason for item in open_folder(tmp_path).skipped}
    assert skipped == {"a/table.csv": f"it is a table, not a text{OPEN_IT}"}
