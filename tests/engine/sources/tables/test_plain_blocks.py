"""Blocks that are read at once give the same table as rows that are read one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.format import no_check
from app.engine.sources.tables.delimited import gathering, plain_blocks
from app.engine.sources.tables.text import read_text_table

if TYPE_CHECKING:
    from pathlib import Path

CELLS = st.sampled_from(
    ["", "1", "2.5", "Å", "word", " x ", '"a b"', '"a,b"', '"a\nb"', '"a ""b"""', '5"', "\t", '""']
)
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\n\n", ",\n", " \n", "\r"])


def read(path: Path, data: DataSettings) -> Any:
    """Returns everything that a person sees of a table, or the sentence that refuses it."""
    try:
        table = read_text_table(path, data, no_check)
    except UserError as error:
        return str(error)

    columns = [(column.name, column.texts.to_pylist()) for column in table.columns]
    rows = table.row_numbers.tolist()
    return columns, rows, table.skipped, table.notes, table.dialect, table.complete, table.estimated


def one_by_one(path: Path, data: DataSettings, monkeypatch: pytest.MonkeyPatch) -> Any:
    with monkeypatch.context() as patch:
        patch.setattr(gathering, "may_be_plain", lambda _: False)
        return read(path, data)


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    rows=st.lists(st.tuples(st.lists(CELLS, min_size=3, max_size=3), ENDS), max_size=12),
    delimiter=st.sampled_from([",", ";", "\t"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
    size=st.sampled_from([1, 24, 4000]),
)
def test_any_table(
    rows: list[tuple[list[str], str]],
    delimiter: str,
    encoding: str,
    size: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [delimiter.join(cells) + end for cells, end in rows]
    text = delimiter.join(["first", "second", "third"]) + "\n" + "".join(lines)
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    data = DataSettings(source=str(path), delimiter=delimiter)

    monkeypatch.setattr(plain_blocks, "BLOCK", size)
    assert read(path, data) == one_by_one(path, data, monkeypatch)


ROWS = [f'{n},"name {n % 7}",{n / 4}' for n in range(400)]


@pytest.mark.parametrize(
    ("name", "lines", "blocks"),
    [
        ("plain", ROWS, 4),
        ("one ragged row", [*ROWS[:200], "1,2", *ROWS[200:]], 4),
        ("an empty line", [*ROWS[:200], "", *ROWS[200:]], 4),
        ("a row of nothing", [*ROWS[:200], ",,", *ROWS[200:]], 4),
        ("a mark within a cell", [*ROWS[:300], '3,5",1', *ROWS[300:]], 2),
        ("a break within a cell", [*ROWS[:300], '3,"a\nb",1', *ROWS[300:]], 2),
        ("bytes of no character", [*ROWS[:200], "3,\udcff,1", *ROWS[200:]], 4),
    ],
)
def test_one_odd_row_costs_its_block_or_what_follows(
    name: str, lines: list[str], blocks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.csv"
    text = "\n".join(["n,word,x", *lines, ""])
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    data = DataSettings(source=str(path), delimiter=",", encoding="utf-8")
    taken = []
    whole = plain_blocks.PlainBlocks.__iter__

    def counted(self: plain_blocks.PlainBlocks) -> Any:
        for block in whole(self):
            taken.append(block)
            yield block

    monkeypatch.setattr(plain_blocks, "BLOCK", 2000)
    monkeypatch.setattr(plain_blocks.PlainBlocks, "__iter__", counted)
    assert read(path, data) == one_by_one(path, data, monkeypatch)
    assert len(taken) == blocks


def test_a_break_after_the_blocks_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["n,word,x", *ROWS, '400,"a\nb",7', "401,c,8", ""]))
    monkeypatch.setattr(plain_blocks, "BLOCK", 2000)
    table = read_text_table(path, DataSettings(source=str(path)), no_check)

    assert table.by_name["word"].texts.to_pylist()[-2:] == ["a\nb", "c"]
    assert table.row_numbers.tolist()[-2:] == [402, 403]
