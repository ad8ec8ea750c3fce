"""The Data page for arrays: which is the input and which the label can be seen and changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.experiment.data_settings import DataSettings
from app.ui.pages.data.arrays import ArrayRow
from app.ui.pages.data.page import DataPage
from app.ui.pages.data.tables.roles import with_role
from tests.ui.harness import PATIENCE_MS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from app.ui.widgets.settings.number_box import DropDown
    from tests.ui.harness import Harness

SITE_FIRST = Path(__file__).parents[2] / "cases" / "npz" / "site_first.npz"


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> Iterator[DataPage]:
    data_page = DataPage(harness.parts)
    qtbot.addWidget(data_page)
    data_page.resize(840, 600)
    data_page.show()
    yield data_page


def read(qtbot: QtBot, harness: Harness, source: Path, **data: object) -> None:
    settings = DataSettings(source=str(source)).replace(**data)
    harness.document.set(harness.document.experiment.replace(data=settings))
    qtbot.waitUntil(lambda: harness.document.data_state in ("ready", "failed"), timeout=PATIENCE_MS)


def choose(box: DropDown, value: object) -> None:
    row = box.findData(value)
    assert row >= 0
    box.setCurrentIndex(row)
    box.activated.emit(row)


def test_the_label_is_shown_with_its_reason_and_can_be_changed(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    read(qtbot, harness, SITE_FIRST)
    qtbot.waitUntil(page.arrays.isVisible, timeout=PATIENCE_MS)
    box = page.arrays.boxes["target"]
    assert box.currentText() == "diagnosis (found)"
    assert "named like something to predict" in box.toolTip()
    assert not page.arrays.boxes["inputs"].isVisible()  # there is one alone

    choose(box, "site")
    assert harness.document.experiment.data.target == "site"
    qtbot.waitUntil(
        lambda: (
            harness.document.description is not None
            and len(harness.document.description.classes) == 5
        ),
        timeout=PATIENCE_MS,
    )
    choose(box, None)
    assert harness.document.experiment.data.target is None


def test_the_input_and_a_column_of_the_label_are_offered(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    images = np.random.default_rng(5).integers(0, 256, (60, 8, 8), np.uint8)
    labels = np.stack([np.arange(60) % 3, np.arange(60) % 4], axis=1)
    np.savez(tmp_path / "a.npz", images=images, masks=255 - images, labels=labels)
    read(qtbot, harness, tmp_path / "a.npz")
    qtbot.waitUntil(page.arrays.isVisible, timeout=PATIENCE_MS)

    inputs, target = page.arrays.boxes["inputs"], page.arrays.boxes["target"]
    assert inputs.currentText() == "images (found)"
    assert [target.itemData(row) for row in range(target.count())] == [
        None,
        "labels",
        "labels 1",
        "labels 2",
    ]
    choose(target, "labels 2")
    qtbot.waitUntil(
        lambda: (
            harness.document.description is not None
            and harness.document.description.classes == ("0", "1", "2", "3")
        ),
        timeout=PATIENCE_MS,
    )


def test_a_wrong_name_can_be_mended_where_it_fails(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    read(qtbot, harness, SITE_FIRST, target="sites")
    assert harness.document.data_state == "failed"
    rows = page.findChildren(ArrayRow)
    qtbot.waitUntil(lambda: any(row.isVisible() for row in rows), timeout=PATIENCE_MS)
    row = next(row for row in rows if row.isVisible())
    choose(row.boxes["target"], "site")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)


def test_other_data_leave_nothing_to_choose(qtbot: QtBot, harness: Harness, page: DataPage) -> None:
    read(qtbot, harness, SITE_FIRST)
    qtbot.waitUntil(page.arrays.isVisible, timeout=PATIENCE_MS)
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: not page.arrays.isVisible(), timeout=PATIENCE_MS)


def test_a_role_of_a_column_and_the_chosen_inputs_agree() -> None:
    data = DataSettings(source="table.csv", inputs=["a", "b"])
    assert with_role(data, ("label",), "c", "number")["inputs"] == ["a", "b", "c"]
    assert with_role(data, ("label",), "b", "ignore")["inputs"] == ["a"]
    assert with_role(data, ("label",), "a", "target")["inputs"] == ["b"]
    assert "inputs" not in with_role(DataSettings(source="table.csv"), (), "a", "number")
