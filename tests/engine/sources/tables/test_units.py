"""Numbers with a unit, a currency or brackets are numbers, and keep their unit for later files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.engine.data.dataset import Description
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.units import unit_in
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.as_trained import read_as_trained
from app.engine.sources.tables.reading import read_table

CASES = Path(__file__).parents[3] / "cases" / "tables"


def column(tmp_path: Path, cells: list[str], delimiter: str = ";") -> tuple[list[float], str, str]:
    """Returns the numbers, the unit and the kind of a column with these cells, many times."""
    path = tmp_path / "a.csv"
    lines = [f'"{cell}"{delimiter}{number % 2}' for number, cell in enumerate(cells * 12)]
    path.write_text("\n".join([f"x{delimiter}y", *lines, ""]), encoding="utf-8")
    x = read_table(path, DataSettings()).by_name["x"]
    return x.numbers[0][: len(cells)].tolist(), x.unit, x.kind


@pytest.mark.parametrize(
    ("cells", "numbers", "unit"),
    (
        (["$33,894", "$1,200", "($5)"], [33894, 1200, -5], "$"),
        (["-$33.50", "$-1.25", "US$ 2"], [-33.5, -1.25, 2], "$"),
        (["12,50 €", "1.204,00 €", "-3,10 €"], [12.5, 1204, -3.1], "€"),
        (["EUR 12.50", "€3", "4 Euro"], [12.5, 3, 4], "€"),
        (["1'204.50 CHF", "12.00 CHF"], [1204.5, 12], "CHF"),
        (["12.5%", "3 %", "-1%"], [12.5, 3, -1], "%"),
        (["12 kg", "13.5kg", "n/a"], [12, 13.5, np.nan], "kg"),
        (["1 204 km", "12 km"], [1204, 12], "km"),
        (["21.5 °C", "-3 °C"], [21.5, -3], "°C"),
        (["5 km/h", "7 km/h", "80"], [5, 7, 80], "km/h"),
        (["12 m²", "8.5 m²"], [12, 8.5], "m²"),
        (["1 year", "2 years", "10 years"], [1, 2, 10], "years"),
        (["(1,234)", "55", "(66.5)"], [-1234, 55, -66.5], ""),
        (["1,234-", "55"], [-1234, 55], ""),
        (["1.2e3", "-4E-2", "7"], [1200, -0.04, 7], ""),
        (["1.2e3 m", "4.5e2 m"], [1200, 450], "m"),
        (["1’204.5", "12"], [1204.5, 12], ""),
        (["1\u202f204,5", "1\u00a0000,25"], [1204.5, 1000.25], ""),
    ),
)
def test_amounts(tmp_path: Path, cells: list[str], numbers: list[float], unit: str) -> None:
    found, found_unit, kind = column(tmp_path, cells)
    np.testing.assert_allclose(found, numbers)
    assert (found_unit, kind) == (unit, "number")


@pytest.mark.parametrize(
    ("cells", "numbers", "unit"),
    (
        (["3.5M", "1.2M", "0.4M"], [3.5e6, 1.2e6, 4e5], ""),
        (["950", "1.2k", "3.5M", "2bn"], [950, 1200, 3.5e6, 2e9], ""),
        (["$1.2M", "$900k", "($3k)"], [1.2e6, 9e5, -3000], "$"),
        (["3,5 Mio. €", "1,25 Mrd. €", "12 €"], [3.5e6, 1.25e9, 12], "€"),
        (["12 k€", "7,5 k€"], [12_000, 7500], "€"),
        (["1.5 million", "2.25 million", "n/a"], [1.5e6, 2.25e6, np.nan], ""),
        (["-1.5K", "+2.5K"], [-1500, 2500], ""),
        (["273.15K", "300.5K"], [273.15, 300.5], "K"),
        ([f"{n}k" for n in range(1, 13)], [1000 * n for n in range(1, 13)], ""),
        ([f"{n} K" for n in range(280, 300)], list(range(280, 300)), "K"),
    ),
)
def test_words_for_thousands_and_millions(
    tmp_path: Path, cells: list[str], numbers: list[float], unit: str
) -> None:
    found, found_unit, kind = column(tmp_path, cells)
    np.testing.assert_allclose(found, numbers)
    assert (found_unit, kind) == (unit, "number")


def test_words_for_millions_in_a_later_file(tmp_path: Path) -> None:
    train = tmp_path / "a.csv"
    lines = [f"{n / 10}M,{n % 5},{'ab'[n % 2]}" for n in range(1, 60)]
    train.write_text("\n".join(["budget,rooms,label", *lines]))
    description = described(train)
    later = tmp_path / "b.csv"
    for cells, budgets in (
        (["3M"], [3e6]),
        (["3M", "4M"], [3e6, 4e6]),
        (["250k", "0.3M", "1000000"], [250e3, 300e3, 1e6]),
        (["4M", "many", "2k"], [4e6, None, 2000]),
    ):
        later.write_text("\n".join(["budget,rooms", *(f"{cell},2" for cell in cells), ""]))
        found = read_input(later, description, DataSettings())
        arrays = [
            None if row["budget"] == "many" else description.preparation.array(row)
            for row in found.raws
        ]
        assert [None if a is None else float(a[0]) for a in arrays] == pytest.approx(budgets)
        assert not found.told
        table = read_as_trained(later, DataSettings(), description)
        known = [np.nan if one is None else one for one in budgets]
        np.testing.assert_allclose(table.by_name["budget"].numbers[0], known)

    assert description.preparation.array({"budget": "2.5k", "rooms": "1"})[0] == 2500


def test_several_words_that_may_be_units_are_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{n}.5{'km'[n % 2]},{n % 7},{n * 2.5}" for n in range(60)]
    path.write_text("\n".join(["budget,count,target", *lines, ""]))
    notes = open_dataset(DataSettings(source=str(path))).description.notes
    assert any("'budget' is not read: amounts in several units ('" in note for note in notes)


@pytest.mark.parametrize(
    "cells",
    (
        ["2M", "3M", "4M"],
        ["2 doors", "4 doors"],
        ["12a", "13b", "14c"],
        ["3rd", "1st", "2nd"],
        ["5th Avenue", "6th Avenue"],
        ["A12", "B13"],
        ["10-20", "20-30"],
        ["5 kg", "300 g"],
        ["(555) 1234", "(555) 1235"],
    ),
)
def test_names_with_numbers_in_them_are_names(tmp_path: Path, cells: list[str]) -> None:
    _, unit, kind = column(tmp_path, cells)
    assert (unit, kind) == ("", "text")


def test_several_units_are_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"{n} {'kg' if n % 2 else 'g'},{n % 7},{n * 2.5}" for n in range(60)]
    path.write_text("\n".join(["weight,count,target", *rows, ""]))
    notes = open_dataset(DataSettings(source=str(path))).description.notes
    assert any("'weight' is not read: amounts in several units ('" in note for note in notes)


def test_price_with_its_currency_is_predicted() -> None:
    description = described(CASES / "price_currency.csv")
    (price,) = description.amounts
    assert (price.name, price.unit) == ("price", "$")
    assert price.low > 6000 and price.high > 60_000
    assert description.reading.units == {"price": "$"}
    assert Description.from_plain(description.to_plain()).reading == description.reading


def test_shares_and_prices_are_read() -> None:
    description = described(CASES / "percent_currency.csv")
    assert isinstance(description.preparation, RowPreparation)
    units = {column.name: column.unit for column in description.preparation.columns}
    assert units == {"share": "%", "price_paid": "$", "colour": ""}
    assert any("'share' in % and 'price_paid' in $" in note for note in description.notes)


def described(path: Path) -> Description:
    return open_dataset(DataSettings(source=str(path))).description


# --- later files


def raw(description: Description, path: Path) -> tuple[list[float], str]:
    """Returns the shares and prices of a later file, and what is told of it."""
    found = read_input(path, description, DataSettings())
    arrays = [description.preparation.array(row) for row in found.raws]
    return [float(array[0]) for array in arrays], " ".join(filter(None, found.told))


def test_later_files_say_the_unit_or_are_told(tmp_path: Path) -> None:
    description = described(CASES / "percent_currency.csv")

    def later(*shares: str) -> tuple[list[float], str]:
        path = tmp_path / "b.csv"
        lines = [f'{share},"$1,000",red' for share in shares]
        path.write_text("\n".join(["share,price_paid,colour", *lines, ""]))
        return raw(description, path)

    assert later("12.5%") == ([12.5], "")
    assert later("50 percent", "7%") == ([50.0, 7.0], "")
    values, told = later("12.5", "40")
    assert values == [12.5, 40.0] and "no unit here and is read in %" in told
    values, told = later("0.125", "0.4")
    assert np.allclose(values, [12.5, 40]) and "shares of 1" in told

    with pytest.raises(UserError, match=r"'share' of '.*' is in kg; in training it was in %"):
        later("12 kg", "13 kg")


def test_only_rows_with_a_bare_number_are_told_of_a_missing_unit(tmp_path: Path) -> None:
    train = tmp_path / "a.csv"
    train.write_text("\n".join(["weight,label", *(f"{n}.5 kg,{'ab'[n % 2]}" for n in range(40))]))
    description = described(train)

    def told(*cells: str) -> tuple[str, ...]:
        later = tmp_path / "b.csv"
        later.write_text("\n".join(["weight,n", *(f"{cell},1" for cell in cells)]))
        found = read_input(later, description, DataSettings())
        return tuple("no unit" if "no unit here" in one else one for one in found.told)

    assert told("abc m", "", "5 kg", "7") == ("", "", "", "no unit")
    assert told("5 kg", "80") == ("", "no unit")
    assert told("5 kg", "6kg", "n/a") == ()
    assert told("abc", "", "12") == ("", "", "no unit")
    assert told("5", "7") == ("no unit", "no unit")
    assert told("abc m", "") == ()

    table = read_as_trained(tmp_path / "b.csv", DataSettings(), description)
    assert table.by_name["weight"].numbers[1].tolist() == [True, False]
    told("abc m", "", "5 kg", "7")
    table = read_as_trained(tmp_path / "b.csv", DataSettings(), description)
    assert table.by_name["weight"].numbers[0][2:].tolist() == [5, 7]
    assert any(note.startswith("In 1 row 'weight' has no unit here") for note in table.notes)


def test_a_unit_in_the_name_is_not_missing(tmp_path: Path) -> None:
    train = tmp_path / "a.csv"
    lines = [f"{n}.5 kg,{'ab'[n % 2]}" for n in range(40)]
    train.write_text("\n".join(["weight [kg],label", *lines]))
    later = tmp_path / "b.csv"
    later.write_text("weight [kg],n\n5,1\n7,2\n")
    assert raw(described(train), later) == ([5, 7], "")


def test_percent_cells_of_a_spreadsheet_are_shares(tmp_path: Path) -> None:
    description = described(CASES / "percent_currency.csv")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["share", "price_paid", "colour"])
    for share in (0.125, 0.4):
        sheet.append([share, 1000, "red"])
    book.save(tmp_path / "b.xlsx")

    values, told = raw(description, tmp_path / "b.xlsx")
    assert np.allclose(values, [12.5, 40])
    assert "'share' has shares of 1 here" in told and "'price_paid' has no unit here" in told


def test_percent_in_a_text_after_a_training_with_shares(tmp_path: Path) -> None:
    train = tmp_path / "a.csv"
    rows = [f"{(n % 40) / 50:.2f},{n % 7},{'ab'[n % 2]}" for n in range(60)]
    train.write_text("\n".join(["share,count,label", *rows, ""]))
    later = tmp_path / "b.csv"
    later.write_text("share,count\n50%,2\n20%,3\n")

    values, told = raw(described(train), later)
    assert np.allclose(values, [0.5, 0.2]) and "'share' is in % here" in told


def test_a_typed_row_may_have_the_unit() -> None:
    preparation = described(CASES / "percent_currency.csv").preparation
    typed = {"share": "12.5 %", "price_paid": "$1,000.50", "colour": "red"}
    assert preparation.array(typed)[:2].tolist() == [12.5, 1000.5]
    with pytest.raises(UserError, match="'12 kg' is not a number"):
        preparation.array({**typed, "share": "12 kg"})


# --- the style is that of all rows


def test_thousands_that_begin_far_below() -> None:
    description = described(CASES / "late_thousands2.csv")
    (target,) = description.amounts
    assert target.name == "target" and target.high == 2400
    assert isinstance(description.preparation, RowPreparation)
    amount = description.preparation.columns[1]
    assert amount.name == "amount" and amount.role == "number" and amount.high > 2000


@pytest.mark.parametrize(("first", "rows"), ((400, 1200), (4000, 5000), (9990, 10_000)))
def test_few_thousands_at_the_end(tmp_path: Path, first: int, rows: int) -> None:
    path = tmp_path / "a.csv"
    cells = [f'"{n + 1000:,}.25"' if n >= first else f"{n % 900}.5" for n in range(rows)]
    path.write_text("\n".join(["a,b", *(f"{cell},{n % 3}" for n, cell in enumerate(cells)), ""]))
    a = read_table(path, DataSettings()).by_name["a"]
    assert a.kind == "number" and a.numbers[0][-1] == rows + 999.25


def test_decimal_commas_that_begin_far_below(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    cells = [f"{n},5" if n >= 950 else str(n) for n in range(1000)]
    path.write_text("\n".join(["a;b", *(f"{cell};{n % 3}" for n, cell in enumerate(cells)), ""]))
    table = read_table(path, DataSettings())
    assert table.by_name["a"].numbers[0][-1] == 999.5
    assert table.dialect.style.decimal == ","
    assert "decimal comma" in table.dialect.reasons["decimal"]


# --- units in names


@pytest.mark.parametrize(
    ("name", "unit"),
    (
        ("height (cm)", "cm"),
        ("height [cm]", "cm"),
        ("size(kg)", "kg"),
        ("price ($)", "$"),
        ("time (in s)", "s"),
        ("speed (m/min)", "m/min"),
        ("acceleration (m s^-2)", "m s^-2"),
        ("flow (l min-1)", "l min-1"),
        ("box[0] (px)", "px"),
        ("length (Fuß)", "Fuß"),
        ("box[0]", ""),
        ("points [12]", ""),
        ("y [−1]", ""),
        ("x[i]", ""),
        ("population (2020)", ""),
        ("size (10x10)", ""),
        ("height (mean)", ""),
        ("position (x)", ""),
        ("(cm)", ""),
    ),
)
def test_the_unit_in_a_name(name: str, unit: str) -> None:
    assert unit_in(name) == unit


def test_units_in_names_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{n * 2.5},{n / 8} s,{n % 3},{n % 9},{'ab'[n % 2]}" for n in range(40)]
    path.write_text("\n".join(["weight [kg],time,kind (x),box[0],label (m)", *lines, ""]))
    notes = open_dataset(DataSettings(source=str(path))).description.notes
    assert "Numbers with a unit: 'weight [kg]' in kg and 'time' in s." in notes


def test_places_of_a_list_are_no_units(tmp_path: Path) -> None:
    boxes = [[n * 1.5, n + 3.25, n % 7 + 0.5, 4.5 + n] for n in range(40)]
    table = pa.table({"a": [n * 2.5 for n in range(40)], "box": boxes})
    pq.write_table(table, tmp_path / "a.parquet")
    settings = DataSettings(source=str(tmp_path / "a.parquet"), target="box")
    amounts = open_dataset(settings).description.amounts
    assert [(amount.name, amount.unit) for amount in amounts] == [
        (f"box[{place}]", "") for place in range(4)
    ]
