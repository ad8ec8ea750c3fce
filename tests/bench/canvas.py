"""What a frame and a gesture cost the window's thread with 300 blocks in sight, in milliseconds.

A frame paints all that is in sight anew, as after a jump; while one pans, Qt moves most of the
picture and paints less. Processor time of the thread, so that other work of the machine does not
count.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.engine.experiment.experiment import Experiment
from app.ui.canvas.editor import Drop
from app.ui.pages.model.page import ModelPage
from models.own_network import OwnNetwork
from tests.bench.graph import large_graph
from tests.ui.harness import Harness, open_harness

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.canvas.view import NetworkView

BLOCKS = 300

SIZE = (1_600, 1_000)

ZOOMS = (0.2, 0.35, 0.5, 1.0)
"""At the first all 300 blocks are plain; from the second on they have words."""

FRAME_MS = 16.0

GESTURE_MS = 50.0


def main(times: int) -> int:
    """Prints the figures; returns 1 where one is missed."""
    application = QApplication.instance() or QApplication(["bench"])
    missed = False
    with tempfile.TemporaryDirectory() as folder, open_harness(Path(folder)) as harness:
        page = _opened(harness)
        view = page.network.view
        for zoom in ZOOMS:
            for what, cost in (
                ("pan", _pans(view, zoom, times)),
                ("zoom", _zooms(view, zoom, times)),
            ):
                seen = _seen(view)
                missed |= _tell(f"{what} at {zoom:.0%}, {seen} blocks in sight", cost, FRAME_MS)

        spread = _spread(page, view)
        for what, cost in (
            ("pan", _pans(view, spread, times)),
            ("zoom", _zooms(view, spread, times)),
        ):
            words = f"{what} with words, {_seen(view)} blocks in sight"
            missed |= _tell(words, cost, FRAME_MS)

        for what, cost in _gestures(page, times).items():
            missed |= _tell(f"gesture: {what}", cost, GESTURE_MS)

        page.hide()
        page.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    del application
    return int(missed)


def _opened(harness: Harness) -> ModelPage:
    """Returns the page with 300 blocks, measured, the drawing as large as the window."""
    page = ModelPage(harness.parts)
    page.resize(*SIZE)
    page.show()
    harness.document.open(Experiment(model=OwnNetwork(blocks=large_graph(BLOCKS))))
    _settle(lambda: not harness.parts.network_measurer.busy)
    page.network.view.setFixedSize(*SIZE)
    _settle(lambda: True)
    return page


def _spread(page: ModelPage, view: NetworkView) -> float:
    """Puts the blocks into many columns, so that all are in sight with their words.

    Returns the zoom at which they are.
    """
    per_column = 22
    names = [block.name for block in view.blocks if not block.source]
    page.editor.move(
        {
            name: (270.0 * (number // per_column), 60.0 * (number % per_column))
            for number, name in enumerate(names)
        },
        {},
    )
    _settle(lambda: True)
    view.zoom_to_fit()
    return view.zoom


def _pans(view: NetworkView, zoom: float, times: int) -> list[float]:
    """Moves the picture and paints all of it, each time."""
    _zoom_to(view, zoom)
    bar = view.verticalScrollBar()
    costs = []
    for number in range(times):
        start = time.thread_time()
        bar.setValue(bar.minimum() + 37 * number % max(1, bar.maximum() - bar.minimum() + 1))
        _paint(view)
        costs.append(1_000 * (time.thread_time() - start))

    return costs


def _zooms(view: NetworkView, zoom: float, times: int) -> list[float]:
    """Zooms in and out by small steps, as a wheel does."""
    _zoom_to(view, zoom)
    costs = []
    for number in range(times):
        start = time.thread_time()
        view.zoom_by(1.05 if number % 2 else 1 / 1.05)
        _paint(view)
        costs.append(1_000 * (time.thread_time() - start))

    return costs


def _gestures(page: ModelPage, times: int) -> dict[str, list[float]]:
    """Does edits through the page until they are drawn, and takes them back."""
    view = page.network.view
    editor = page.editor
    names = [block.name for block in view.blocks if not block.source]
    middle = names[len(names) // 2]
    source = view.item(middle).view.inputs[0]
    gestures: dict[str, Callable[[], str]] = {
        "insert on a wire": lambda: editor.insert("dropout", Drop(wire=(source, middle))),
        "draw a wire": lambda: editor.draw_wire(names[3], names[7]),
        "delete three": lambda: editor.delete(names[40:43], ()),
        "move ten": lambda: editor.move(dict.fromkeys(names[:10], (40.0, 40.0)), {}),
        "duplicate four": lambda: editor.duplicate(names[8:12]),
    }
    found: dict[str, list[float]] = {}
    for what, gesture in gestures.items():
        found[what] = []
        for _ in range(max(3, times // 6)):
            start = time.thread_time()
            sentence = gesture()
            _paint(view)
            found[what].append(1_000 * (time.thread_time() - start))
            assert not sentence, (what, sentence)
            start = time.thread_time()
            page._parts.document.undo()
            _paint(view)
            found.setdefault("undo", []).append(1_000 * (time.thread_time() - start))

    return found


def _paint(view: NetworkView) -> None:
    """Paints all that is in sight, as a frame after a jump does."""
    view.viewport().repaint()


def _zoom_to(view: NetworkView, zoom: float) -> None:
    view.zoom_by(zoom / view.zoom)
    for _ in range(40):  # until all cards are sharp
        _paint(view)
        if not view.look.postponed:
            return


def _seen(view: NetworkView) -> int:
    seen = view.seen
    return sum(seen.intersects(item.rect) for item in view.content.blocks.values())


def _tell(what: str, costs: list[float], most: float) -> bool:
    """Prints a figure; returns whether it misses its goal."""
    worst = max(costs)
    median = statistics.median(costs)
    ninety = sorted(costs)[int(0.95 * (len(costs) - 1))]
    late = ninety > most
    print(
        f"{what}: median {median:.1f} ms, 95 % within {ninety:.1f}, worst {worst:.1f} "
        f"(at most {most:.0f}){'  MISSED' if late else ''}"
    )
    return late


def _settle(condition: Callable[[], bool]) -> None:
    """Processes events until the condition holds, and a moment longer."""
    loop = QEventLoop()
    timer = QTimer(interval=10)
    timer.timeout.connect(lambda: condition() and loop.quit())
    timer.start()
    loop.exec()
    timer.stop()
    QTimer.singleShot(50, loop.quit)
    loop.exec()
