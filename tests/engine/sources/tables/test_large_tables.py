"""Tables that hold, or say that they hold, more than fits are refused before they are read."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from app.engine import free_memory
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.files import NotRegular
from app.engine.sources.tables import growth
from app.engine.sources.tables.preview import preview
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.sources.tables.columns import Table

MIB = 1 << 20


def read(path: Path) -> Table:
    return read_table(path, DataSettings())


def refusal_of(path: Path, content: str | None = None) -> str:
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read(path)

    assert path.name in caught.value.what and caught.value.remedy
    return caught.value.what


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that tells of a container in which nothing is free."""
    folder = tmp_path / "container"
    folder.mkdir()
    (folder / "memory.current").write_text("0")
    (folder / "memory.max").write_text("0")
    monkeypatch.setattr(free_memory, "CONTAINER", folder)
    return folder


def test_a_million_commas_in_a_line(tmp_path: Path) -> None:
    line = "," * 1_000_000
    assert "1,000,001 columns" in refusal_of(tmp_path / "a.csv", f"a{line}\n1{line}\n2{line}\n")


def test_a_row_of_many_lines_is_bounded(tmp_path: Path) -> None:
    cell = '"' + "a line\n" * 1000 + '",'
    words = refusal_of(tmp_path / "a.csv", f"a,b\n1,2\n{cell * 2500}\n")
    assert "a row longer than 16 million characters (row 3)" in words


def test_a_quotation_mark_that_is_never_closed_is_found_early(tmp_path: Path) -> None:
    words = refusal_of(tmp_path / "a.csv", 'a,b\n1,"2\n' + "some words,3\n" * 1_500_000)
    assert "(row 2); a quotation mark in it may never be closed" in words


def test_cells_of_many_megabytes_are_read(tmp_path: Path) -> None:
    long = "word " * MIB
    (tmp_path / "a.csv").write_text("text,label\n" + f"{long},a\nshort,b\n" * 8, encoding="utf-8")
    table = read(tmp_path / "a.csv")

    assert len(table) == 16 and table.columns[0].texts[14].as_py() == long.strip()


def test_a_text_larger_than_the_free_memory(tmp_path: Path, container: Path) -> None:
    words = refusal_of(tmp_path / "a.csv", "a,b\n1,2\n3,4\n")
    assert "12 B of text" in words and "0 B of memory are free" in words


def test_a_text_that_grows_beyond_the_free_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "STEP", 1)
    monkeypatch.setattr(growth, "RESERVE", 1 << 60)
    assert "more than fits into memory" in refusal_of(tmp_path / "a.csv", "a,b\n1,2\n3,4\n")


@pytest.mark.parametrize("name", ["hex", "rot13", "idna", "undefined", "a\0b"])
def test_encodings_that_are_none_of_texts(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    with pytest.raises(UserError, match="no encoding"):
        read_table(tmp_path / "a.csv", DataSettings(encoding=name))


# --- Parquet


def test_rows_that_a_parquet_file_announces(tmp_path: Path, container: Path) -> None:
    """A million equal numbers take some hundred bytes in the file, and 8 MB in memory."""
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"a": np.zeros(MIB), "b": np.zeros(MIB)}), path)
    assert path.stat().st_size < MIB // 8
    (container / "memory.max").write_text(str(15 * MIB))
    assert "says that it holds 16 MiB of cells" in refusal_of(path)

    (container / "memory.max").write_text(str(2 * growth.RESERVE))
    assert len(read(path)) == MIB


def test_a_text_that_a_parquet_file_repeats(tmp_path: Path, container: Path) -> None:
    """A text of 100 KB in 20,000 rows takes 100 KB in the file and would take 2 GB in memory."""
    path = tmp_path / "a.parquet"
    words = pa.DictionaryArray.from_arrays(np.arange(20_000) % 2, ["x" * 100_000, "y" * 100_000])
    parquet.write_table(pa.table({"text": words}), path)
    assert path.stat().st_size < MIB
    (container / "memory.max").write_text(str(1024 * MIB))

    before = psutil.Process().memory_info().rss
    assert "more than fits into memory" in refusal_of(path)
    assert psutil.Process().memory_info().rss - before < 200 * MIB


def test_many_row_groups_are_one_table(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    texts = [None if n % 7 == 0 else f" {n % 5} words " for n in range(1000)]
    parquet.write_table(
        pa.table({"n": range(1000), "text": texts, "list": [[n] for n in range(1000)]}),
        path,
        row_group_size=90,
    )
    table = read(path)

    assert table.column_names == ("n", "text", "list[0]") and table.columns[2].kind == "number"
    assert table.columns[0].numbers[0].tolist() == list(range(1000))
    assert table.columns[1].texts.to_pylist() == [(text or "").strip() for text in texts]


def test_a_preview_of_parquet_has_as_many_rows_as_it_says(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    numbers = np.random.default_rng(0).normal(size=(4, 200_000))
    parquet.write_table(pa.table(dict(zip("abcd", numbers, strict=True))), path, row_group_size=900)
    shown = preview(path, DataSettings())

    assert (shown.total, shown.complete) == (200_000, False)
    assert "Judged by the first 5,000 rows." in shown.notes


def test_moments_that_python_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    moment = datetime.datetime(2024, 5, 6, 7, 8, 9)
    fine = pa.array([np.datetime64(moment, "ns") + np.timedelta64(1, "ns")] * 3)
    parquet.write_table(pa.table({"when": fine, "n": [1, 2, 3]}), path)
    assert read(path).columns[0].texts.to_pylist() == ["2024-05-06 07:08:09"] * 3

    far = pa.array([1 << 45, None, 0], pa.timestamp("s"))
    parquet.write_table(pa.table({"when": far, "n": [1, 2, 3]}), path)
    assert read(path).columns[0].texts[2].as_py().startswith("1970-01-01 00:00:00")


def test_texts_that_are_no_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    broken = pa.array([b"\xff\xfe", b"a", b"b"]).cast(pa.string(), safe=False)
    parquet.write_table(pa.table({"text": broken, "n": [1, 2, 3]}), path)
    assert "damaged Parquet" in refusal_of(path)


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet"])
def test_a_folder_with_the_name_of_a_table_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(NotRegular):
        read(tmp_path / name)
