"""The rail in little room: its steps stay apart, side by side and to the eye."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import pytest

from app.ui.pages import find_pages
from app.ui.shell.rail import Rail

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.ui.style.theme import Theme


@pytest.mark.parametrize(("zoom", "height"), [(1.0, 488), (1.5, 552), (2.0, 496)])
@pytest.mark.parametrize("compact", [True, False])
def test_steps_that_are_done_are_told_apart(
    qtbot: QtBot, theme: Theme, zoom: float, height: int, compact: bool
) -> None:
    """The heights are those that windows of 900x600 and 1280x720 leave between their bars."""
    theme.set_zoom(zoom)
    rail = Rail(theme, find_pages())
    qtbot.addWidget(rail)
    rail.set_compact(compact)
    for step in rail.steps.values():
        step.show_state(True, "", False)

    rail.resize(rail.width(), height)
    rail.show()
    steps = list(rail.steps.values())
    assert steps[-1].geometry().bottom() < height
    assert all(
        above.geometry().bottom() < below.geometry().top() for above, below in pairwise(steps)
    )

    pictures = [step.grab().toImage() for step in steps]
    assert all(one != another for one, another in combinations(pictures, 2))
