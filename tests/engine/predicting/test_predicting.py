"""Folders and many files: read in threads, answered in batches, each problem told with its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

from app.engine.errors import UserError
from app.engine.predicting import answer_file as answer_files
from app.engine.predicting.answer_store import AnswerStore
from app.engine.predicting.predicting import BatchAnswered, answer_sources
from app.engine.predicting.sources import sources_of
from app.engine.results.answers import answer_file
from tests.engine.predicting.saving import saved, stored
from tests.engine.results.test_answers import predictor_of, rows

if TYPE_CHECKING:
    from app.engine.results.predictor import Predictor

COUNT = 300


@pytest.fixture
def digits() -> Predictor:
    return predictor_of({"source": "sample:digits"}, "cnn", width=4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures in two folders, one of them damaged, and files that are none."""
    random = np.random.default_rng(0)
    path = tmp_path / "pictures"
    for number in range(COUNT):
        target = path / ("even" if number % 2 == 0 else "odd") / f"{number}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (8, 8), dtype=np.uint8)).save(target)

    (path / "odd" / "7.png").write_bytes(b"no picture")
    (path / "notes.txt").write_text("none")
    (path / ".hidden.png").write_bytes(b"none")
    return path


def test_a_folder_is_answered_file_by_file_in_natural_order(
    digits: Predictor, folder: Path, tmp_path: Path
) -> None:
    written = rows(saved(digits, [folder], tmp_path / "out.csv"))
    assert written[0] == ["example", "predicted", "probability", "problem"]
    names = [row[0] for row in written[1:]]
    assert len(names) == COUNT
    assert names[:3] == [str(folder / "even" / f"{number}.png") for number in (0, 2, 4)]

    (bad,) = (row for row in written[1:] if row[3])
    assert bad[0].endswith("7.png") and bad[1] == "" and "7.png" in bad[3]

    for row in (written[5], written[-1]):
        (alone,) = answer_file(digits, row[0]).answers
        assert alone.cells is not None
        assert row[1] == alone.cells[0]
        assert float(row[2]) == pytest.approx(alone.cells[1], abs=1e-4)


def test_single_files_in_a_row_are_one_source_and_others_stay_apart(
    digits: Predictor, folder: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "many.npy", np.zeros((3, 8, 8), np.uint8))
    one, two = (str(folder / "even" / f"{number}.png") for number in (0, 2))
    preparation = digits.description.preparation
    names = [one, two, str(tmp_path / "many.npy"), two, str(folder)]
    sources = sources_of(names, preparation)
    assert [len(source.files) for source in sources] == [2, 0, 1, COUNT]

    store = stored(digits, [Path(name) for name in names[:4]])
    assert [store.row(index).example[0] for index in range(store.rows)] == [
        one,
        two,
        *(f"{tmp_path / 'many.npy'} #{number}" for number in (1, 2, 3)),
        two,
    ]
    store.close()

    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no pictures"):
        sources_of([str(tmp_path / "empty")], preparation)


def test_texts_and_tables_of_a_folder(tmp_path: Path) -> None:
    texts = "".join(f"good day {n},yes\nbad night {n},no\n" for n in range(20))
    (tmp_path / "texts.csv").write_text(f"text,kind\n{texts}")
    predictor = predictor_of(
        {"source": str(tmp_path / "texts.csv"), "target": "kind", "tokens": "bytes"},
        "text-cnn",
        width=8,
    )
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "b.txt").write_text("a good day")
    (tmp_path / "new" / "a.txt").write_text("a bad night")
    (tmp_path / "new" / "c.csv").write_text("text\nnot looked at\n")
    written = rows(saved(predictor, [tmp_path / "new"], tmp_path / "out.csv"))
    assert [Path(row[0]).name for row in written[1:]] == ["a.txt", "b.txt"]

    lines = [f"{n * 37 % 101},{n * 333 % 909}" for n in range(60)]
    (tmp_path / "flats.csv").write_text("\n".join(["size,rent", *lines]))
    flats = predictor_of({"source": str(tmp_path / "flats.csv"), "target": "rent"})
    for name in ("one", "two"):
        (tmp_path / "new" / f"{name}.csv").write_text("size\n30\n40\n")
    (tmp_path / "new" / "c.csv").unlink()
    written = rows(saved(flats, [tmp_path / "new"], tmp_path / "out.csv"))
    assert [Path(row[0].rpartition(" row")[0]).name for row in written[1:]] == (
        ["one.csv"] * 2 + ["two.csv"] * 2
    )


class Enough(Exception):
    pass


def test_it_can_be_given_up_between_two_batches(digits: Predictor, folder: Path) -> None:
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += calls >= 0
        if batches:
            raise Enough

    batches = 0
    sources = sources_of([str(folder)], digits.description.preparation)
    with pytest.raises(Enough):
        for happening in answer_sources(digits, sources, check):
            batches += isinstance(happening, BatchAnswered)

    assert batches == 1 and calls


def test_a_file_that_cannot_be_written_leaves_what_was_there(
    digits: Predictor, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("before")
    store = stored(digits, [folder])

    def check() -> None:
        raise Enough

    with pytest.raises(Enough):
        answer_files.write_answers(store, out, check)
    assert out.read_text() == "before"
    assert [path.name for path in tmp_path.glob("out*")] == ["out.csv"]

    with pytest.raises(UserError, match=r"not saved as \.xlsx"):
        answer_files.write_answers(store, tmp_path / "out.xlsx")
    store.close()


def test_every_form_holds_the_same(digits: Predictor, folder: Path, tmp_path: Path) -> None:
    store = stored(digits, [folder])
    csv_rows = rows(answer_files.write_answers(store, tmp_path / "a.csv"))
    tsv = answer_files.write_answers(store, tmp_path / "a.tsv").read_text(encoding="utf-8-sig")
    table = pyarrow.parquet.read_table(answer_files.write_answers(store, tmp_path / "a.parquet"))
    lines = answer_files.write_answers(store, tmp_path / "a.jsonl").read_text().splitlines()
    store.close()

    assert [line.split("\t")[:2] for line in tsv.splitlines()] == [row[:2] for row in csv_rows]
    assert table.column_names == csv_rows[0]
    assert table["predicted"].to_pylist() == [row[1] or None for row in csv_rows[1:]]
    shares = [json.loads(line)["probability"] for line in lines]
    assert shares == table["probability"].to_pylist()
    assert sum(share is None for share in shares) == 1


def test_rows_can_be_read_while_others_are_taken_in(digits: Predictor, folder: Path) -> None:
    store: AnswerStore | None = None
    opened = None
    seen = 0
    sources = sources_of([str(folder)], digits.description.preparation)
    for happening in answer_sources(digits, sources):
        if isinstance(happening, BatchAnswered):
            assert store is not None and opened is not None
            store.add(opened, happening.rows)
            seen += len(happening.rows)
            assert store.rows == seen
            assert store.row(0).example == [str(folder / "even" / "0.png")]
            assert store.row(seen - 1).example == [happening.rows[-1].answered.name]
        elif hasattr(happening, "opened"):
            opened = happening.opened
            store = store or AnswerStore.beside(opened, ("predicted", "probability"), True)

    assert store is not None and store.rows == COUNT
    assert list(store.told_rows) == [index for index in range(COUNT) if store.row(index).problem]
    store.close()
