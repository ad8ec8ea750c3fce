"""K behind numbers: thousands or kelvins, by evidence, told and changeable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.preview import preview
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.sources.tables.columns import Column


def written(path: Path, name: str, cells: list[str]) -> Path:
    lines = [f"{cell};{row % 5};{'ab'[row % 2]}" for row, cell in enumerate(cells)]
    (path / "a.csv").write_text("\n".join([f"{name};rooms;label", *lines, ""]), encoding="utf-8")
    return path / "a.csv"


def column(path: Path, name: str, cells: list[str], **settings: str) -> Column:
    table = read_table(written(path, name, cells), DataSettings(**settings))
    return table.by_name[name]


@pytest.mark.parametrize(
    ("name", "cells", "factor"),
    [
        ("x", ["5K", "10K", "3K"], 1000),
        ("x", ["5K", "10K", "950"], 1000),
        ("x", ["250K", "90K", "120K"], 1000),
        ("x", ["12000K", "20000K"], 1000),
        ("salary", ["250K", "310K", "120K"], 1000),
        ("x", ["273K", "310K", "1200K"], 1),
        ("x", ["273.15K", "300.5K"], 1),
        ("x", ["2 K", "4 K", "77 K"], 1),
        ("temperature", ["4K", "77K", "20K"], 1),
        ("x (K)", ["4K", "77K", "20K"], 1),
    ],
)
def test_k_alone_is_read_by_evidence(
    tmp_path: Path, name: str, cells: list[str], factor: int
) -> None:
    found = column(tmp_path, name, cells * 8)
    plain = [float(cell.removesuffix("K")) * (factor if "K" in cell else 1) for cell in cells]
    np.testing.assert_allclose(found.numbers[0], plain * 8)
    assert found.kind == "number" and found.unit == ("" if factor == 1000 else "K")


@pytest.mark.parametrize(("cells", "why"), [(["1.2M", "5K"], "M"), (["3k", "5K"], "k")])
def test_beside_other_words_it_is_thousands(tmp_path: Path, cells: list[str], why: str) -> None:
    table = read_table(written(tmp_path, "temp", cells * 8), DataSettings())
    assert table.by_name["temp"].numbers[0][1] == 5_000
    assert table.dialect.reasons["letter_k"] == f"'{why}' stands behind others"


@pytest.mark.parametrize("cells", [["5K", "20°C"], ["5K", "7 kg"], ["K", "Kiel"]])
def test_beside_another_unit_it_is_a_unit(tmp_path: Path, cells: list[str]) -> None:
    table = read_table(written(tmp_path, "x", cells * 8), DataSettings())
    assert not any("stands for" in note for note in table.notes)
    assert table.by_name["x"].kind != "number"


def test_the_reading_is_told_and_can_be_changed(tmp_path: Path) -> None:
    path = written(tmp_path, "x", ["5K", "10K", "3K"] * 8)
    seen = preview(path, DataSettings())
    assert (seen.letter_k, seen.reasons["letter_k"]) == (
        "thousands",
        "they are no usual temperatures",
    )
    assert (
        "K behind the numbers of 'x' stands for thousands, because they are no usual temperatures "
        "([data] letter_k = 'kelvins' reads it otherwise)."
    ) in seen.notes

    changed = preview(path, DataSettings(letter_k="kelvins"))
    assert (changed.letter_k, changed.reasons["letter_k"]) == ("kelvins", "as chosen")
    assert column(tmp_path, "x", ["5K", "10K"] * 8, letter_k="kelvins").numbers[0][0] == 5


@pytest.mark.parametrize(("chosen", "first"), [(None, 5_000), ("kelvins", 5)])
def test_later_files_are_read_as_the_training_was(
    tmp_path: Path, chosen: str | None, first: int
) -> None:
    path = written(tmp_path, "x", ["5K", "10K", "3K"] * 20)
    settings = DataSettings(source=str(path), letter_k=chosen)
    description = open_dataset(settings).description
    later = tmp_path / "later.csv"
    later.write_text("x;rooms\n5K;1\n300K;2\n", encoding="utf-8")
    found = read_input(later, description, settings)
    arrays = [description.preparation.array(row) for row in found.raws]
    assert [float(array[0]) for array in arrays] == [first, 60 * first]
