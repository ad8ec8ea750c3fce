"""JSON with halves of signs in it, and the number of its records before all are read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.format import no_check
from app.engine.sources.tables.parted.json_file import JsonFile
from app.engine.sources.tables.reading import read_file

if TYPE_CHECKING:
    from pathlib import Path

HALVES: list[dict[str, Any]] = [
    {"na\ud83dme": "cut off \ud83d", "n": 1, "tags": ["\ude00", "b"]},
    {"n": 2},
]


def written(rows: list[dict[str, Any]], is_list: bool) -> str:
    return json.dumps(rows) if is_list else "\n".join(map(json.dumps, rows))


@pytest.mark.parametrize("is_list", [True, False])
def test_half_a_sign_is_a_question_mark(tmp_path: Path, is_list: bool) -> None:
    path = tmp_path / "a.json"
    path.write_text(written(HALVES, is_list))
    table = read_file(path, DataSettings(), no_check)
    assert table.column_names == ("na?me", "n", "tags")
    assert table.cells(1)[0] == ["cut off ?", "1", "?;b"]

    flat = [{name: value for name, value in row.items() if name != "tags"} for row in HALVES]
    path.write_text(written(flat, is_list))
    parted = JsonFile.of(path, no_check)
    assert parted is not None
    (part,) = parted.parts(DataSettings())
    assert part.by_name["na?me"].texts.to_pylist() == ["cut off ?", ""]


@pytest.mark.parametrize("indent", [None, 2])
def test_how_many_records_a_list_has_is_estimated_from_the_first(
    tmp_path: Path, indent: int | None
) -> None:
    path = tmp_path / "a.json"
    rows = [{"a": number + 10_000, "b": "x"} for number in range(30_000)]
    path.write_text(json.dumps(rows, indent=indent))
    table = read_file(path, DataSettings(), no_check, 100)
    assert not table.complete
    assert table.estimated == pytest.approx(len(rows), rel=0.02)
