"""Tables in JSON, in ARFF and in packed files are read as the same table in CSV."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from app.engine import free_memory
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.formats.table import table_in
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.sources.tables.columns import Table

ROWS = [
    {
        "length": n / 4 if n % 11 else None,
        "count": n % 7,
        "colour": ("red", "blue")[n % 2],
        "when": f"2024-03-{n % 28 + 1:02}",
        "label": ("high", "low")[n % 3 % 2],
    }
    for n in range(60)
]
ARFF = """% measured in May
@RELATION 'a set'

@attribute length NUMERIC
@attribute 'count' {0, 1, 2,3,4,5,6}
@attribute colour {red, 'blue'}
@attribute when date "yyyy-MM-dd"
@attribute label {high, low}

@DATA
"""


def arff_rows() -> str:
    return "".join(
        ",".join(
            "?" if cell is None else f"'{cell}'" if cell == "blue" else str(cell)
            for cell in row.values()
        )
        + "\n"
        for row in ROWS
    )


def csv_bytes() -> bytes:
    return pd.DataFrame(ROWS).to_csv(index=False).encode()


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a set/", "")
        archive.writestr("a set/data.csv", csv_bytes())
        archive.writestr("a set/read me.md", "words")
        archive.writestr("__MACOSX/a set/._data.csv", b"\0\0")


def write_all(folder: Path) -> dict[str, Path]:
    """Writes the rows in every sort of file; returns where each is."""
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    contents: dict[str, bytes] = {
        "data.csv": csv_bytes(),
        "data.tsv": pd.DataFrame(ROWS).to_csv(index=False, sep="\t").encode(),
        "data.jsonl": lines.encode(),
        "bom.ndjson": b"\xef\xbb\xbf" + lines.encode(),
        "lines.json": lines.encode(),
        "list.json": json.dumps(ROWS, indent=2).encode(),
        "data.arff": (ARFF + arff_rows()).encode(),
        "data.csv.gz": gzip.compress(csv_bytes()[:300]) + gzip.compress(csv_bytes()[300:]),
        "data.csv.bz2": bz2.compress(csv_bytes()[:300]) + bz2.compress(csv_bytes()[300:]),
        "data.csv.xz": lzma.compress(csv_bytes()),
        "data.jsonl.gz": gzip.compress(lines.encode()),
    }
    paths = {name: folder / name for name in contents}
    for name, path in paths.items():
        path.write_bytes(contents[name])

    paths["data.zip"] = folder / "data.zip"
    write_zip(paths["data.zip"])
    return paths


def read(path: Path) -> Table:
    return read_table(path, DataSettings())


def test_all_are_the_same_table(tmp_path: Path) -> None:
    paths = write_all(tmp_path)
    first = open_dataset(DataSettings(source=str(paths["data.csv"]), columns={"count": "number"}))
    assert first.description.classes == ("high", "low")
    for path in paths.values():
        assert table_in(path) == path
        settings = DataSettings(source=str(path), columns={"count": "number"})
        dataset = open_dataset(settings)
        assert dataset.description.task == first.description.task
        assert np.array_equal(dataset.inputs, first.inputs, equal_nan=True)
        assert np.array_equal(dataset.targets, first.targets)
        assert str(path) in read(path).path

        later = read_input(path, first.description, DataSettings())
        arrays = np.stack([first.description.preparation.array(raw) for raw in later.raws])
        assert np.array_equal(arrays, first.inputs, equal_nan=True)


def test_a_folder_with_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "train.csv.gz").write_bytes(gzip.compress(csv_bytes()))
    (tmp_path / "test.csv.gz").write_bytes(gzip.compress(csv_bytes()))
    assert table_in(tmp_path) == tmp_path / "train.csv.gz"


# --- JSON


def test_objects_and_lists_within_records(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [
        {
            "size": {"width": n, "height": {"mm": n / 2}},
            "signal": [n, n + 0.5],
            "tags": ["a", "b"][: n % 3],
            "mixed": n if n % 2 else f"n{n}",
            "large": 2**60 + n % 3,
            "even": n % 2 == 0,
            "odd": [{"x": 1}, n],
        }
        for n in range(20)
    ]
    rows[5].pop("even")
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    table = read(path)
    assert table.column_names == (
        "size.width",
        "size.height.mm",
        "signal[0]",
        "signal[1]",
        "tags",
        "mixed",
        "large",
        "even",
        "odd",
    )
    assert table.by_name["size.height.mm"].numbers[0][3] == 1.5
    assert table.by_name["tags"].texts.to_pylist()[:3] == ["", "a", "a;b"]
    assert table.by_name["mixed"].texts.to_pylist()[:2] == ["n0", "1"]
    assert table.by_name["large"].distinct == 3
    assert table.by_name["even"].texts.to_pylist()[4:6] == ["True", ""]


@pytest.mark.parametrize(
    ("text", "words"),
    (
        ('{"a": 1}\n{"a": 2\n', "line 2"),
        ('{"a": 1}\n[1, 2]\n', "no record in line 2"),
        ('[{"a": 1}, 5]', "number 2 is none"),
        ('[{"a": 1}, {"a": ', "no JSON that can be read"),
        ("{}\n{}\n", "has no record with a value"),
        ('{"a": ' + "[" * 5000 + "]" * 5000 + "}\n", "no JSON|no record"),
    ),
)
def test_what_is_no_table_of_records(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    with pytest.raises(UserError, match=words):
        read(path)


@pytest.mark.parametrize("text", ('{"images": [{"id": 1}]}', "[1, 2, 3]", '{\n "a": 1\n}\n'))
def test_other_json_is_no_table(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert table_in(path) is None


# --- ARFF


def test_types_of_arff(tmp_path: Path) -> None:
    path = tmp_path / "a.arff"
    path.write_text(ARFF + arff_rows())
    table = read(path)
    kinds = {column.name: column.kind for column in table.columns}
    assert kinds == {
        "length": "number",
        "count": "text",
        "colour": "text",
        "when": "date",
        "label": "text",
    }
    assert np.isnan(table.by_name["length"].numbers[0][0])


def test_quotes_and_weights_of_arff(tmp_path: Path) -> None:
    path = tmp_path / "a.arff"
    head = "@relation r\n@attribute 'a b' string\n@attribute \"it\\'s\" {'x, y', z}\n@data\n"
    path.write_text(head + "'one, two','x, y'\n\"it's\", z, {2}\n%\n'don\\'t' , 'x, y'\n?,?\n")
    table = read(path)
    assert table.column_names == ("a b", "it's")
    assert table.cells(9) == [["one, two", "x, y"], ["it's", "z"], ["don't", "x, y"], ["", ""]]


@pytest.mark.parametrize(
    ("rows", "words"),
    (
        ("{0 1.5, 4 low}\n", "sparse rows"),
        ("1,2,red\n", "has 3 values in line 11, not 5"),
        ("1,9,red,2024-01-01,low\n", "'9' in line 11, which is no value of 'count'"),
    ),
)
def test_arff_that_is_refused(tmp_path: Path, rows: str, words: str) -> None:
    path = tmp_path / "a.arff"
    path.write_text(ARFF + rows)
    with pytest.raises(UserError, match=words):
        read(path)


def test_arff_of_tables_within_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.arff"
    path.write_text("@relation r\n@attribute bag relational\n@end bag\n@data\n")
    with pytest.raises(UserError, match="tables within its cells in the column 'bag'"):
        read(path)


# --- packed


def damaged_gzip() -> bytes:
    return gzip.compress(csv_bytes())[:-30]


@pytest.mark.parametrize(
    ("name", "content"),
    (
        ("a.csv.gz", damaged_gzip),
        ("a.csv.bz2", lambda: bz2.compress(csv_bytes())[:-20]),
        ("a.csv.xz", lambda: lzma.compress(csv_bytes())[:-20]),
    ),
)
def test_a_packed_file_that_breaks_off(
    tmp_path: Path, name: str, content: Callable[[], bytes]
) -> None:
    path = tmp_path / name
    path.write_bytes(content())
    with pytest.raises(UserError, match="is a damaged packed file"):
        read(path)


def test_an_archive_of_several_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", csv_bytes())
        archive.writestr("test.csv", csv_bytes())
    with pytest.raises(UserError, match=r"holds 2 tables \('train.csv' and 'test.csv'\)"):
        read(path)


def test_an_archive_without_a_table(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("read me.md", "words")
    with pytest.raises(UserError, match="holds no table"):
        read(path)


def test_what_is_packed_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(gzip.compress(csv_bytes())))
    with pytest.raises(UserError, match="is packed twice"):
        read(path)


def test_what_unpacks_to_more_than_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(csv_bytes() * 2000))
    container = tmp_path / "container"
    container.mkdir()
    (container / "memory.current").write_text("0")
    (container / "memory.max").write_text(str(2 << 20))
    monkeypatch.setattr(free_memory, "CONTAINER", container)
    with pytest.raises(UserError, match=r"unpacks to more than memory and disk hold: 2 MiB"):
        read(path)


def test_messages_name_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"\n\n"))
    with pytest.raises(UserError) as error:
        read(path)
    assert str(path) in error.value.what and "empty" in error.value.what
