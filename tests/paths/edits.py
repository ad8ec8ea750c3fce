"""A newcomer changes the network of a template, makes a mistake and mends it; and what is refused.

Every refusal is one sentence where it happened, and nothing is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel

from models.graph import INPUT
from tests.paths.drawer import Drawer
from tests.paths.networks import train
from tests.paths.ways import Answer
from tests.paths.x_events import CONTROL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.paths.person import Person

WIDER = 48
"""Channels that a newcomer gives a block."""


def newcomer(person: Person, folder: Path) -> Answer:
    """Adds a residual block to a template, widens one, makes a mistake, mends it and trains."""
    del folder
    person.click("welcome.sample.digits")
    person.click("rail.model")
    drawer = Drawer(person)
    drawer.photograph("newcomer-1-template")
    residual = [node.name for node in drawer.graph().nodes if node.kind == "residual"]
    person.click("model.add")
    added = drawer.drop_on_wire("residual", residual[0], residual[1])
    drawer.photograph("newcomer-2-block-added")
    drawer.set(added, "channels", WIDER)
    drawer.photograph("newcomer-3-wider")
    answer = drawer.graph().nodes[-1].name
    drawer.set(answer, "outputs", 3)
    mistake = person.see("model.mistake")
    assert isinstance(mistake, QLabel)
    words = person.on_window(mistake.text)
    drawer.photograph("newcomer-4-mistake")
    person.click("model.repair.0")
    drawer.rest()
    assert not person.on_window(mistake.isVisible), words
    drawer.photograph("newcomer-5-mended")
    first_curve = train(person)
    drawer.photograph("newcomer-6-trained")
    return Answer(f"a block more, a wider one, a mistake mended ({words})", first_curve)


def refusals(person: Person, folder: Path) -> Answer:
    """Draws a wire backwards, pastes a letter, and asks for a group of half a loop."""
    del folder
    person.click("welcome.sample.digits")
    person.click("rail.model")
    drawer = Drawer(person)
    person.click("model.template.empty")
    drawer.rest()
    first = drawer.put("convolution", INPUT)
    second = drawer.put("convolution", first)
    drawer.put("add", second)
    drawer.close_list()
    before = drawer.graph()
    told = []

    drawer.choose(second)
    drawer.drag_wire(second, first)
    told.append(_told(drawer, "refused-1-backwards"))

    person.click("model.add")
    person.type("a letter to a friend")
    person.press(ord("a"), CONTROL)
    person.press(ord("x"), CONTROL)
    drawer.close_list()
    person.press(ord("v"), CONTROL)
    told.append(_told(drawer, "refused-2-pasted"))

    drawer.choose(first)
    drawer.choose_up_to(second)
    person.press(ord("g"))
    problem = person.see("group.problem")
    assert isinstance(problem, QLabel)
    told.append(person.on_window(problem.text))
    drawer.photograph("refused-3-half-a-loop")

    assert drawer.graph() == before, "nothing is changed"
    assert all(sentence.endswith(".") for sentence in told), told
    return Answer(" | ".join(told), 0)


def _told(drawer: Drawer, picture: str) -> str:
    """Returns the sentence that lies on the drawing."""
    message = drawer.view.message
    drawer.person.wait(message.isVisible, "a sentence on the drawing")
    drawer.photograph(picture)
    return str(drawer.person.on_window(message.text.text))


EDITED: dict[str, Callable[[Person, Path], Answer]] = {
    "newcomer": newcomer,
    "refusals": refusals,
}
