"""The three paths: a demo before a class, a folder of photos, a messy table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit

from tests.paths.files import write_photos, write_table
from tests.paths.x_events import CONTROL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.paths.person import Person


EPOCHS = 8
"""After so many a person has seen enough."""


@dataclass(frozen=True)
class Answer:
    """What came at the end. first_curve: the clicks up to the first point of the curve."""

    text: str
    first_curve: int


def demo(person: Person, folder: Path) -> Answer:
    """Trains on a sample before a class and asks about an example of its test set."""
    del folder
    person.click("welcome.sample.digits")
    first_curve = _train(person)
    person.click("rail.tryit")
    person.click("tryit.random")
    return Answer(_answer(person), first_curve)


def photos(person: Person, folder: Path) -> Answer:
    """Trains on a folder of photos and asks about a further one."""
    further = write_photos(folder / "photos")
    person.click("welcome.open_folder")
    person.answer_dialog(str(folder / "photos"))
    first_curve = _train(person)
    person.click("rail.tryit")
    person.click("tryit.open")
    person.answer_dialog(str(further))
    return Answer(_answer(person), first_curve)


def table(person: Person, folder: Path) -> Answer:
    """Trains on a messy table to predict a column that is chosen, and asks about a new row."""
    path = write_table(folder)
    person.click("welcome.open_file")
    person.answer_dialog(str(path))
    box = person.click("data.predicted")
    assert isinstance(box, QComboBox)
    person.type("Rent", enter=True)
    person.wait(lambda: "Rent" in box.currentText(), "the target is Rent")
    first_curve = _train(person)
    person.click("rail.tryit")
    field = person.click("tryit.field.0")
    assert isinstance(field, QLineEdit) or field.findChild(QLineEdit) is not None, field
    person.press(ord("a"), CONTROL)
    person.type("75,5", enter=True)
    return Answer(_answer(person), first_curve)


WAYS: dict[str, Callable[[Person, Path], Answer]] = {
    "a demo before a class": demo,
    "a folder of photos": photos,
    "a messy table": table,
}


def _train(person: Person) -> int:
    """Trains until the network has learned something, then stops; returns the clicks so far."""
    session = person.session
    person.click("train.start")
    person.wait(lambda: len(session.record.losses) > 0, "the first point of the curve")
    clicks = person.clicks
    person.wait(lambda: len(session.record.epochs) >= EPOCHS or not session.active, "some epochs")
    if person.on_window(lambda: session.active):
        person.click("train.stop")
    person.wait(lambda: not session.active, "the end of the training")

    return clicks


def _answer(person: Person) -> str:
    best = person.see("tryit.best")
    assert isinstance(best, QLabel)
    person.wait(lambda: bool(best.text()), "an answer")
    return str(person.on_window(best.text))
