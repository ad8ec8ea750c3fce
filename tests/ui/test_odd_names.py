"""Odd names through every page of the window: each is shown letter for letter."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QDialog, QMenu, QMessageBox, QTabBar, QWidget

from app.engine.export.proof import keep
from app.engine.learning.tasks import TASKS
from app.engine.results.reports import report_for
from app.engine.runs.run import list_runs
from app.ui.pages.results.selection import ViewContent
from app.ui.pages.results.views import view_for
from app.ui.pages.results.views.amounts import AmountsView
from app.ui.pages.results.views.classes import ClassesView
from app.ui.pages.results.views.matching import MatchingView
from app.ui.pages.results.views.space import SpaceView
from app.ui.pages.results.views.tags import TagsView
from app.ui.pages.training.race.plots import RacePlot
from app.ui.state.action import Action
from app.ui.widgets.export.dialog import ExportDialog
from tests.engine import tiny
from tests.engine.export.proofs import a_proof
from tests.odd_names import FOR_FILES, ODD
from tests.odd_names import write_table as write_odd_table
from tests.ui.pages.test_results_views import VIEWS, answers
from tests.ui.painted_texts import painted_texts
from tests.ui.shown_texts import shown_texts
from tests.ui.window_actions import inside, until

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.shell.application import Window
    from tests.ui.harness import Harness

MARKS = {
    "bold6": "<b>bold6<img src=x>",
    "Beer7": "Beer7&Bread",
    "lt8": "lt8&lt;i&gt;",
    "sum9": "=1+1 sum9",
    "minus10": "-x minus10",
    "rich12": "[red]rich12[/red]",
    "percent13": "percent13 %s {0} {name}",
    "star14": "star14[*]",
    "dollar17": "$dollar17$ \\textbf{x}",
}
"""What finds a name in a text, and the name."""

PAGES = ("welcome", "data", "model", "learning", "training", "results", "tryit", "runs")
NAME = "<b>bold6<img src=x> Beer7&Bread lt8&lt;i&gt; star14[*] percent13 %s {0} {name}"


NO_FILE = re.compile(r'[<>:"/\\|?*]')
"""Letters that the folder of a run has not in its name, and so neither has the run."""


def altered(text: str) -> list[str]:
    """Returns the names in a text that are not shown letter for letter, or between ellipses."""
    wrong = []
    for mark, name in MARKS.items():
        at = text.find(mark)
        if at < 0 or name in text or NO_FILE.sub("-", name) in text:
            continue

        seen, *after = text[max(0, at - name.index(mark)) :].split("…")
        while after and mark not in seen:
            seen, *after = after

        written = (name, NO_FILE.sub("-", name))
        if "…" not in text or not any(seen.strip() in whole for whole in written):
            wrong.append(name)

    return wrong


def require_literal(root: QWidget) -> set[str]:
    """Fails where a name is shown otherwise than it is; returns the marks that were found."""
    found = set()
    for where, text in shown_texts(root):
        found |= {mark for mark in MARKS if mark in text}
        assert not altered(text), f"{where}: {text!r}"

    return found


def test_the_look_sees_what_it_is_for() -> None:
    assert altered("bold6") and altered("Beer7Bread") and altered("the star14 of")
    assert not altered("a Beer7&Bread") and not altered("<b>bold6<im…")


def open_and_train(qtbot: QtBot, window: Window, source: Path, **model: object) -> None:
    """Opens data, names the experiment oddly, and trains for an epoch."""
    assembly = inside(window)
    document = assembly.document
    assembly.files.open(str(source))
    until(qtbot, lambda: document.data_state in ("ready", "failed"))
    assert document.data_state == "ready", document.data_failure

    document.set(document.experiment.replace(name=NAME))
    document.choose("model", str(model.pop("template")))
    assert document.replace("model", **model) == ""
    assert document.replace("training", epochs=1, batch_size=16, threads=1, device="cpu") == ""

    assembly.actions.do(Action.TRAIN)
    until(qtbot, lambda: assembly.session.active)
    until(qtbot, lambda: not assembly.session.active)
    assert assembly.session.record.finished is not None
    assert assembly.session.record.finished.status == "completed"


def walk(qtbot: QtBot, window: Window) -> dict[str, set[str]]:
    """Looks at every page, with each tab of it in front; returns the marks found on each."""
    found = {}
    for page in PAGES:
        window.frame.go(page)
        qtbot.wait(400)
        found[page] = require_literal(window.frame)
        for tabs in window.frame.findChildren(QTabBar):
            for index in range(tabs.count() if tabs.isVisible() else 0):
                tabs.setCurrentIndex(index)
                qtbot.wait(150)
                found[page] |= require_literal(window.frame)

    return found


def test_a_table_with_odd_names_on_every_page(
    qtbot: QtBot, open_window: Any, tmp_path: Path
) -> None:
    window = open_window()
    name = "Beer7&Bread [*].csv" if os.name == "nt" else "<b>bold6<img src=x> Beer7&Bread.csv"
    table = write_odd_table(tmp_path / name)
    open_and_train(qtbot, window, table, template="mlp", width=4, depth=1)
    (run,) = list_runs(inside(window).parts.runs_folder)
    (run.path / "note.txt").write_text(NAME, encoding="utf-8")
    shutil.copytree(run.path, run.path.with_name("2026-01-01 Beer7&Bread"))

    found = walk(qtbot, window)
    for page in ("data", "results", "tryit", "runs"):
        assert len(found[page]) >= 5, page
    assert "star14" in found["welcome"]  # in the title

    recent = next(menu for menu in window.frame.findChildren(QMenu) if menu.title() == "Recent")
    recent.aboutToShow.emit()
    assert "Beer7" in require_literal(recent)

    keep(run, a_proof(out="Beer7&Bread.pt2"))
    inside(window).actions.do(Action.EXPORT)
    dialog = window.frame.findChild(ExportDialog)
    assert dialog is not None
    until(qtbot, lambda: dialog.run is not None)
    assert {"bold6", "Beer7"} <= require_literal(dialog)
    dialog.accept()


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be there")
def test_folders_with_odd_names_on_every_page(
    qtbot: QtBot, open_window: Any, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    folder = tmp_path / "<b>bold6<img src=x>"
    for name in FOR_FILES:
        (folder / name).mkdir(parents=True)
        for number in range(8):
            pixels = random.integers(0, 255, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"Beer7&Bread {number}.png")
        (folder / name / "<b>bold6<img src=x>.png").write_bytes(b"no picture")

    window = open_window()
    open_and_train(qtbot, window, folder, template="cnn", width=4)
    found = walk(qtbot, window)
    for page in ("data", "results", "tryit"):
        assert len(found[page]) >= 3, page


def test_what_is_not_there_is_told_by_its_name(
    qtbot: QtBot, open_window: Any, tmp_path: Path
) -> None:
    window = open_window()
    for name in ODD:
        inside(window).files.open(str(tmp_path / "none" / name))

    found = require_literal(window.frame)
    for box in window.frame.findChildren(QDialog):
        found |= require_literal(box)
        box.close()

    assert found


def test_a_question_about_an_experiment_names_it(
    qtbot: QtBot, open_window: Any, tmp_path: Path
) -> None:
    window = open_window()
    files = inside(window).files
    document = inside(window).document
    name = "Beer7&Bread.toml" if os.name == "nt" else "<b>bold6<img src=x> Beer7&Bread.toml"
    document.save(tmp_path / name)
    other = tmp_path / "other.toml"
    other.write_bytes((tmp_path / name).read_bytes())
    files.open(str(tmp_path / name))
    document.set(document.experiment.replace(name="changed"))

    files.open(str(other))
    box = window.frame.findChild(QMessageBox, "files.save_changes")
    assert box is not None and "Beer7" in require_literal(box)
    box.close()


def test_the_legend_of_a_race_shows_names_as_they_are(qtbot: QtBot, harness: Harness) -> None:
    plot = RacePlot(harness.parts.theme, 2, marked=True)
    qtbot.addWidget(plot)
    plot.resize(1200, 400)
    plot.show()
    names = ["<b>bold6<img src=x>", "Beer7&Bread"]
    plot.name_curves(names)
    for series in plot.curves:
        series.show(np.arange(5.0), np.arange(5.0))

    plot.refresh()
    assert set(names) <= {text.text for text in painted_texts(plot)}


def odd_content(name: str) -> ViewContent:
    """Returns made-up results of a view, whose classes, amounts and examples have odd names."""
    names = list(MARKS.values())
    kind, sort = VIEWS[name]
    task = TASKS[kind]
    dataset = tiny.dataset(kind, sort)
    amounts = dataset.description.amounts
    description = dataclasses.replace(
        dataset.description,
        classes=tuple(names[: len(dataset.description.classes)]),
        amounts=tuple(
            dataclasses.replace(amount, name=names[index], unit=names[index + 1])
            for index, amount in enumerate(amounts)
        ),
    )
    examples = [names[row % len(names)] for row in range(len(dataset.names))]
    dataset = dataclasses.replace(dataset, description=description, names=examples)

    rows = dataset.indices["test"]
    said = answers(task, dataset, rows)
    targets = dataset.targets[rows]
    report = report_for(task.view).of("test", description, task, rows, targets, said, 0.5)

    return ViewContent(report=report, description=description, dataset=dataset, live=False)


@pytest.mark.parametrize("name", [name for name in VIEWS if name != "restored"])
def test_every_view_of_results_shows_names_as_they_are(
    qtbot: QtBot, harness: Harness, name: str
) -> None:
    view = view_for(name)(harness.parts)
    qtbot.addWidget(view)
    view.resize(820, 420)
    view.show()
    view.show_results(odd_content(name))
    view.arrange(True)
    view.grab()
    found = require_literal(view)

    match view:
        case AmountsView() | SpaceView():
            view.show_row(0 if name == "amounts" else int(view.content.report.rows[0]))
        case MatchingView():
            view.show_cell(0, 1)
        case ClassesView():
            view.side.show_cell(0, 1)
        case TagsView():
            view.show_tag(0)

    found |= require_literal(view)
    assert found or name in ("language", "matching")
