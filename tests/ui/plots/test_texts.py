"""No text of a plot lies on another, and none is cut, however much there is to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.painted_texts import overlaps, painted_texts
from tests.ui.plots.plots_with_much import PLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from app.ui.style.theme import Theme

LOOKS = {
    "narrow": (240, 170, 1.0, False),
    "usual": (390, 250, 1.0, False),
    "large type": (390, 300, 1.5, False),
    "wide": (900, 520, 1.0, False),
    "projected": (600, 460, 1.0, True),
}
"""Width and height in pixels, zoom, projector."""


@pytest.fixture
def plain_theme(theme: Theme) -> Iterator[Theme]:
    yield theme
    theme.set_projector(False)
    theme.set_zoom(1.0)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PLOTS)
def test_no_text_lies_on_another_or_is_cut(
    qtbot: QtBot, plain_theme: Theme, name: str, look: str
) -> None:
    width, height, zoom, projector = LOOKS[look]
    plain_theme.set_zoom(zoom)
    plain_theme.set_projector(projector)
    plot = PLOTS[name](plain_theme)
    qtbot.addWidget(plot)
    plot.resize(width, height)
    with qtbot.waitExposed(plot):
        plot.show()

    plot.grab()  # labels are measured as they are painted, and the axis makes room for them
    qtbot.waitUntil(lambda: not plot.left.widening)
    texts = painted_texts(plot)

    assert not overlaps(texts)
    assert not [text.text for text in texts if text.cut]
