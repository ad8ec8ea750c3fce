"""Pictures of the panels of the Results page for tests.screens: suspects, confidence and others."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from app.ui.pages.results.page import ResultsPage
from app.ui.pages.results.panels import Panel
from app.ui.pages.results.panels.columns import ColumnsPanel
from app.ui.pages.results.panels.confidence import ConfidencePanel
from app.ui.pages.results.panels.robustness import RobustnessPanel
from app.ui.pages.results.panels.suspects import SuspectsPanel

if TYPE_CHECKING:
    from tests.screens import Camera

P = TypeVar("P", bound=Panel)

RESULTS = ("results",)


def take_suspects(camera: Camera) -> None:
    """Takes every panel, for pictures and for a table, and the effect of a revision."""
    camera.open()
    camera.read("sample:digits")
    camera.train(lambda: len(camera.inside.session.record.epochs) >= 2, epochs=12)
    camera.photograph("live", RESULTS)
    camera.stop()
    camera.read("sample:digits")
    camera.train(lambda: False, epochs=4)
    page = _page(camera)
    _suspects(camera, page, "digits")
    panel = _open(camera, page, "suspects", SuspectsPanel)
    panel.revision.train.click()
    camera.wait(lambda: not camera.inside.session.active)
    camera.window.frame.go("results")
    camera.settle(800)
    panel = _open(camera, page, "suspects", SuspectsPanel)
    camera.wait(lambda: bool(panel.revision.effect.text()))
    camera.photograph("suspects_effect", RESULTS)
    _measured(camera, page, "pictures")
    page.panels.choose("figures")

    camera.read("sample:penguins")
    camera.train(lambda: False, epochs=20)
    camera.window.frame.go("results")
    camera.settle(800)
    _suspects(camera, page, "rows")
    _measured(camera, page, "rows")
    columns = _open(camera, page, "columns", ColumnsPanel)
    columns.button.click()
    camera.wait(columns.button.isEnabled)
    camera.photograph("columns", RESULTS)


def _page(camera: Camera) -> ResultsPage:
    camera.window.frame.go("results")
    camera.settle(800)
    page = camera.window.frame.findChild(ResultsPage)
    assert isinstance(page, ResultsPage)
    return page


def _open(camera: Camera, page: ResultsPage, key: str, kind: type[P]) -> P:
    page.panels.choose(key)
    camera.settle(400)
    panel = page.panels.panel
    assert isinstance(panel, kind)
    return panel


def _suspects(camera: Camera, page: ResultsPage, state: str) -> None:
    panel = _open(camera, page, "suspects", SuspectsPanel)
    camera.wait(lambda: panel.grid.isVisible())
    panel.grid.choose([0])
    camera.photograph(f"suspects_{state}", RESULTS)
    panel.grid.choose([0, 1, 2])
    panel.detail.buttons["exclude"].click()
    panel.grid.choose([4])
    panel.detail.labels.chosen.emit(1)
    panel.look.click()
    camera.wait(lambda: panel.look.isEnabled() or "Comparing" not in panel.count.text())
    panel.grid.choose([1, 4])
    camera.photograph(f"suspects_{state}_changed", RESULTS)


def _measured(camera: Camera, page: ResultsPage, state: str) -> None:
    confidence = _open(camera, page, "confidence", ConfidencePanel)
    confidence.slider.setValue(900)
    camera.photograph(f"confidence_{state}", RESULTS)
    robustness = _open(camera, page, "robustness", RobustnessPanel)
    robustness.button.click()
    camera.wait(robustness.button.isEnabled)
    camera.photograph(f"robustness_{state}", RESULTS)
