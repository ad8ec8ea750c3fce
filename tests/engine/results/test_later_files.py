"""What training was read from is read again as it was: whole, and example by example.

Every format of the corpus, and the built-in data sets in the long tier.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.results.predictor import as_array
from app.engine.sources.opening import open_dataset
from app.engine.sources.samples.entries import SAMPLES
from tests.fuzz.corpus import Member, members

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

OPENED = [member for member in members() if member.kind]


def settings_of(source: Path | str, trained: Dataset | None, **others: object) -> DataSettings:
    """Returns how a source is read: for the first time, or as data that were trained on."""
    settings = DataSettings(source=str(source), **others)  # type: ignore[arg-type]
    return settings.replace(task=trained.description.task) if trained is not None else settings


def check_read_again(source: Path | str, **others: object) -> Dataset:
    """Opens a source twice, the second time as later data, and compares to the last bit."""
    trained = open_dataset(settings_of(source, None, **others))
    again = open_dataset(settings_of(source, trained, **others), trained=trained.description)

    assert list(again.names) == list(trained.names)
    assert again.description.classes == trained.description.classes
    np.testing.assert_array_equal(again.targets, trained.targets)
    for array, expected in zip(again.arrays, trained.arrays, strict=True):
        np.testing.assert_array_equal(array, expected)

    return trained


@pytest.mark.parametrize("member", OPENED, ids=lambda member: member.name)
def test_a_source_is_read_again_to_the_last_bit(tmp_path: Path, member: Member) -> None:
    trained = check_read_again(member.make(tmp_path), labels=member.labels)
    if trained.second_halves is not None or trained.description.task == "language-modelling":
        return

    # Each file by itself, as a person gives it.
    preparation = trained.description.preparation
    settings = settings_of(tmp_path, trained)
    alone = [row for row, name in enumerate(trained.names) if Path(name).is_file()]
    for row in alone[:6]:
        read = read_input(trained.names[row], trained.description, settings)
        np.testing.assert_array_equal(as_array(preparation, read.raws[0]), trained.inputs[row])


def test_a_table_in_a_folder_of_its_own_names_no_files_of_the_next_folder(tmp_path: Path) -> None:
    member = next(member for member in OPENED if member.name == "csv-latin")
    (tmp_path / "mine").mkdir()
    (tmp_path / "pictures").mkdir()
    table = member.make(tmp_path / "mine")
    for number in range(24):
        Image.new("L", (8, 8), number).save(tmp_path / "pictures" / f"{number}.png")

    trained = check_read_again(table)
    assert trained.description.preparation.kind == "row"


@pytest.mark.long
@pytest.mark.parametrize("name", list(SAMPLES))
def test_a_built_in_data_set_is_read_again_to_the_last_bit(name: str) -> None:
    check_read_again(f"sample:{name}")
