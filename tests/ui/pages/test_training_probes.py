"""What the Training page says of the examples that are followed, for each kind of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.ui.pages.training.cards import ProbeCard
from app.ui.pages.training.probe_bodies import BODIES, Probe, predictions_of
from app.ui.style.theme import Theme
from tests.ui.pages.test_results_views import VIEWS, content_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def probe_of(name: str) -> Probe:
    shown = content_of(name)
    assert shown.description is not None and shown.dataset is not None
    return Probe(shown.report, shown.description, shown.dataset)


@pytest.mark.parametrize("name", list(VIEWS))
def test_every_kind_of_results_has_its_place_in_the_card(qtbot: QtBot, name: str) -> None:
    card = ProbeCard(Theme())
    qtbot.addWidget(card)
    card.resize(390, 190)
    card.show()
    card.show_note("After the first epoch.")
    card.show_probe(probe_of(name))
    assert (
        card.why.text()
        and card.note.isHidden()
        and card.content is not None
        and card.content.isVisible()
    )

    card.grab()
    card.show_note("The data are not open.")
    assert not card.content.isVisible()
    assert set(BODIES) == set(VIEWS)


def test_another_task_takes_the_place_of_the_one_before(qtbot: QtBot) -> None:
    card = ProbeCard(Theme())
    qtbot.addWidget(card)
    card.show()

    for name in ("classes", "amounts", "matching", "classes"):
        card.show_probe(probe_of(name))
        assert type(card.content) is BODIES[name]


def test_tags_and_classes_say_what_is_wrong() -> None:
    for name in ("classes", "tags"):
        probe = probe_of(name)
        for prediction in predictions_of(probe, 6):
            assert prediction.right == (
                len([line for line in prediction.lines if line.startswith("is ")]) == 0
            )
            assert prediction.example.name
