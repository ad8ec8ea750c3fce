"""A table that is read part by part has the answers of the same rows in small tables.

What is told of rows, how numbers, dates and units are written, totals: all is as for a small one.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet
import pytest

from app.engine.errors import UserError
from app.engine.predicting.open_source import open_source
from app.engine.predicting.sources import Source
from app.engine.results.answers import answer_file
from app.engine.sources.tables import in_parts
from tests.engine.predicting.flats import compare, training_lines
from tests.engine.predicting.saving import saved, stored

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.results.predictor import Predictor

REPEATED = 55
PADDING = 400


@pytest.mark.parametrize("comma", (False, True))
def test_parts_have_the_answers_of_the_whole(
    predictor: Predictor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    large_from_here: None,
    comma: bool,
) -> None:
    lines = training_lines(200, 1, comma)
    lines[50] = lines[50].replace("in", "elsewhere").replace("out", "elsewhere")
    lines[77] = (
        ("large" + lines[77][lines[77].index(";") :])
        if comma
        else ("large" + lines[77][lines[77].index(",") :])
    )
    path = tmp_path / "later.csv"
    path.write_text("\n".join(lines))
    written = compare(predictor, path, monkeypatch)
    assert len(written) == 201
    assert written[0][-1] == "problem"
    assert "'large' is not a number" in written[77][-1]
    assert "elsewhere" in written[50][-1] and written[50][-2]
    assert written[200][-2]


def test_what_is_told_of_units_and_what_stands_below(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large_from_here: None
) -> None:
    lines = [line.replace(" %", "") for line in training_lines(200, 2)]
    path = tmp_path / "later.csv"
    path.write_text("\n".join([*lines, "Total,,,,,190000.00"]))
    written = compare(predictor, path, monkeypatch)
    assert len(written) == 201
    assert all("is read in %" in row[-1] for row in written[1:])

    opened = open_source(predictor, Source(str(path)))
    assert opened.total == 200
    assert [item.path for item in opened.left_out] == ["row 202"]


def test_rows_of_another_width_are_listed_and_a_missing_column_is_told(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large_from_here: None
) -> None:
    lines = [line.replace(" %", "%") for line in training_lines(200, 3)]
    lines[120] += ",,,surplus"
    path = tmp_path / "later.csv"
    path.write_text("\n".join(lines))
    assert len(compare(predictor, path, monkeypatch)) == 200

    opened = open_source(predictor, Source(str(path)))
    assert len(list(opened.rows)) == 199
    assert [item.path for item in opened.left_out] == ["row 121"]

    path.write_text("\n".join(lines).replace("size", "area"))
    with pytest.raises(UserError, match="no column 'size'"):
        open_source(predictor, Source(str(path)))


def test_parquet_keeps_its_types_beside_the_answers(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large_from_here: None
) -> None:
    monkeypatch.setattr("app.engine.sources.tables.parquet.MOST_CELLS", 0)
    rows = [line.split(",") for line in training_lines(200, 4)[1:]]
    columns = {
        "number": pa.array(range(200)),
        "size": pa.array([float(row[0]) for row in rows]),
        "where": pa.array([row[1] for row in rows]),
        "share": pa.array([float(row[2].removesuffix(" %")) for row in rows]),
        "built": pa.array([datetime.datetime.strptime(row[3], "%d/%m/%Y") for row in rows]),
        "lift": pa.array([row[4] == "true" for row in rows]),
    }
    path = tmp_path / "later.parquet"
    pyarrow.parquet.write_table(pa.table(columns), path, row_group_size=50)
    assert len(compare(predictor, path, monkeypatch)) == 201

    out = pyarrow.parquet.read_table(saved(predictor, [path], tmp_path / "out.parquet"))
    assert out["number"].to_pylist() == list(range(200))
    assert out["size"].to_pylist() == columns["size"].to_pylist()
    assert pa.types.is_floating(out.schema.field("predicted rent (€)").type)

    lines = saved(predictor, [path], tmp_path / "out.jsonl").read_text().splitlines()
    assert len(lines) == 200 and '"number": 3' in lines[3].replace("3.0", "3")


def test_a_table_beyond_the_limit_is_read_in_parts(predictor: Predictor, tmp_path: Path) -> None:
    """No limit is changed here: the file is as large as it must be."""
    lines = training_lines(200, 5)
    path = tmp_path / "large.csv"
    padded = [f"{line},{'x' * PADDING}" for line in lines[1:]]
    path.write_text("\n".join([f"{lines[0]},note", *padded * REPEATED]))
    assert path.stat().st_size > in_parts.SMALL
    few = tmp_path / "few.csv"
    few.write_text("\n".join(lines))
    expected = [one.predictions for one in answer_file(predictor, few).answers]

    store = stored(predictor, [path])
    assert store.rows == REPEATED * 200 and not store.told
    first = [store.row(index).answer for index in range(200)]
    last = [store.row(store.rows - 200 + index).answer for index in range(200)]
    assert first == last
    assert all(
        answer is not None and answer[0] == pytest.approx(float(row[0]), rel=1e-4)
        for answer, row in zip(first, expected, strict=True)
        if row is not None
    )
    store.close()
