"""A later table is read as in training, to the last bit, in whatever style it is written."""

from __future__ import annotations

import csv
import datetime
import random
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from app.engine.data.values import Spellings
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.results.known_classes import known_targets
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.data.dataset import Dataset

COLUMNS = ("paid", "zone", "count", "amount", "when", "colour", "label")
ROWS = 60
SETTINGS = {"columns": {"zone": "category"}, "target": "label"}

Row = tuple[Any, ...]


def rows() -> list[Row]:
    """Returns rows of a boolean, two whole numbers, an amount, a day, a word and a class."""
    generator = random.Random(7)
    return [
        (
            generator.random() < 0.5,
            generator.randrange(4),
            generator.randrange(2_000),
            generator.randrange(100_000_000, 300_000_000) / 1000,
            datetime.date(2024, 1, 1) + datetime.timedelta(days=generator.randrange(300)),
            generator.choice(("red", "green", "blue")),
            ("no", "yes")[number % 2],
        )
        for number in range(ROWS)
    ]


def grouped(value: float, decimal: str, thousands: str) -> str:
    text = f"{value:,.3f}"
    return text.translate({ord(","): thousands, ord("."): decimal})


def write_text(
    path: Path,
    delimiter: str = ",",
    decimal: str = ".",
    thousands: str = "",
    date: str = "%d/%m/%Y",
    true: str = "True",
    whole: str = "{}",
    order: tuple[str, ...] = COLUMNS,
) -> Path:
    """Writes the rows as text. whole: how whole numbers of `zone` are written."""
    lines = []
    for row in rows():
        cells = dict(zip(COLUMNS, row, strict=True))
        boolean = true if cells["paid"] else {"True": "False", "TRUE": "FALSE"}.get(true, "false")
        cells |= {
            "paid": boolean,
            "zone": whole.format(cells["zone"]),
            "amount": grouped(cells["amount"], decimal, thousands),
            "when": cells["when"].strftime(date),
            "extra": len(lines),
        }
        lines.append([str(cells[name]) for name in order])

    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([list(order), *lines])
    return path


def write_xlsx(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(list(COLUMNS))
    for row in rows():
        book.active.append(list(row))
    book.save(path)
    return path


def frame() -> pd.DataFrame:
    return pd.DataFrame(rows(), columns=list(COLUMNS))


def write_pandas(path: Path) -> Path:
    table = frame()
    table["when"] = pd.to_datetime(table["when"])
    table["colour"] = table["colour"].astype("category")
    table.to_parquet(path)
    return path


def write_pandas_csv(path: Path) -> Path:
    frame().reindex(range(ROWS + 1)).to_csv(path, index=False)  # a gap makes 1.0 of 1
    return path


def write_polars(path: Path) -> Path:
    pl.DataFrame(rows(), schema=list(COLUMNS), orient="row").write_parquet(path)
    return path


def write_polars_csv(path: Path) -> Path:
    pl.DataFrame(rows(), schema=list(COLUMNS), orient="row").write_csv(path)
    return path


def write_arrow(path: Path) -> Path:
    columns = [list(column) for column in zip(*rows(), strict=True)]
    parquet.write_table(pa.table(dict(zip(COLUMNS, columns, strict=True))), path)
    return path


def write_duckdb(path: Path) -> Path:
    source = write_arrow(path.with_name("source.parquet"))
    form = "PARQUET" if path.suffix == ".parquet" else "CSV, HEADER"
    duckdb.sql(f"COPY (SELECT * FROM '{source}') TO '{path}' (FORMAT {form})")
    return path


STYLES: dict[str, Callable[[Path], Path]] = {
    "point.csv": write_text,
    "comma.csv": lambda path: write_text(path, ";", ",", ".", true="TRUE"),
    "grouped.csv": lambda path: write_text(path, ",", ".", ",", "%Y-%m-%d", "true"),
    "tabs.tsv": lambda path: write_text(path, "\t", ",", " ", "%d.%m.%Y"),
    "floats.csv": lambda path: write_text(path, whole="{}.0"),
    "order.csv": lambda path: write_text(path, order=COLUMNS[::-1]),
    "extra.csv": lambda path: write_text(path, order=("extra", *COLUMNS)),
    "excel.xlsx": write_xlsx,
    "pandas.parquet": write_pandas,
    "pandas.csv": write_pandas_csv,
    "polars.parquet": write_polars,
    "polars.csv": write_polars_csv,
    "arrow.parquet": write_arrow,
    "duckdb.parquet": write_duckdb,
    "duckdb.csv": write_duckdb,
}


def trained_on(path: Path, style: str) -> Dataset:
    source = STYLES[style](path / f"train {style}")
    return open_dataset(DataSettings(source=str(source), **SETTINGS))


@pytest.mark.parametrize("trained_style", ("point.csv", "comma.csv", "excel.xlsx"))
@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_read_as_the_training_was(
    tmp_path: Path, trained_style: str, style: str
) -> None:
    trained = trained_on(tmp_path, trained_style)
    description = trained.description
    path = STYLES[style](tmp_path / style)

    read = read_input(path, description, DataSettings(**SETTINGS))
    raws = read.raws[:ROWS]
    arrays = np.stack([description.preparation.array(raw) for raw in raws])
    np.testing.assert_array_equal(arrays, trained.inputs)
    assert not any(description.preparation.left_out_note(raw) for raw in raws)

    tested = open_dataset(DataSettings(source=str(path), **SETTINGS), trained=description)
    np.testing.assert_array_equal(tested.inputs[:ROWS], trained.inputs)
    assert tested.description.classes == description.classes == ("no", "yes")


@pytest.mark.parametrize("style", ("comma.csv", "excel.xlsx", "polars.parquet"))
def test_a_single_row_is_read_as_among_the_others(tmp_path: Path, style: str) -> None:
    trained = trained_on(tmp_path, style)
    if style.endswith(".csv"):
        head, *lines = (tmp_path / f"train {style}").read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines[:8]):
            path = tmp_path / "one.csv"
            path.write_text(f"{head}\n{line}\n", encoding="utf-8")
            read = read_input(path, trained.description, DataSettings(**SETTINGS))
            array = trained.description.preparation.array(read.raws[0])
            np.testing.assert_array_equal(array, trained.inputs[number])
        return

    for number, row in enumerate(rows()[:4]):
        path = tmp_path / f"one{number}.parquet"
        parquet.write_table(pa.table({n: [v] for n, v in zip(COLUMNS, row, strict=True)}), path)
        read = read_input(path, trained.description, DataSettings(**SETTINGS))
        array = trained.description.preparation.array(read.raws[0])
        np.testing.assert_array_equal(array, trained.inputs[number])


def test_a_renamed_column_is_refused_with_the_nearest(tmp_path: Path) -> None:
    trained = trained_on(tmp_path, "point.csv")
    path = tmp_path / "renamed.csv"
    path.write_text(write_text(tmp_path / "a.csv").read_text().replace("amount", "amounts", 1))

    settings = DataSettings(**SETTINGS)
    with pytest.raises(UserError, match=r"no column 'amount'.*nearest.*'amounts'"):
        read_input(path, trained.description, settings)
    with pytest.raises(UserError, match=r"no column 'amount'.*nearest.*'amounts'"):
        open_dataset(settings.replace(source=str(path)), trained=trained.description)


def test_a_value_that_training_has_not_seen_is_told(tmp_path: Path) -> None:
    trained = trained_on(tmp_path, "point.csv")
    path = tmp_path / "new.csv"
    path.write_text(
        "paid,zone,count,amount,when,colour\nTRUE,7,3,1234.5,01/02/2024,red\nTRUE,1.0,3,1,,lilac\n"
    )

    read = read_input(path, trained.description, DataSettings(**SETTINGS))
    notes = [trained.description.preparation.left_out_note(raw) for raw in read.raws]
    assert notes == [
        "'zone' is '7', which training has not seen.",
        "'when' has no value; the median of training, 13/06/2024, is taken. "
        "'colour' is 'lilac', which training has not seen.",
    ]


def test_words_of_one_value_are_found_only_where_it_is_certain() -> None:
    spellings = Spellings({"01": 1, "2": 2, "True": 3, "red": 4})
    assert [spellings.find(word) for word in ("01", "2.0", "TRUE", "red", "Red", "3")] == [
        1,
        2,
        None,  # 1 may be True or "01"
        4,
        None,
        None,
    ]
    assert Spellings({"yes": 1}).find("True") is None


def test_codes_with_leading_zeros_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    lines = [f"{('01', '1')[n % 2]},{n},{('1', '1.0', '0', '0.0')[n % 4]}" for n in range(40)]
    path.write_text("\n".join(["code,amount,label", *lines]))

    settings = DataSettings(source=str(path), columns={"code": "category"}, target="label")
    description = open_dataset(settings).description
    assert description.preparation.columns[0].categories == ("01", "1")
    assert description.classes == ("0", "1")
    assert description.task == "binary-classification"


def test_each_renamed_column_is_told_with_its_nearest(tmp_path: Path) -> None:
    trained = trained_on(tmp_path, "point.csv").description
    path = tmp_path / "renamed.csv"
    text = write_text(tmp_path / "a.csv").read_text()
    path.write_text(text.replace("amount", "Amount", 1).replace("colour", "Colour", 1))
    nearest = r"the nearest to 'amount' is 'Amount' and to 'colour' is 'Colour'"
    with pytest.raises(UserError, match=nearest):
        read_input(path, trained, DataSettings(**SETTINGS))


def test_a_table_without_names_is_told_as_such(tmp_path: Path) -> None:
    trained = trained_on(tmp_path, "point.csv").description
    path = tmp_path / "headless.csv"
    path.write_text("\n".join(write_text(tmp_path / "a.csv").read_text().splitlines()[1:]))
    with pytest.raises(UserError, match=r"has no row of names: its first row is 'True', "):
        read_input(path, trained, DataSettings(**SETTINGS))


def test_a_renamed_target_is_told_with_the_nearest(tmp_path: Path) -> None:
    trained = trained_on(tmp_path, "point.csv").description
    path = tmp_path / "renamed.csv"
    path.write_text(write_text(tmp_path / "a.csv").read_text().replace("label", "Label", 1))
    told = r"no column 'label', the target of the training; the nearest is 'Label'\. Give it that"
    with pytest.raises(UserError, match=told):
        open_dataset(DataSettings(source=str(path), **SETTINGS), trained=trained)


def test_unknown_tags_are_told_and_the_others_judged(tmp_path: Path) -> None:
    tags = ("red;green", "green", "red", "blue;red", "blue")
    path = tmp_path / "tags.csv"
    lines = [f"{n * 7 % 41 + 0.5},{tags[n % 5]}" for n in range(40)]
    path.write_text("\n".join(["amount,tags", *lines]))
    settings = DataSettings(source=str(path), target="tags", task="multi-label")
    trained = open_dataset(settings).description
    assert trained.classes == ("blue", "green", "red")

    later = tmp_path / "later.csv"
    later.write_text("amount,tags\n1.5,red;Blue\n2.5,green\n")
    other = open_dataset(settings.replace(source=str(later)), trained=trained)
    known = known_targets(trained, other, np.arange(2))
    assert known.targets.tolist() == [[0, 0, 1], [0, 1, 0]]
    assert known.notes == (
        "The tag 'Blue' is unknown to the network and not judged.",
        "The nearest to 'Blue' is 'blue'.",
    )
