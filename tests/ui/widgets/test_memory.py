"""The memory ledger on screen: the engine's rows, each byte once, each row with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from app.engine.experiment import toml_file
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.text import bytes_text
from app.ui.pages.training.cards import MemoryView, predicted_and_measured
from app.ui.state.record import read_record
from app.ui.style.theme import DARK, LIGHT, MEMORY, Theme
from app.ui.widgets.memory.device_panel import DevicePanel
from app.ui.widgets.memory.ledger import (
    NAMES,
    device_parts,
    multiples,
    overlap,
    parts_of,
    role_of,
    rows_of,
    sum_in_words,
    total_of,
)
from app.ui.widgets.memory.memory_bar import MemoryBar
from app.ui.widgets.memory.memory_table import MemoryTable
from app.ui.widgets.memory.row_explanations import keeps_full_state, row_explanations

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.plots.curves.memory import MemoryPlot
    from app.ui.state.record import Record

N = 1_204_874
NEW = {
    "weights": 4 * N,
    "gradients": 4 * N,
    "first_moment": 4 * N,
    "second_moment": 4 * N,
    "other_state": 120,
    "activations": 9_000_000,
    "batch": 100_000,
    "dataset": 2_000_000,
    "workspace": 500_000,
    "data": 2_100_000,
}
OLD = {"weights": 400, "gradients": 400, "activations": 5000, "data": 700, "peak": 7000}


def texts_of(table: MemoryTable) -> list[str]:
    """Returns all texts in a table."""
    return [
        label.text()
        for label in table.findChildren(QLabel)
        if label.isVisibleTo(table) and label.text()
    ]


def record_of_run(folder: Path, **optimizer: object) -> Record:
    """Returns the record of a short real run, read from its folder."""
    from app.engine.training.trainer import train

    experiment = toml_file.from_plain(
        {
            "name": "little",
            "data": {"source": "sample:digits"},
            "model": {"template": "cnn"},
            "optimizer": optimizer,
            "training": {
                "epochs": 1,
                "batch_size": 64,
                "device": "cpu",
                "threads": 1,
                "precision": "float32",
            },
        }
    )
    run = Run.create(folder, experiment)
    assert train(experiment, run, lambda event: None, Control()).status == "completed"

    return read_record(run.path)


# --- values


def test_four_n_as_the_lecture_writes_it() -> None:
    assert sum_in_words(NEW, N) == "4n = 4 × 1,204,874 floats = 18.4 MiB"
    assert multiples(NEW) == {"weights": 1, "gradients": 2, "first_moment": 3, "second_moment": 4}


def test_no_byte_is_counted_twice() -> None:
    assert "data" not in rows_of(NEW) and rows_of(OLD)["data"] == 700
    assert total_of(NEW) == sum(size for key, size in NEW.items() if key != "data")
    assert (
        sum(part.bytes for part in parts_of(OLD)) == 7000
    )  # what the peak holds beyond its rows is the workspace
    assert overlap(NEW | {"peak": total_of(NEW) - 5}) == 5 and overlap(NEW) == 0


def test_every_row_has_a_colour_of_its_own(qapp: object) -> None:
    theme = Theme()
    colours = [theme.color(role_of(key)).name() for key in NAMES if key != "data"]
    assert len(set(colours)) == len(colours) and set(NAMES) <= set(MEMORY)

    for colour in colours:
        assert colour not in (LIGHT["surface"], DARK["surface"], LIGHT["track"], DARK["track"])


@pytest.mark.parametrize("kind", [choice.kind for choice in OPTIMIZERS.all()])
def test_every_optimizer_says_where_its_rows_come_from(kind: str) -> None:
    optimizer = OPTIMIZERS.get(kind)()
    explanations = row_explanations(optimizer)
    names = {
        name
        for shape in ((3, 4), (5,))
        for matrix in (True, False)
        for name in optimizer.state_shapes(shape, matrix)
    }

    assert names <= set(optimizer.state_descriptions), "a state that has no words yet"
    for name in names:
        row = optimizer.state_names.get(name, "other_state")
        assert f"({name})" in explanations[row]

    for row in ("first_moment", "second_moment"):
        if row not in (*optimizer.full_state, *optimizer.partial_state):
            assert explanations[row] == f"{optimizer.label} keeps none."


def test_amsgrad_is_five_n() -> None:
    optimizer = OPTIMIZERS.get("adam")(amsgrad=True)
    rows = NEW | {"other_state": 4 * N + 120}
    assert keeps_full_state(optimizer) and sum_in_words(rows, N, optimizer).startswith(
        "5n = 5 × 1,204,874 floats"
    )


def test_some_of_n_is_no_whole_n() -> None:
    rows = {"weights": 4000, "gradients": 4000, "second_moment": 125, "other_state": 900}
    assert sum_in_words(rows, 1000) == "2.03n = 2.03 × 1,000 floats = 7.9 KiB"


# --- on screen


def test_sgd_shows_two_n_and_that_it_keeps_no_moments(qtbot: QtBot) -> None:
    table = MemoryTable(Theme(), compact=False)
    qtbot.addWidget(table)
    rows = {
        "weights": 400,
        "gradients": 400,
        "first_moment": 0,
        "second_moment": 0,
        "activations": 100,
    }

    table.show_rows(rows, rows, 100, OPTIMIZERS.get("sgd")())
    texts = texts_of(table)
    assert (
        "2n" in texts
        and "3n" not in texts
        and texts.count("SGD keeps none.") == 2
        and texts.count("none") == 4
    )

    assert table.sum.text() == "2n = 2 × 100 floats = 800 B"


def test_the_rows_are_shown_with_or_without_their_explanation(qtbot: QtBot) -> None:
    table = MemoryTable(Theme(), compact=False, columns=("predicted",), explained=False)
    qtbot.addWidget(table)
    table.show_rows(NEW, {}, N, OPTIMIZERS.get("adamw")())
    assert [text for text in texts_of(table) if text.rstrip("n").isdigit() or text == "n"] == [
        "n",
        "2n",
        "3n",
        "4n",
    ]

    sentence = "AdamW's running average of the gradient (exp_avg), one float32 for each weight."
    assert sentence not in texts_of(table) and any(
        widget.toolTip() == sentence for widget in table.findChildren(QWidget)
    )
    table.set_explained(True)
    assert sentence in texts_of(table)

    table.resize(360, 500)
    table.grab()


def test_what_is_small_is_enlarged_to_scale_and_says_so(qtbot: QtBot) -> None:
    bar = MemoryBar(Theme(), enlarge=True)
    qtbot.addWidget(bar)
    bar.resize(400, 60)
    bar.show_parts(parts_of(NEW | {"activations": 900_000_000}))
    widths = {part.key: box.width() for part, box in bar.segments()}

    assert widths["activations"] / widths["weights"] == pytest.approx(900_000_000 / (4 * N))
    below = [box.width() for _, box in bar.enlarged_segments()]
    assert bar.times_larger() == f"{below[0] / widths['weights']:,.0f} times larger"

    bar.grab()


def test_a_real_run_predicted_measured_and_the_difference(qtbot: QtBot, tmp_path: Path) -> None:
    record = record_of_run(tmp_path, kind="adamw")
    predicted, measured = predicted_and_measured(record)
    assert record.prepared is not None
    assert predicted["weights"] == measured["weights"] == 4 * record.prepared.parameters

    view = MemoryView(Theme())
    qtbot.addWidget(view)
    view.show_record(record, record.resolved)
    texts = texts_of(view.table)
    assert (
        texts.count("exact") >= 4
        and f"4n = 4 × {record.prepared.parameters:,} floats" in view.table.sum.text()
    )

    for key in rows_of(measured):
        if measured[key]:
            assert bytes_text(measured[key]) in texts, key

    assert "predicted" in view.ledger.why.text()
    assert sum(part.bytes for part in view.panel.bar.parts) == int(
        record.memory[-1].device["total"] or 0
    )
    assert ("kept by PyTorch", "–") in view.panel.lines
    assert any("CPU" in reason for reason in view.panel.reasons)

    plot: MemoryPlot = view.plot
    assert (
        plot.value_at(plot.rows["weights"], 0) == measured["weights"]
        and "data" not in plot.table()[0]
    )


def test_adafactor_keeps_a_little_of_every_matrix(qtbot: QtBot, tmp_path: Path) -> None:
    record = record_of_run(tmp_path, kind="adafactor")
    predicted, measured = predicted_and_measured(record)
    assert predicted["other_state"] == measured["other_state"] > 0

    table = MemoryTable(Theme(), compact=False)
    qtbot.addWidget(table)
    table.show_rows(predicted, measured, record.prepared.parameters, record.resolved.optimizer)
    assert any("(row_var) of matrices and filters" in text for text in texts_of(table))
    assert table.sum.text().startswith("2.0")


def test_the_device_adds_up_and_what_is_unknown_is_no_zero(qtbot: QtBot) -> None:
    total = 8 * 2**30
    gpu = {"total": total, "free": 2 * 2**30, "reserved": 4 * 2**30, "allocated": 3 * 2**30}
    assert sum(part.bytes for part in device_parts(NEW, gpu)) == total

    cpu = {"total": total, "free": 2 * 2**30, "process": 2**30, "reserved": None}
    parts = {part.key: part.bytes for part in device_parts(NEW, cpu)}
    assert sum(parts.values()) == total and parts["model"] == total_of(NEW)

    panel = DevicePanel(Theme())
    qtbot.addWidget(panel)
    panel.show_readings(NEW, cpu, {"reserved": "PyTorch keeps no store here."})
    assert ("kept by PyTorch", "–") in panel.lines and panel.reasons == [
        "PyTorch keeps no store here."
    ]
    assert not any(value.startswith("0 ") for _, value in panel.lines)
