"""Which column of a table of files is taken for the class, and that others could be is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.engine.sources.table_preview import preview_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TREES = ("beech", "maple", "oak")


def leaves(base: Path, picture: Callable[..., Path], title: str) -> Path:
    """Makes 30 pictures of three trees, of which some have a remark; returns their table."""
    lines = [f"photo,{title},remark"]
    for number in range(30):
        picture(base / f"{number}.png", seed=number)
        remark = ("wet", "dry", "")[number % 3] if number % 2 else ""
        lines.append(f"{number}.png,{TREES[number % 3]},{remark}")

    (base / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    return base / "list.csv"


def classes_and_notes(source: Path, **settings: Any) -> tuple[tuple[str, ...], str]:
    description = open_dataset(DataSettings(source=str(source), **settings)).description
    return description.classes, " ".join(description.notes)


def test_a_column_with_many_gaps_is_rather_a_remark(
    tmp_path: Path, picture: Callable[..., Path]
) -> None:
    table = leaves(tmp_path, picture, "plant")
    classes, notes = classes_and_notes(table)
    assert classes == TREES, "the remarks are fewer, but two thirds of the pictures have none"
    assert "The class is in 'plant'" in notes
    assert "Where it is in 'remark', choose that as the target." in notes
    classes, notes = classes_and_notes(table, target="remark")
    assert classes == ("dry", "wet") and "choose that" not in notes


@pytest.mark.parametrize("title", ["Species", "class name"])
def test_of_a_column_that_is_called_a_class_nothing_else_is_said(
    tmp_path: Path, picture: Callable[..., Path], title: str
) -> None:
    classes, notes = classes_and_notes(leaves(tmp_path, picture, title))
    assert classes == TREES and "choose that" not in notes


@pytest.mark.parametrize("kind", ["png", "txt"])
@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("plant", "the column of classes with the fewest different values"),
        ("species", "named like a class"),
    ],
)
def test_the_preview_shows_the_column_that_is_read(
    tmp_path: Path, picture: Callable[..., Path], kind: str, title: str, reason: str
) -> None:
    lines = [f"file,{title},length"]
    for number in range(30):
        path = tmp_path / f"{number}.{kind}"
        if kind == "png":
            picture(path, seed=number)
        else:
            path.write_text(f"some words on {TREES[number % 3]} number {number}")
        lines.append(f"{path.name},{TREES[number % 3]},{number / 3:.2f}")

    table = tmp_path / "list.csv"
    table.write_text("\n".join(lines), encoding="utf-8")
    data = DataSettings(source=str(table))
    description = open_dataset(data).description
    shown = preview_source(data)
    assert shown is not None
    assert shown.targets == description.reading.targets == (title,)
    (target,) = [column for column in shown.columns if column.role == "target"]
    assert (target.name, target.chosen) == (title, False)
    assert target.reason == f"what is predicted: {reason}"
    chosen = preview_source(data.replace(target="length"))
    assert chosen is not None and chosen.targets == ("length",)
