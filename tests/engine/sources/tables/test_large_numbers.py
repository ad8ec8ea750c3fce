"""Whole numbers that floating point cannot tell apart stay apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("spelled", ("{}", "-{}", "{:,}", "{} B"))
@pytest.mark.parametrize("first", (2**53, 2**53 + 10, 10**17))
def test_codes_in_a_text_table(tmp_path: Path, spelled: str, first: int) -> None:
    cells = [spelled.format(first + n % 2) for n in range(40)]
    path = tmp_path / "a.csv"
    lines = [f'"{cell}",{n % 5}.5,{"ab"[n % 2]}' for n, cell in enumerate(cells)]
    path.write_text("\n".join(["code,x,label", *lines, ""]))
    column = read_table(path, DataSettings()).by_name["code"]
    assert sorted(column.factorized[1]) == sorted(set(cells)) and column.distinct == 2

    description = open_dataset(DataSettings(source=str(path))).description
    assert not description.contradictions
    assert isinstance(description.preparation, RowPreparation)
    assert [column.role for column in description.preparation.columns] == ["category", "number"]


def test_large_amounts_are_numbers_where_they_can_be_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{n * 1e16},{2**53 - 1 - n},{'ab'[n % 2]}" for n in range(40)]
    path.write_text("\n".join(["x,y,label", *lines, ""]))
    table = read_table(path, DataSettings())
    assert [table.by_name[name].kind for name in "xy"] == ["number", "number"]


@pytest.mark.parametrize(
    ("first", "step", "told"),
    [
        (1_700_000_000, 10, "100 different values, of which the network can tell 9 apart"),
        (1_700_000_000, 1000, ""),
        (20_000.5, 0.001, "100 different values"),
        (0, 10, ""),
    ],
)
def test_values_that_become_the_same_to_the_network_are_told(
    tmp_path: Path, first: float, step: float, told: str
) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{first + n * step:.3f},{n % 7}.5,{'ab'[n % 2]}" for n in range(100)]
    path.write_text("\n".join(["clock,x,label", *lines, ""]))
    notes = open_dataset(DataSettings(source=str(path))).description.notes
    found = [note for note in notes if "'clock' has" in note]
    assert len(found) == bool(told) and told in "".join(found)
