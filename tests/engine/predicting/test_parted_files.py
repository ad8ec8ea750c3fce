"""Files of every sort that are read part by part have the answers of reading them as a whole."""

from __future__ import annotations

import bz2
import datetime
import gzip
import json
import lzma
import tempfile
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from app.engine.errors import UserError
from app.engine.predicting.open_source import open_source
from app.engine.predicting.sources import Source
from app.engine.sources.format import no_check
from app.engine.sources.tables.doors import json_records
from app.engine.sources.tables.parted.json_file import JsonFile
from app.engine.sources.tables.parted.opening import parted_file
from tests.engine.predicting.flats import compare, training_lines
from tests.engine.results.test_answers import predictor_of
from tests.engine.sources.test_saved_datasets import pictures, saved_shards

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.results.predictor import Predictor

COUNT = 200


def rows(seed: int) -> list[dict[str, Any]]:
    """Flats without their rents, typed as a program has them."""
    found = []
    for line in training_lines(COUNT, seed)[1:]:
        size, where, share, built, lift, _ = line.split(",")
        found.append(
            {
                "size": float(size),
                "where": where,
                "share": float(share.removesuffix(" %")),
                "built": datetime.datetime.strptime(built, "%d/%m/%Y"),
                "lift": lift == "true",
            }
        )

    return found


@pytest.fixture
def no_leftovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is put on the disk to read a file stands in a folder of its own, empty at the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


pytestmark = pytest.mark.usefixtures("large_from_here")


def parts_of(path: Path) -> Any:
    file = parted_file(path, no_check, 0)
    assert file is not None, path
    return file


# --- spreadsheets


def workbook(path: Path, seed: int, odd: bool = False) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    if odd:
        sheet.append(["Flats of the year"])
        sheet.append([])
    flats = rows(seed)
    sheet.append([*flats[0], "note"])
    for number, flat in enumerate(flats):
        cells = list(flat.values())
        if odd and number == 70:
            cells[0] = "large"
        # A column whose first parts are numbers, and which has a word far below.
        sheet.append([*cells, "none" if number == 150 else number])

    if odd:
        sheet.merge_cells("B60:B64")
        sheet.append(["Total", None, None, None, None, None])

    book.save(path)
    return path


def test_spreadsheets(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_leftovers: Path
) -> None:
    path = workbook(tmp_path / "later.xlsx", 6, odd=True)
    written = compare(predictor, path, monkeypatch)
    assert len(written) == COUNT + 1
    note = written[0].index("note")
    assert [row[note] for row in written[1:4]] == ["0", "1", "2"]
    assert written[151][note] == "none"
    assert "'large' is not a number" in written[71][-1]
    opened = open_source(predictor, Source(str(path)))
    assert [item.path for item in opened.left_out] == ["row 204"]
    opened.rows.close()  # type: ignore[attr-defined]
    assert not list(no_leftovers.iterdir())


def test_a_sheet_that_is_damaged_or_empty_is_told(predictor: Predictor, tmp_path: Path) -> None:
    path = workbook(tmp_path / "later.xlsx", 6)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(UserError, match="damaged"):
        open_source(predictor, Source(str(path)))

    book = openpyxl.Workbook()
    book.save(path)
    with pytest.raises(UserError, match="nothing in its sheet"):
        open_source(predictor, Source(str(path)))


# --- JSON Lines


def json_lines(path: Path, flats: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(flat, default=str) for flat in flats))
    return path


def test_json_lines(predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flats = rows(7)
    for number, flat in enumerate(flats):
        flat["built"] = f"{flat['built']:%d/%m/%Y}"
        flat["id"] = 2**60 + number if number == 120 else number
        flat["owner"] = {"name": f"owner {number}"}
        if number > 130:
            flat["later"] = number % 7 if number < 180 else "many"

    del flats[40]["share"]
    flats[50]["size"] = "large"
    flats[60]["size"] = 45
    path = json_lines(tmp_path / "later.jsonl", flats)
    written = compare(predictor, path, monkeypatch)
    heads = written[0]
    assert len(written) == COUNT + 1
    assert {"owner.name", "later", "id"} <= set(heads)
    assert written[121][heads.index("id")] == str(2**60 + 120)
    assert written[1][heads.index("later")] == "" and written[200][heads.index("later")] == "many"
    assert "'large' is not a number" in written[51][-1]


def test_a_list_of_json_records(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_records, "PART", 100)
    flats = [{**flat, "built": f"{flat['built']:%d/%m/%Y}"} for flat in rows(7)]
    path = tmp_path / "later.jsonl"
    path.write_text(f" \n{json.dumps(flats, indent=1)}\n ")
    assert len(compare(predictor, path, monkeypatch)) == COUNT + 1


def test_json_with_lists_in_it_is_read_as_a_whole(tmp_path: Path) -> None:
    flats = rows(7)
    path = json_lines(tmp_path / "lines.jsonl", [{**flats[0], "tags": ["a"]}, *flats])
    assert JsonFile.of(path, no_check) is None


def test_json_that_is_damaged_far_below_is_told(predictor: Predictor, tmp_path: Path) -> None:
    path = json_lines(tmp_path / "later.jsonl", rows(7))
    path.write_text(path.read_text() + '\n{"size": 3')
    with pytest.raises(UserError, match="line 201"):
        open_source(predictor, Source(str(path)))


# --- packed


PACKED = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("ending", (".csv.gz", ".csv.bz2", ".csv.xz", ".zip", ".jsonl.gz"))
def test_packed_tables(
    predictor: Predictor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    no_leftovers: Path,
    ending: str,
) -> None:
    lines = training_lines(COUNT, 8)
    content = "\n".join([*lines, "Total,,,,,190000.00"]).encode()
    if "jsonl" in ending:
        plain = json_lines(tmp_path / "plain", [{**f, "built": "01/02/2003"} for f in rows(8)])
        content = plain.read_bytes()
    path = tmp_path / f"later{ending}"
    if ending == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("later.csv", content)
    else:
        path.write_bytes(PACKED[path.suffix](content))

    assert len(compare(predictor, path, monkeypatch)) == COUNT + 1
    assert not list(no_leftovers.iterdir())


def test_a_packed_table_that_is_cut_off_or_lacks_a_column_is_told(
    predictor: Predictor, tmp_path: Path, no_leftovers: Path
) -> None:
    path = tmp_path / "later.csv.gz"
    content = gzip.compress("\n".join(training_lines(COUNT, 8)).encode())
    path.write_bytes(content[:-20])
    with pytest.raises(UserError, match=r"later\.csv\.gz' is a damaged packed file"):
        open_source(predictor, Source(str(path)))

    path.write_bytes(
        gzip.compress("\n".join(training_lines(COUNT, 8)).encode().replace(b"size", b"area"))
    )
    with pytest.raises(UserError, match=r"later\.csv\.gz' has no column 'size'"):
        open_source(predictor, Source(str(path)))
    assert not list(no_leftovers.iterdir())


# --- Arrow


@pytest.mark.parametrize("stream", (False, True))
def test_arrow_files(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    table = pa.Table.from_pylist(rows(9))
    path = tmp_path / "later.arrow"
    made = pa.ipc.new_stream if stream else pa.ipc.new_file
    with made(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=50)

    assert sum(len(part) for part in parts_of(path).parts(None)) == COUNT
    assert len(compare(predictor, path, monkeypatch)) == COUNT + 1

    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match="damaged"):
        list(open_source(predictor, Source(str(path))).rows)


# --- ARFF


def test_arff(predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "@relation flats\n@attribute size numeric\n@attribute where {in, out}\n"
    head += (
        "@attribute share numeric\n@attribute built string\n@attribute lift {true,false}\n@data\n"
    )
    lines = [line.rpartition(",")[0].replace(" %", "") for line in training_lines(COUNT, 10)[1:]]
    lines[70] = "?" + lines[70][lines[70].index(",") :]
    path = tmp_path / "later.arff"
    path.write_text(head + "\n".join(lines))
    assert len(compare(predictor, path, monkeypatch)) == COUNT + 1


# --- pictures in cells


def test_pictures_in_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved_shards(tmp_path / "saved")
    predictor = predictor_of({"source": str(tmp_path / "saved")}, "cnn", width=4)
    path = tmp_path / "later" / "new.parquet"
    path.parent.mkdir()
    parquet.write_table(pictures(70, 300), path, row_group_size=20)
    written = compare(predictor, path, monkeypatch)
    assert [row[0] for row in written[1:]] == [f"picture {number}" for number in range(1, 71)]
    assert all(row[-1] for row in written)
