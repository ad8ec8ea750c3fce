"""Pictures of a search for tests.screens: set up, under way, over, and the menu of a setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.search import progress
from app.engine.search.ranges import parse_ranges
from app.engine.search.search_folder import (
    Begun,
    Importance,
    Plan,
    SearchFolder,
    Trial,
    default_searches,
)
from app.engine.search.subject import kinds_for
from app.ui.pages.search.setup import SearchSetup
from app.ui.state.action import Action

if TYPE_CHECKING:
    from pathlib import Path

TRIED = (
    "optimizer.kind=adamw,sgd,rmsprop",
    "optimizer.learning_rate=0.0001..0.1",
    "model.width=8..128",
    "model.dropout=0..0.5",
    "training.batch_size=16..256",
)
TRIALS = 40
MADE_UP = "2026-11-30 handwritten digits"


def take_search(camera: Any) -> None:
    """Photographs the page without a search, the dialog, and the page with several."""
    camera.open()
    camera.photograph("search_none", ("search",))
    camera.read("sample:digits")
    camera.inside.document.choose("model", "mlp")
    camera.inside.document.replace("training", epochs=6)
    camera.settle(400)
    camera.wait(lambda: not camera.inside.network_measurer.busy)
    camera.photograph("search", ("learning",))
    for appearance in camera.appearances():
        _take_setup(camera, appearance)

    _take_under_way(camera)
    make_up(camera)
    camera.inside.searches.shown = default_searches() / MADE_UP
    camera.inside.searches.look()
    camera.settle(1000)
    camera.photograph("search_over", ("search",))
    page: Any = camera.window.frame.pages["search"]
    figure = len(page.results.parallel.axes) - 1
    page.results.parallel.brushes = {figure: (0.8, 1.0), 1: (0.3, 0.9)}
    page.results.parallel.brushed.emit()
    page.results.over.buttons["steps"].click()
    page.take()
    camera.photograph("search_marked", ("search",))


def _take_setup(camera: Any, appearance: str) -> None:
    """Photographs the dialog: with nothing, with several settings, and with a mistake."""
    camera.inside.actions.do(Action.SEARCH)
    dialog: Any = camera.window.frame.findChildren(SearchSetup)[-1]
    _save(camera, dialog, f"setup_empty-{appearance}")
    for name in ("optimizer.learning_rate", "model.width", "optimizer.kind", "training.batch_size"):
        dialog.add(name)

    camera.wait(lambda: not dialog._estimate.busy and not dialog._estimate.measuring)
    _save(camera, dialog, f"setup-{appearance}")
    dialog.setting_rows["model.width"].low.setValue(4096)
    _save(camera, dialog, f"setup_wrong-{appearance}")
    dialog.reject()
    camera.settle(100)


def _take_under_way(camera: Any) -> None:
    """Photographs a real search of two runs at a time, while it is under way."""
    inside = camera.inside
    experiment = inside.document.experiment
    dataset = inside.document.dataset
    ranges = parse_ranges(TRIED[1:3], experiment, kinds_for(dataset))
    inside.searches.begin(experiment, Plan(ranges, "random", 12, "accuracy", 0, 2))

    def some() -> bool:
        current = inside.searches.current
        now = current.progress if current is not None else None
        return now is not None and len(now.trials) > 2

    camera.wait(some)
    camera.photograph("search_busy", ("search",))
    current = inside.searches.current
    inside.searches.stop(current)
    camera.wait(lambda: not progress.read(current.folder).working)
    inside.searches.look()
    camera.settle(600)
    camera.photograph("search_stopped", ("search",))


def make_up(camera: Any) -> None:
    """Writes the folder of a search of many runs that were never made."""
    document = camera.inside.document
    experiment = document.experiment.replace(name="handwritten digits")
    ranges = parse_ranges(TRIED, experiment, kinds_for(document.dataset))
    path: Path = default_searches() / MADE_UP
    folder = SearchFolder(path)
    folder.create(experiment, Plan(ranges, "tpe", TRIALS, "accuracy"))
    random = np.random.default_rng(0)
    for number in range(1, TRIALS + 1):
        rate = float(10 ** random.uniform(-4, -1))
        width = int(random.integers(8, 129))
        values = {
            "optimizer.kind": str(random.choice(["adamw", "sgd", "rmsprop"])),
            "optimizer.learning_rate": rate,
            "model.width": width,
            "model.dropout": float(random.uniform(0, 0.5)),
            "training.batch_size": int(random.integers(16, 257)),
        }
        far = abs(np.log10(rate) + 2.3)
        figure = float(0.98 - 0.12 * far + 0.0004 * width - random.uniform(0, 0.03))
        early = number > 8 and figure < 0.86
        status = "failed" if number == 17 else "ended early" if early else "completed"
        reason = "The loss was no number any more." if number == 17 else ""
        run = f"trial {number:03}"
        folder.note_begin(Begun(number, values, run))
        steps = 42 if early else 126
        known = None if number == 17 else min(figure, 0.99)
        epochs = steps // 21
        folder.note(Trial(number, run, values, status, known, steps, reason, epochs, 2.0))

    shares = {
        "optimizer.learning_rate": 0.71,
        "model.width": 0.16,
        "optimizer.kind": 0.08,
        "model.dropout": 0.03,
        "training.batch_size": 0.02,
    }
    folder.note_importance(Importance(27, shares))


def _save(camera: Any, dialog: Any, name: str) -> None:
    path: Path = camera.out / f"search_{name}.png"
    camera.settle(150)
    dialog.grab().save(str(path))
    camera.taken.append(path)
