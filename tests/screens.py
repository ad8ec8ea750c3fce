"""`python -m tests.screens OUTDIR [--quick]`: takes pictures of the real window with real data.

The networks on them are really trained. Every page is taken light and dark, at 1280x720 and
1600x1000, at 100 % and 150 %; empty, busy, finished and failed. A file is called
STATE-PAGE-SHADE-WIDTHxHEIGHT-ZOOM.png. --quick: one size, 100 %, fewer states. --tasks: a run of
every kind of task. Other options take a subject of their own: see --help.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QToolButton

from app.engine.detached.awake import Awake
from app.ui.pages.learning.lr_finder import FindButton
from app.ui.pages.model.graph_edits import open_graph, set_graph
from app.ui.pages.model.page import ModelPage
from app.ui.pages.training.run_views import VIEWS
from app.ui.shell.application import Window
from app.ui.state.action import Action
from models import edits
from tests.canvas_screens import take_canvas
from tests.compare_screens import take_compare
from tests.export_screens import take_export
from tests.inside_screens import take_inside
from tests.members_screens import take_members
from tests.outputs_screens import take_outputs
from tests.place_screens import take_places
from tests.predict_screens import take_predictions
from tests.search_screens import take_search
from tests.study_screens import take_studies
from tests.suspects_screens import take_suspects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.ui.shell.assembly import Assembly
    from models.graph import Graph

STEPS = ("welcome", "data", "model", "learning", "training", "results", "tryit", "runs")
SIZES = ((1280, 720), (1600, 1000))
ZOOMS = (1.0, 1.5)
LAYOUTS = 4


class Camera:
    """A window with what it takes to bring it into a state and photograph it."""

    def __init__(self, out: Path, home: Path, quick: bool) -> None:
        self.application = QApplication(["screens"])
        self.out = out
        self.home = home
        self.sizes, self.zooms = (SIZES[:1], ZOOMS[:1]) if quick else (SIZES, ZOOMS)
        self.window = Window(home / "config", [], awake=Awake(lambda: None))
        self.taken: list[Path] = []

    @property
    def inside(self) -> Assembly:
        assert self.window.assembly is not None
        return self.window.assembly

    def wait(self, condition: Callable[[], bool]) -> None:
        timer = QTimer(interval=20)
        timer.timeout.connect(lambda: condition() and self.application.exit())
        timer.start()
        self.application.exec()
        timer.stop()

    def settle(self, milliseconds: int = 350) -> None:
        """Lets timers fire and layouts finish: pages are drawn a moment after a change."""
        QTimer.singleShot(milliseconds, self.application.exit)
        self.application.exec()

    def open(self) -> None:
        self.window.show()
        self.wait(lambda: self.window.assembly is not None and self.window.frame.filled)
        self.wait(lambda: self.inside.run_bar.engine is not None)

    def appearances(self) -> Iterator[str]:
        """Sets every combination of size, zoom and shade; yields its part of the file name."""
        for (width, height), zoom, dark in itertools.product(self.sizes, self.zooms, (False, True)):
            self.inside.theme.set_zoom(zoom)
            self.inside.theme.set_dark(dark)
            self.window.frame.resize(width, height)
            yield f"{'dark' if dark else 'light'}-{width}x{height}-{round(100 * zoom)}"

    def photograph(self, state: str, pages: tuple[str, ...] = STEPS) -> None:
        for appearance in self.appearances():
            for page in pages:
                self.window.frame.go(page)
                self.settle()
                self.save(f"{state}-{page}-{appearance}")

        self.inside.theme.set_zoom(1.0)
        self.inside.theme.set_dark(False)

    def save(self, name: str) -> None:
        # A text that grew just now is laid out level by level, a pass each.
        for _ in range(LAYOUTS):
            self.application.processEvents()

        path = self.out / f"{name}.png"
        self.window.frame.grab().save(str(path))
        self.taken.append(path)

    def photograph_dialog(self, state: str, name: str) -> None:
        """Photographs a dialog with the window behind it."""
        dialogs = [
            dialog for dialog in self.window.frame.findChildren(QDialog, name) if dialog.isVisible()
        ]
        for dialog in dialogs[-1:]:
            picture = dialog.grab()
            path = self.out / f"{state}-{name}.png"
            picture.save(str(path))
            self.taken.append(path)
            dialog.close()

    def read(self, source: str) -> None:
        self.inside.files.open(source)
        self.settle(100)
        self.wait(lambda: self.inside.document.data_state in ("ready", "failed"))
        self.settle(300)
        self.wait(lambda: not self.inside.network_measurer.busy)

    def train(self, until: Callable[[], bool], **training: object) -> None:
        """Trains until the condition holds or the run has ended."""
        session = self.inside.session
        self.inside.document.replace("training", **training)
        self.settle(300)
        self.inside.actions.do(Action.TRAIN)
        self.wait(lambda: not session.active or until())

    def stop(self) -> None:
        self.inside.session.stop()
        self.wait(lambda: not self.inside.session.active)

    def close(self) -> None:
        self.window.close()
        self.application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.application.processEvents()


def take_all(camera: Camera, quick: bool) -> None:
    camera.open()
    inside = camera.inside
    camera.photograph("empty")
    camera.read("sample:fashion")
    inside.document.choose("model", "cnn")
    camera.settle()
    camera.wait(lambda: not inside.network_measurer.busy)
    camera.photograph("ready", ("data", "model", "learning"))
    plan(camera)
    photograph_finder(camera)
    camera.train(lambda: len(inside.session.record.epochs) >= (1 if quick else 3), epochs=40)
    camera.photograph("busy", ("training", "results", "tryit", "data"))
    look_inside(camera)
    inside.actions.do(Action.PAUSE)
    camera.photograph("paused", ("training",))
    camera.stop()
    camera.read("sample:digits")
    camera.train(lambda: False, epochs=4 if quick else 12)
    camera.photograph("finished", ("training", "results", "tryit", "runs", "welcome"))
    take_race(camera, quick)
    bad = camera.home / "not pictures"
    bad.mkdir()
    (bad / "readme.txt").write_text("no pictures here", encoding="utf-8")
    camera.read(str(bad))
    camera.photograph("failed", ("data", "model"))
    diverge(camera)
    camera.photograph("diverged", ("training",))
    fail(camera)
    camera.photograph_dialog("failed", "problem.dialog")
    camera.photograph("failed", ("training",))
    inside.actions.do(Action.SHORTCUTS)
    camera.settle()
    camera.photograph_dialog("help", "help.shortcuts")


def look_inside(camera: Camera) -> None:
    """Photographs the view into the optimizer of the run under way."""
    inside: Any = camera.window.frame.pages["training"]
    camera.window.frame.go("training")
    inside.run.show_view([name for name, _, _ in VIEWS].index("inside"))
    history = camera.inside.session.record.inside
    camera.wait(lambda: history.seen > 20 or not camera.inside.session.active)
    camera.photograph("inside", ("training",))
    inside.run.show_view(0)


SUBJECTS: tuple[tuple[str, str, str, int], ...] = (
    ("yes-no", "sample:breast-cancer", "", 30),
    ("classes", "sample:penguins", "", 30),
    ("amounts", "sample:diabetes", "", 30),
    ("texts", "sample:glosses", "", 2),
    ("signals", "sample:signals", "", 4),
    ("pairs", "sample:emoji", "", 3),
    ("language", "book", "", 2),
    ("space", "sample:digits", "metric-learning", 4),
    ("restored", "sample:digits", "reconstruction", 3),
)
"""State, source, task where it is not the usual one, epochs."""


def take_tasks(camera: Camera, only: tuple[str, ...] = ()) -> None:
    """Photographs a run of every kind of task, on the pages that look different for it."""
    camera.open()
    camera.photograph("empty", ("welcome",))

    document = camera.inside.document
    for state, source, task, epochs in SUBJECTS:
        if only and state not in only:
            continue

        camera.read(short_book(camera.home) if source == "book" else source)
        if task:
            assert document.replace("data", task=task) == ""
            camera.settle(200)
            camera.wait(lambda: document.data_state in ("ready", "failed"))

        camera.settle(300)
        camera.wait(lambda: not camera.inside.network_measurer.busy)
        camera.photograph(f"task-{state}", ("data", "model", "learning"))
        camera.train(lambda: False, epochs=epochs)
        camera.settle(600)
        camera.photograph(f"task-{state}", ("training", "results"))
        camera.window.frame.go("tryit")
        camera.settle(800)

        page = camera.window.frame.pages["tryit"]
        if page.input_card.random_button.isEnabled():  # type: ignore[attr-defined]
            page.input_card.random_button.click()  # type: ignore[attr-defined]

        camera.settle(1500)
        camera.photograph(f"task-{state}", ("tryit",))


def photograph_finder(camera: Camera) -> None:
    """Photographs the search for a learning rate, under way and finished, in every appearance."""
    camera.window.frame.go("learning")
    button = camera.window.frame.findChild(FindButton, "learning.find_rate")
    assert button is not None

    search = button.search

    def beyond(step: float) -> bool:
        return not search.busy or (search.tried is not None and search.tried.step > step)

    for appearance in camera.appearances():
        button.click()
        dialog = button.dialog
        assert dialog is not None

        for state, wanted in (("busy", 50.0), ("found", float("inf"))):
            camera.settle(50)  # the search begins a moment after the dialog is in sight
            camera.wait(partial(beyond, wanted))
            camera.settle(100)
            path = camera.out / f"{state}-finder-{appearance}.png"
            dialog.grab().save(str(path))
            camera.taken.append(path)

        dialog.close()

    camera.inside.theme.set_zoom(1.0)
    camera.inside.theme.set_dark(False)


def take_race(camera: Camera, quick: bool) -> None:
    """Photographs a race of four optimizers: set up, under way and over."""
    inside = camera.inside
    inside.document.replace("training", epochs=3 if quick else 8)
    inside.actions.do(Action.RACE)
    dialog = camera.window.frame.findChildren(QDialog, "race.setup")[-1]
    camera.settle()
    dialog.grab().save(str(camera.out / "race-empty.png"))
    ready = dialog.findChild(QPushButton, "race.why_adam")
    assert ready is not None
    ready.click()
    camera.wait(lambda: dialog.memory.isVisible())  # type: ignore[attr-defined]
    dialog.grab().save(str(camera.out / "race-setup.png"))
    dialog.begin()  # type: ignore[attr-defined]
    race = inside.session.race
    camera.wait(lambda: not inside.session.active or (race is not None and race.progress > 0.4))
    camera.photograph("race-busy", ("training",))
    camera.wait(lambda: not inside.session.active)
    camera.photograph("race-over", ("training",))


def short_book(folder: Path) -> str:
    """Writes the beginning of the built-in book as a file: the whole of it would take minutes."""
    from app.engine.sources.samples.content import load_book

    path = folder / "genesis.txt"
    path.write_text(load_book("book")[:120_000], encoding="utf-8")
    return str(path)


def plan(camera: Camera) -> None:
    """Photographs the planner's table, with some of its times measured."""
    from app.ui.pages.learning.planner import Planner

    for appearance in camera.appearances():
        camera.inside.actions.do(Action.PLAN)
        table = [
            planner for planner in camera.window.frame.findChildren(Planner) if planner.isVisible()
        ][-1]
        camera.wait(lambda table=table: table.measure.isEnabled())  # type: ignore[misc]
        table.measure.click()
        camera.settle(3000)
        camera.photograph_dialog(f"plan-{appearance}", "planner")

    camera.inside.theme.set_zoom(1.0)
    camera.inside.theme.set_dark(False)


def graph_of(camera: Camera) -> Graph:
    graph = open_graph(camera.inside.document)
    assert graph is not None
    return graph


def take_blocks(camera: Camera) -> None:
    """Takes the Model page with a block chosen, a network of one's own, and a mistake in it."""
    camera.open()
    camera.read("sample:fashion")
    camera.window.frame.go("model")
    measurer = camera.inside.network_measurer

    def measured() -> None:
        camera.settle(400)
        camera.wait(lambda: not measurer.busy)
        camera.settle(400)

    measured()
    page = camera.window.frame.findChild(ModelPage)
    assert isinstance(page, ModelPage)
    view = page.network.view
    view.choose("block1")
    measured()
    camera.photograph("block", ("model",))

    view.choose(*[node.name for node in graph_of(camera).nodes[2:5]])
    measured()
    camera.photograph("group", ("model",))
    page.group.name.setText("stage")
    page.group.save()
    measured()
    camera.photograph("grouped", ("model",))
    camera.inside.document.undo()
    measured()
    view.choose("block1")
    page.block.add("squeeze-excitation")
    measured()
    camera.photograph("block_added", ("model",))
    view.scene().clearSelection()
    camera.settle()
    camera.photograph("own", ("model",))

    button = page.network.findChild(QToolButton, "model.code")
    assert button is not None
    button.toggle()
    view.choose("block1")
    measured()
    camera.photograph("code", ("model",))
    button.toggle()

    wide = edits.insert_after(graph_of(camera), "block1", "convolution", {"channels": 128})[0]
    bypass = edits.insert_after(wide, "conv1", "add", {}, ("block1",))[0]
    set_graph(camera.inside.document, bypass)
    measured()
    camera.photograph("mistake", ("model",))


def diverge(camera: Camera) -> None:
    """Trains with a learning rate at which the loss overflows."""
    camera.read("sample:digits")
    camera.inside.document.choose("model", "vit")
    camera.inside.document.choose("optimizer", "sgd")
    camera.inside.document.choose("schedule", "constant")

    assert camera.inside.document.replace("optimizer", learning_rate=10.0) == ""
    camera.train(lambda: False, epochs=30, gradient_clip=0.0)


def fail(camera: Camera) -> None:
    """Trains on data that vanish between choosing them and training."""
    path = camera.home / "vanishing.npz"
    random = np.random.default_rng(0)
    np.savez(
        path, images=random.integers(0, 255, (80, 16, 16), dtype=np.uint8), labels=np.arange(80) % 4
    )
    camera.read(str(path))
    path.unlink()
    camera.train(lambda: False, epochs=1)
    camera.settle()


SUBJECTS: dict[str, tuple[str, Callable[[Camera], None]]] = {
    "blocks": ("the Model page with own blocks", take_blocks),
    "canvas": ("the network drawn by hand", take_canvas),
    "compare": ("the comparison of many runs", take_compare),
    "export": ("the export of a trained network", take_export),
    "inside": ("inside the network, its epochs, and what if", take_inside),
    "members": ("networks with members: Model, Results and Try it", take_members),
    "outputs": ("the Model page: outputs of blocks, and the table", take_outputs),
    "places": ("where a run trains: processes, another computer", take_places),
    "predict": ("many examples predicted at once", take_predictions),
    "search": ("a search for good settings", take_search),
    "studies": ("seeds, ablations and the queue", take_studies),
    "suspects": ("the panels of the Results page", take_suspects),
}
"""What is taken in place of the usual pictures: its option, what that says, and who takes it."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.screens", description=__doc__)
    parser.add_argument("outdir", type=Path)
    parser.add_argument("--tasks", nargs="*", help="the tasks instead: all, or those named")
    parser.add_argument("--quick", action="store_true", help="one size at 100 %%, less training")
    for name, (text, _) in SUBJECTS.items():
        parser.add_argument(f"--{name}", action="store_true", help=text)

    arguments = parser.parse_args()
    arguments.outdir.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as folder:
        for variable in (
            "HOME",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
            "XDG_DATA_HOME",
            "XDG_DOCUMENTS_DIR",
        ):
            os.environ[variable] = folder

        camera = Camera(arguments.outdir, Path(folder), arguments.quick)
        chosen = [take for name, (_, take) in SUBJECTS.items() if getattr(arguments, name)]
        for take in chosen:
            take(camera)

        if arguments.tasks is not None:
            take_tasks(camera, tuple(arguments.tasks))
        elif not chosen:
            take_all(camera, arguments.quick)

        problems = [problem.text() for problem in camera.inside.problems.problems]
        camera.close()

    print(f"{len(camera.taken)} pictures in {arguments.outdir}")
    for problem in problems:
        print(problem)

    return 0


if __name__ == "__main__":
    sys.exit(main())
