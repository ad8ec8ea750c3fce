"""Comparing many runs in full width: the table, the axes, seeds, and what is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QAbstractButton, QLineEdit

from app.engine.runs.curves.robust_range import Extent, robust_range
from app.ui.pages.runs.compare.drawn import Choice, drawing_of
from app.ui.pages.runs.compare.subjects import compared, read_portion
from app.ui.pages.runs.entries import read_entries
from app.ui.pages.runs.page import RunsPage
from tests.ui.harness import PATIENCE_MS, Harness, until_it_fits
from tests.written_runs import Shape, write_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.pages.runs.compare.drawn import Drawing
    from app.ui.pages.runs.compare.subjects import Compared
    from app.ui.pages.runs.compare.view import CompareView


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder of five runs: three seeds, one that is wider and shorter, one diverged."""
    folder = tmp_path_factory.mktemp("compared") / "runs"
    for seed in range(3):
        write_run(folder, f"seed {seed}", settings={"training": {"seed": seed}})

    wide = {"model": {"width": 16}}
    write_run(folder, "wide", Shape(steps=60, epochs=2), wide)
    write_run(folder, "lost", Shape(floor=500.0), {"optimizer": {"kind": "sgd"}})
    return folder


@pytest.fixture
def page(qtbot: QtBot, harness: Harness, folder: Path) -> RunsPage:
    parts = harness.parts
    object.__setattr__(parts, "runs_folder", folder)
    runs_page = RunsPage(parts)
    qtbot.addWidget(runs_page)
    runs_page.resize(1040, 610)
    runs_page.show()
    qtbot.waitUntil(lambda: len(runs_page.table.runs.entries) == 5, timeout=PATIENCE_MS)
    return runs_page


def read(folder: Path, *names: str) -> Compared:
    entries = sorted(read_entries(folder, {}, lambda: None), key=lambda entry: entry.name)
    chosen = [entry for entry in entries if not names or entry.name in names]
    subjects = []
    while len(subjects) < len(chosen):
        subjects += read_portion(chosen[len(subjects) :], lambda: None)

    return compared(subjects)


def draw(runs: Compared, **choice: object) -> Drawing:
    return drawing_of(runs, Choice(**choice), lambda: None)  # type: ignore[arg-type]


def compare(qtbot: QtBot, page: RunsPage, names: Sequence[str] = ()) -> CompareView:
    """Ticks runs and opens their comparison; returns it with all curves drawn."""
    chosen = [entry for entry in page.table.runs.entries if not names or entry.name in names]
    page.table.choose([entry.path for entry in chosen])
    press(qtbot, page, "runs.compare.open")
    view = page.pages.full
    qtbot.waitUntil(lambda: len(view.runs.subjects) == len(chosen), timeout=PATIENCE_MS)
    until_drawn(qtbot, view)
    return view


def until_drawn(qtbot: QtBot, view: CompareView, count: int | None = None) -> None:
    def drawn() -> bool:
        shown = set(view.table.model.shown)
        members = {
            number
            for series in view.curves.compare_plot.series
            if series.visible and series.curve is not None
            for number in series.curve.members
        }
        return members == shown and (count is None or len(shown) == count)

    qtbot.waitUntil(drawn, timeout=PATIENCE_MS)


def press(qtbot: QtBot, page: RunsPage, name: str) -> None:
    button = page.findChild(QAbstractButton, name)
    assert button is not None and button.isVisible() and button.isEnabled(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


# --- what sets runs apart


def test_names_say_what_differs(folder: Path) -> None:
    runs = read(folder, "seed 0", "seed 1", "seed 2")
    assert [row.label for row in runs.rows] == ["Seed"]
    assert runs.names == ("seed 0 · Seed 0", "seed 1 · Seed 1", "seed 2 · Seed 2")
    assert runs.seeds == ((0, 1, 2),) and runs.same > 10
    assert read(folder, "seed 0", "wide").seeds == ()


def test_seeds_are_a_mean_with_one_standard_deviation(folder: Path) -> None:
    runs = read(folder, "seed 0", "seed 1", "seed 2", "wide")
    drawing = draw(runs, quantity="validation", axis="epoch")
    band, alone = drawing.curves
    assert band.members == (0, 1, 2) and band.name.endswith("(3 seeds)")
    values = np.stack([subject.curves.validation for subject in runs.subjects[:3]])
    np.testing.assert_allclose(band.pyramid.y, values.mean(axis=0))
    assert band.low is not None and band.high is not None
    np.testing.assert_allclose(band.high - band.pyramid.y, values.std(axis=0, ddof=1))
    assert alone.low is None and alone.end == 2.0
    assert len(draw(runs, bands=False).curves) == 4


def test_shorter_runs_end_where_they_ended(folder: Path) -> None:
    runs = read(folder, "seed 0", "wide")
    for axis, ends in (("step", [120, 60]), ("epoch", [4, 2]), ("time", [8, 4])):
        drawing = draw(runs, quantity="training", axis=axis, factor=0.9)
        assert [curve.end for curve in drawing.curves] == ends, axis
    assert draw(runs, axis="time").x_title == "time (s)"


def test_one_run_out_of_bounds_flattens_no_other() -> None:
    usual = [Extent(0.1, 2.0, 0.1, 1.5) for _ in range(3)]
    low, high, beyond = robust_range([*usual, Extent(0.5, 1e9, 0.6, 1e8)])
    assert beyond == 1 and low == 0.1 and high < 10
    assert robust_range([*usual, Extent(0.5, 1e9, 0.6, 1e8)], show_all=True) == (0.1, 1e9, 0)
    assert robust_range(usual) == (0.1, 2.0, 0)
    assert robust_range([Extent(0.3, 0.3, 0.3, 0.3), Extent(0.9, 0.9, 0.9, 0.9)])[2] == 0
    down = robust_range([*usual, Extent(-1e6, 1.0, -1e5, 1.0)])
    assert down[2] == 1 and down[0] > -10
    assert robust_range([]) == (0.0, 1.0, 0)


# --- the page


def test_a_comparison_opens_in_full_width_and_closes(qtbot: QtBot, page: RunsPage) -> None:
    view = compare(qtbot, page)
    assert page.pages.comparing and view.isVisible() and not page.head.isVisible()
    titles = [column.title for column in view.table.model.columns]
    assert titles[0] == "Run" and titles.index("Seed") < titles.index("Validation accuracy")
    assert "Width" in titles
    assert "Each line has the colour" in page.guide()[0].text

    with qtbot.waitSignal(page.guide_changed):
        press(qtbot, page, "runs.compare.back")
    assert not page.pages.comparing and page.head.isVisible()
    assert "Every training is a folder" in page.guide()[0].text


def test_the_table_sorts_filters_and_groups(qtbot: QtBot, page: RunsPage) -> None:
    view = compare(qtbot, page)
    model = view.table.model
    titles = [column.title for column in model.columns]
    seed = titles.index("Seed")
    view.table.view.horizontalHeader().setSortIndicator(seed, Qt.SortOrder.DescendingOrder)
    numbers = [model.columns[seed].texts[number] for number in model.shown]
    assert numbers[:2] == ["2", "1"]

    line = page.findChild(QLineEdit, "runs.compare.filter")
    assert line is not None
    line.setText("seed")
    until_drawn(qtbot, view, 3)
    line.clear()
    until_drawn(qtbot, view, 5)

    box = view.table.group
    box.setCurrentIndex(box.findText("Width"))
    box.activated.emit(box.currentIndex())
    heads = [row.group for row in model.rows if row.number < 0]
    assert len(heads) == 2 and heads[0].startswith("Width: 8, 4 runs, mean validation accuracy")
    assert heads[1] == "Width: 16, 1 run"
    until_drawn(qtbot, view, 5)

    def colors() -> set[str]:
        return {series.look.color.name() for series in view.curves.compare_plot.series}

    qtbot.waitUntil(lambda: len(colors()) == 2, timeout=PATIENCE_MS)


def test_axes_and_curves_change_together(qtbot: QtBot, page: RunsPage) -> None:
    view = compare(qtbot, page, ["seed 0", "wide"])
    plot = view.curves.compare_plot
    for axis, title in (("step", "step"), ("examples", "examples seen"), ("time", "time (s)")):
        press(qtbot, page, f"runs.compare.axis.{axis}")
        qtbot.waitUntil(lambda title=title: plot.x_title == title, timeout=PATIENCE_MS)

    assert not view.curves.tools_row.smooth.isVisible()
    press(qtbot, page, "runs.compare.curve.training")
    qtbot.waitUntil(lambda: plot.y_title == "training loss", timeout=PATIENCE_MS)
    assert view.curves.tools_row.smooth.isVisible()
    assert sorted(len(series.x) for series in plot.series if series.visible) == [60, 120]
    assert "shortest run ends" in [mark.words for mark in plot.marks.marked]


def test_what_is_cut_is_said_and_can_be_shown(qtbot: QtBot, page: RunsPage) -> None:
    view = compare(qtbot, page)
    remark = view.curves.remark
    qtbot.waitUntil(remark.isVisible, timeout=PATIENCE_MS)
    assert remark.text() == "1 curve goes beyond this axis."
    plot = view.curves.compare_plot
    assert plot.box.viewRange()[1][1] < 50
    press(qtbot, page, "runs.compare.all")
    assert plot.box.viewRange()[1][1] > 400 and remark.text() == "Every value is shown."
    press(qtbot, page, "runs.compare.all")
    assert plot.box.viewRange()[1][1] < 50


def test_a_row_points_out_its_curve(qtbot: QtBot, page: RunsPage) -> None:
    view = compare(qtbot, page)
    row = next(n for n, each in enumerate(view.table.model.rows) if each.number >= 0)
    view.table.view.selectRow(row)
    number = view.table.model.rows[row].number
    strong = [
        series.curve.members
        for series in view.curves.compare_plot.series
        if series.strong and series.curve is not None
    ]
    assert len(strong) == 1 and number in strong[0]


def test_zooming_takes_more_points_of_less(qtbot: QtBot, page: RunsPage, tmp_path: Path) -> None:
    view = compare(qtbot, page, ["seed 0", "wide"])
    plot = view.curves.compare_plot
    press(qtbot, page, "runs.compare.curve.training")
    qtbot.waitUntil(lambda: plot.y_title == "training loss", timeout=PATIENCE_MS)
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert not plot.following
    (left, _), _ = plot.box.viewRange()
    drawn = plot.series[0].item.getData()[0]
    assert drawn[0] <= left or drawn[0] == plot.series[0].x[0]
    qtbot.keyClick(plot, Qt.Key.Key_0)
    assert plot.following


@pytest.mark.parametrize(("zoom", "width"), [(1.0, 840), (1.5, 840), (2.0, 1080)])
def test_nothing_is_cut_off_sideways(
    qtbot: QtBot, harness: Harness, page: RunsPage, zoom: float, width: int
) -> None:
    compare(qtbot, page)
    harness.parts.theme.set_zoom(zoom)
    page.resize(width, 610)
    assert page.minimumSizeHint().width() <= width
    until_it_fits(qtbot, page.pages.full.scroller)


# --- a report from the window


def test_the_list_writes_a_report_on_what_is_ticked(
    qtbot: QtBot, page: RunsPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "a report.html"
    monkeypatch.setattr("app.ui.pages.run_actions.ask_to_save", lambda *_: out)
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    view = compare(qtbot, page, ["seed 0", "wide"])
    press(qtbot, page, "runs.compare.report")
    qtbot.waitUntil(lambda: bool(opened), timeout=PATIENCE_MS)
    assert opened == [str(out)] and "2 runs compared" in out.read_text(encoding="utf-8")
    assert view.isVisible()
