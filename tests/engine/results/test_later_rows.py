"""What a later row holds that training has not seen is told beside its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.data.values import Spellings
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.data.kinds.row.preparation import RowPreparation

HEAD = "income,when,smoker,label"
SETTINGS: dict[str, Any] = {"columns": {"smoker": "category"}, "target": "label"}


def trained_on(path: Path, gaps: bool = False) -> Dataset:
    """Opens 60 rows with an income of 1,000 to 9,000, a day of January 2024, Yes or No."""
    lines = [
        f"{'' if gaps and n % 9 == 0 else 1000 + n % 5 * 2000},{n % 28 + 1:02}.01.2024,"
        f"{('Yes', 'No')[n % 3 == 0]},{'ab'[n % 2]}"
        for n in range(60)
    ]
    source = path / "train.csv"
    source.write_text("\n".join([HEAD, *lines]))
    return open_dataset(DataSettings(source=str(source), **SETTINGS))


def read(path: Path, trained: Dataset, *lines: str) -> tuple[list[np.ndarray], list[str], Dataset]:
    """Returns what predict reads of rows, what it tells of each, and the rows for evaluate."""
    later = path / "later.csv"
    later.write_text("\n".join([HEAD, *lines]))

    description = trained.description
    preparation: RowPreparation = description.preparation  # type: ignore[assignment]
    raws = read_input(later, description, DataSettings(**SETTINGS)).raws
    arrays = []
    told = []
    for raw in raws:
        try:
            arrays.append(preparation.array(raw))
            told.append(preparation.left_out_note(raw))
        except UserError as error:
            told.append(str(error))

    tested = open_dataset(DataSettings(source=str(later), **SETTINGS), trained=description)
    np.testing.assert_array_equal(np.stack(arrays), tested.inputs)
    return arrays, told, tested


def test_a_gap_is_told_where_training_had_none(tmp_path: Path) -> None:
    rows = ("3000,05.01.2024,Yes,a", ",05.01.2024,Yes,a", "3000,,Yes,b")
    _, told, _ = read(tmp_path, trained_on(tmp_path), *rows)
    assert told[0] == ""
    assert told[1] == "'income' has no value; the median of training, 5,000, is taken."
    assert told[2].startswith("'when' has no value; the median of training, ")
    assert told[2].endswith(".01.2024, is taken.")

    _, told, _ = read(tmp_path, trained_on(tmp_path, gaps=True), *rows)
    assert told[1] == ""


def test_a_text_in_place_of_a_number_has_no_answer_and_is_not_judged(tmp_path: Path) -> None:
    trained = trained_on(tmp_path)
    rows = ("abc,05.01.2024,Yes,a", "3000,05.01.2024,Yes,b", "3000,30.02.2024,No,b")
    arrays, told, tested = read(tmp_path, trained, *rows)
    assert [text and text[:50] for text in told] == [
        "'abc' is not a number, but 'income' needs one. Ent",
        "",
        "'30.02.2024' is not a date of the form DD.MM.YYYY,",
    ]
    assert len(arrays) == 1
    assert [(item.path, item.reason) for item in tested.description.skipped] == [
        ("row 2", "its 'income' is not a number"),
        ("row 4", "its 'when' is not a date of the form DD.MM.YYYY"),
    ]


def test_a_number_far_outside_of_training_is_told(tmp_path: Path) -> None:
    rows = ("1000000000,05.01.2024,Yes,a", "12000,05.01.2024,Yes,a", "-9000,01.01.1950,No,b")
    _, told, tested = read(tmp_path, trained_on(tmp_path), *rows)
    assert told == [
        "'income' is 1,000,000,000, far from training, which had 1,000 to 9,000.",
        "",
        "'income' is -9,000, far from training, which had 1,000 to 9,000. "
        "'when' is 01.01.1950, far from training, which had 01.01.2024 to 28.01.2024.",
    ]
    assert "2 values of 'income' are far from training, which had 1,000 to 9,000." in (
        tested.description.notes
    )


def test_each_date_is_read_by_itself(tmp_path: Path) -> None:
    trained = trained_on(tmp_path)
    rows = ("3000,2024-01-05,Yes,a", "3000,soon,Yes,a", "3000,05.01.2024,No,b")
    arrays, told, _ = read(tmp_path, trained, *rows)
    assert arrays[0][1] == arrays[1][1] == 19_727
    assert [bool(text) for text in told] == [False, True, False]

    arrays, told, _ = read(tmp_path, trained, rows[0])
    assert arrays[0][1] == 19_727 and told == [""]


@pytest.mark.parametrize(
    ("word", "known"),
    [("yes", "Yes"), ("NO", "No"), ("Y", "Yes"), ("true", "Yes"), ("1", "Yes"), ("0.0", "No")],
)
def test_a_boolean_is_one_value_however_it_is_written(
    tmp_path: Path, word: str, known: str
) -> None:
    trained = trained_on(tmp_path)
    rows = (f"3000,05.01.2024,{word},a", f"3000,05.01.2024,{known},b")
    arrays, told, _ = read(tmp_path, trained, *rows)
    assert arrays[0][-1] == arrays[1][-1] > 0 and told == ["", ""]


def test_words_of_booleans_are_one_value_only_where_both_come_up() -> None:
    assert Spellings({"Y": 1, "N": 2, "(no value)": 3}).find("FALSE") == 2
    assert Spellings({"N": 1, "S": 2}).find("no") is None
    assert Spellings({"yes": 1, "no": 2, "maybe": 3}).find("true") is None


def test_one_training_column_may_spell_them_in_several_ways(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    lines = [f"{n * 7 % 41 + 0.5},{('Yes', 'no', 'YES', 'No')[n % 4]}" for n in range(40)]
    path.write_text("\n".join(["amount,label", *lines]))
    description = open_dataset(DataSettings(source=str(path), target="label")).description
    assert len(description.classes) == 2


def test_a_table_of_names_alone_is_told(tmp_path: Path) -> None:
    trained = trained_on(tmp_path)
    later = tmp_path / "later.csv"
    later.write_text(f"{HEAD}\n")
    with pytest.raises(UserError, match="has a row of names but no other row"):
        read_input(later, trained.description, DataSettings(**SETTINGS))
