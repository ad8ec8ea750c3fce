"""The reason beside a column is the true one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.tables import roles
from app.engine.sources.tables.preview import preview
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from pathlib import Path

N = range(60)
LABELS = ["ab"[n % 2] for n in N]
SIZES = [n % 13 / 4 for n in N]


@pytest.mark.parametrize(
    ("name", "cells", "role", "reason"),
    (
        ("customer id", [f"c-{n * 7 % 60:03}" for n in N], "ignore", "an identifier"),
        ("code", [f"x{n * 7 % 60}" for n in N], "ignore", "an identifier"),
        ("Id", [(n * 7 + 3) % 61 + 1000 for n in N], "ignore", "an identifier"),
        ("row", list(N), "ignore", "a running number"),
        ("site", ["north"] * 60, "ignore", "every value is the same"),
        ("site", ["north", *[""] * 59], "ignore", "it has only one value"),
        ("zero", [0] * 60, "ignore", "every value is the same"),
        ("level", ["", "2.50", *["2.5"] * 58], "ignore", "it has only one value"),
        ("day", ["2024-05-01"] * 60, "ignore", "every value is the same"),
        ("nothing", [""] * 60, "ignore", "it has no values"),
        ("nothing", ["n/a", "NULL"] * 30, "ignore", "it has no values"),
        ("town", [f"t{n % 40}" for n in N], "ignore", "40 different values in 60 rows: too many"),
        ("person", [f"Ann Smith {n}" for n in N], "ignore", "every text is different"),
        ("list", [f"[{n}, {n + 1}]" for n in N], "ignore", "it has lists or records"),
        ("record", [f'{{"a": {n}}}' for n in N], "ignore", "it has lists or records"),
        ("slips", [str(n / 2) if n % 10 else "ask Bob" for n in N], "ignore", "'ask Bob'"),
        ("weight", [f"{n} {('kg', 'g')[n % 3 % 2]}" for n in N], "ignore", "several units ('"),
        ("picture", [f"p/{n}.png" for n in N], "image", "it names picture files"),
        ("split", [("train", "test")[n % 2] for n in N], "ignore", "which split a row belongs to"),
        ("patient id", [f"p{n % 15}" for n in N], "group", "stay in one split"),
        ("price", [f"${n + 1},500.25" for n in N], "number", "numbers in $"),
        ("share", [f"{n * 3 % 50} %" for n in N], "number", "whole numbers in %"),
        ("took", [f"{n}:30" for n in N], "number", "whole numbers in s"),
        ("when", [f"{n % 28 + 1}/{n % 12 + 1}/2024" for n in N], "number", "day/month/year"),
        ("when", [f"2024-01-01 {n % 24}:00" for n in N], "number", "dates: read as days"),
        ("colour", [("red", "blue")[n % 2] for n in N], "category", "2 different values"),
        ("size", [n / 3 for n in N], "number", "numbers"),
    ),
)
def test_every_column_has_its_reason(
    tmp_path: Path, name: str, cells: list[Any], role: str, reason: str
) -> None:
    path = tmp_path / "a.csv"
    data = {name: cells, "width": SIZES, "height": SIZES[::-1], "label": LABELS}
    pd.DataFrame(data).to_csv(path, index=False)
    (column,) = (found for found in preview(path, DataSettings()).columns if found.name == name)
    assert column.role == role and reason in column.reason


@pytest.mark.parametrize(
    ("cells", "days"),
    (
        (["01.02.24", "15.03.98"], [19_754, 10_300]),
        (["2/28/24 1:05 PM", "2/28/24 12:30 AM"], [19_781 + 785 / 1440, 19_781 + 30 / 1440]),
        (["2024-02-28T00:00:00Z", "2024-02-28T12:00:00Z"], [19_781, 19_781.5]),
        (["2024-02-28", "2024-02-28 12:00"], [19_781, 19_781.5]),
        (["28 Feb 2024", "1 März 2024"], [19_781, 19_783]),
        (["2024-02-28 01:00:00+01:00"], [19_781]),
        (["Feb 28, 2024"], [19_781]),
    ),
)
def test_dates_and_moments(tmp_path: Path, cells: list[str], days: list[float]) -> None:
    path = tmp_path / "a.csv"
    rows = cells * 20
    pd.DataFrame({"when": rows, "size": [n % 9 / 2 for n in range(len(rows))]}).to_csv(
        path, index=False
    )
    when = read_table(path, DataSettings()).by_name["when"]
    assert when.kind == "date"
    assert when.numbers[0][: len(days)].tolist() == pytest.approx(days)


def test_an_identifier_is_one_to_its_last_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "FIRST", 5)
    path = tmp_path / "a.csv"
    for last, role in ((2_000, "ignore"), (1_058, "number")):
        data = {"id": [*range(1_000, 1_059), last], "width": SIZES, "label": LABELS}
        pd.DataFrame(data).to_csv(path, index=False)
        assert preview(path, DataSettings()).columns[0].role == role
