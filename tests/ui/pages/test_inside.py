"""The view into the optimizer: its history, plots and words, and when a run measures for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage

from app.engine.experiment.toml_file import from_plain
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.runs import events
from app.engine.runs.optimizer_figures import BINS, QUANTITIES
from app.ui.pages.training.inside import InsideView, words
from app.ui.pages.training.page import TrainingPage
from app.ui.pages.training.run_views import VIEWS
from app.ui.plots.matrices.heat_map import decades, heat_image, viridis
from app.ui.plots.optimizer.histogram_over_time import HistogramOverTime
from app.ui.plots.optimizer.layer_strip import LayerStrip, span_of
from app.ui.plots.optimizer.sizes import WeightNormsPlot
from app.ui.state.optimizer_history import FEWEST, OptimizerHistory
from app.ui.state.record import Record
from app.ui.state.session import Session
from app.ui.style.theme import Theme
from tests.ui import fake_run

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.experiment.experiment import Experiment
    from tests.ui.harness import Harness

PATIENCE_MS = 60_000
INSIDE = [name for name, _, _ in VIEWS].index("inside")
LAYERS = ("conv1", "conv2", "answer")


def measurement(
    step: int = 1, without: tuple[str, ...] = (), layers: tuple[str, ...] = LAYERS, **changes: float
) -> Any:
    """Returns measurements of layers whose gradients differ by a factor of 100, not their steps."""
    count = len(layers)
    gradient = np.geomspace(1e-4, 1e-2, count)
    sizes = {
        "gradient": gradient,
        "first_moment": gradient / 3,
        "second_moment_root": gradient,
        "step": np.full(count, 1e-3),
        "weight": np.full(count, 0.5),
    }

    counts = np.zeros((count, BINS), np.int64)
    counts[:, 20:24] = 25
    quantities = {name: values for name, values in sizes.items() if name not in without}
    figures = {
        "gradient": 1e-4,
        "first_moment": 3e-4,
        "second_moment_root": 6e-4,
        "step": 1e-3,
        "weight": 0.5,
        "decay": 0.0,
    } | changes

    return events.OptimizerMeasured(
        step,
        layers,
        tuple(1000 for _ in layers),
        quantities,
        dict.fromkeys(quantities, counts),
        np.full(count, 2.0 + 0.01 * step),
        0.001,
        0.002,
        {name: np.full(count, value) for name, value in figures.items() if name not in without},
    )


# --- what is kept of a run


def test_measurements_are_bounded_and_evenly_spread() -> None:
    history = OptimizerHistory()
    for step in range(1, 2001):
        history.add(measurement(step))

    assert history.seen == 2000 and history.latest is not None and history.latest.step == 2000
    gaps = np.diff(history.steps)
    assert (
        len(history.steps) <= history.most
        and len(set(gaps.tolist())) == 1
        and history.steps[0] == 1
    )
    assert history.sizes("gradient").shape == history.norms().shape == (3, len(history.steps))
    assert history.histogram("step", 1).sum(axis=0) == pytest.approx(1.0)
    assert history.sizes("ratio") == pytest.approx(1e-3 / 0.5)


def test_of_many_layers_fewer_measurements_are_kept() -> None:
    history = OptimizerHistory()
    history.add(measurement(layers=tuple(f"layer {number}" for number in range(400))))
    assert history.most == FEWEST + 1


def test_a_run_that_goes_on_from_an_earlier_step_forgets_what_came_after() -> None:
    record = fake_run.record_of(*(measurement(step) for step in (10, 20, 30)), events.Resumed(20))
    assert record.inside.steps.tolist() == [10, 20]
    record.add(events.Resumed(5))
    assert record.inside.latest is None and not len(record.inside.steps)

    record.add(measurement(6))
    record.add(measurement(7, layers=("other",)))
    assert record.inside.layers == ("other",) and record.inside.norms().shape == (1, 1)


def test_what_an_optimizer_lacks_is_unknown() -> None:
    history = OptimizerHistory()
    history.add(measurement(without=("first_moment", "second_moment_root")))
    assert set(history.quantities) == {"gradient", "step", "weight"}
    assert (
        np.isnan(history.sizes("first_moment")).all()
        and not history.histogram("first_moment", 0).size
    )


# --- asking the run


def test_a_run_measures_only_while_the_view_is_open() -> None:
    session = Session()
    assert session._control.watching is False
    session.look_inside(True)
    assert session._control.watching is True

    session.set_calm(True)
    assert session._control.watching is False
    session.set_calm(False)
    session.show(Record())
    assert session._control.watching is False, "another run is shown"

    session.show_live()
    assert session._control.watching is True
    session.look_inside(False)
    assert session._control.watching is False


# --- pictures


def test_a_picture_has_the_colours_of_its_values() -> None:
    values = np.array([[0.0, 1.0, np.nan]])
    image = heat_image(values, 0.0, 1.0, viridis(), Theme().color("track"))
    shown = [image.pixelColor(column, 0).name() for column in range(3)]
    assert shown == ["#440154", "#fde725", Theme().color("track").name()]
    assert image.format() is QImage.Format.Format_RGB32

    lightness = viridis().astype(float) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(lightness) > -0.5).all(), "it is read in grey too"
    assert decades(-6.5, 0.2, 4) == [-6, -4, -2, 0]


def test_little_difference_looks_alike() -> None:
    low, high = span_of(np.array([[-3.0, -2.9]]))
    assert high - low == pytest.approx(3.0)
    assert span_of(np.array([[-9.0, -1.0]])) == (-9.0, -1.0)
    assert span_of(np.array([[np.nan]])) == (-6.0, 0.0)


@pytest.mark.parametrize("count", [1, 3, 130])
def test_a_layer_is_chosen_by_click_and_by_key(qtbot: QtBot, count: int) -> None:
    strip = LayerStrip(Theme())
    qtbot.addWidget(strip)
    names = tuple(f"block{number} expand" for number in range(count))
    shown = measurement(layers=names)
    strip.show_layers(names, np.full((count, 7), 1e-3), np.arange(1, 8), shown.sizes, "gradient", 0)
    strip.resize(strip.sizeHint())
    strip.show()
    strip.grab()
    heat, _ = strip._areas()

    position = QPointF(heat.center().x(), heat.bottom() - heat.height() / count / 2)
    with qtbot.waitSignal(strip.chosen) as chosen:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=position.toPoint())

    assert chosen.args == [count - 1]
    with qtbot.waitSignal(strip.chosen) as chosen:
        qtbot.keyClick(strip, Qt.Key.Key_End)

    assert chosen.args == [count - 1]
    assert "step 4: gradient 0.001" in strip.words(0, 3) and "now: g" in strip.words(0)
    assert strip.height() < 600


def test_layers_without_a_quantity_leave_a_hole(qtbot: QtBot) -> None:
    strip = LayerStrip(Theme(dark=True))
    qtbot.addWidget(strip)
    strip.show_layers(
        LAYERS,
        np.full((3, 2), np.nan),
        np.array([1, 2]),
        {"step": np.array([np.nan, 0.0, 1e-3])},
        "step",
        2,
    )

    strip.show()
    strip.grab()
    assert "–" in strip.words(0, 0)


def test_the_spectrum_says_what_lies_under_the_mouse(qtbot: QtBot) -> None:
    plot = HistogramOverTime(Theme())
    qtbot.addWidget(plot)

    history = OptimizerHistory()
    for step in (1, 2, 3):
        history.add(measurement(step))

    plot.show_histograms(
        history.histogram("weight", 0), history.steps, history.sizes("weight")[0], "memory.weights"
    )
    plot.resize(300, 200)
    plot.show()
    plot.grab()

    assert "25 % of the numbers" in plot.words(plot._area().center())
    assert plot.words(QPointF(0, 0)) == ""


def test_norms_are_drawn_against_the_first_look(qtbot: QtBot) -> None:
    plot = WeightNormsPlot(Theme())
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.show()
    plot.show_norms(
        np.array([[1.0, 2.0], [0.0, 0.0], [4.0, 4.0]]), np.array([0.5, 1.0]), 0, "conv1"
    )

    assert plot.layer.y.tolist() == [1.0, 2.0]
    assert plot.whole.y == pytest.approx([1.0, np.sqrt(20 / 17)])
    plot.show_norms(np.empty((3, 0)), np.empty(0), 0, "conv1")
    assert plot.empty


# --- words


def test_the_formula_is_shown_in_live_figures() -> None:
    line = words.line_of(OPTIMIZERS.get("adamw")(), measurement(), 0)
    assert line.symbols == "lr × m / (√v + ε)"
    assert line.figures == "0.002 × 0.0003 / (0.0006 + 10⁻⁸)" and line.result == "0.001"
    text = words.movement_of(OPTIMIZERS.get("adamw")(weight_decay=0.1), measurement(decay=0.1), 0)

    assert "was 0.50000 and is 0.49890" in text and "0.0002 of the weight" in text


@pytest.mark.parametrize("kind", [optimizer.kind for optimizer in OPTIMIZERS.all()])
def test_every_optimizer_has_its_words(kind: str) -> None:
    choice = OPTIMIZERS.get(kind)()
    rows = {"first_moment": "first_moment", "second_moment": "second_moment_root"}
    has = {rows[row] for row in (*choice.full_state, *choice.partial_state) if row in rows}
    without = tuple({"first_moment", "second_moment_root"} - has)

    history = OptimizerHistory()
    for step in (1, 2):
        history.add(measurement(step, without))

    assert history.latest is not None
    line = words.line_of(choice, history.latest, 0)
    assert bool(line.symbols) == bool(choice.step_formula()) and "{" not in line.figures

    signs = [sign for sign, _ in words.parts_of(choice, history.latest, 0)]
    assert ("m" in signs, "√v" in signs) == ("first_moment" in has, "second_moment_root" in has)
    assert words.observations(choice, history, 0)
    assert words.title_of(choice).startswith("Inside ")


def test_negative_figures_are_in_one_bracket() -> None:
    choice = OPTIMIZERS.get("sgd-momentum")()
    assert words.line_of(choice, measurement(gradient=-0.5), 0).figures.startswith(
        "0.002 × (−0.5 + 0 × 0.5 + 0.9"
    )
    assert (
        words.line_of(OPTIMIZERS.get("sgd")(), measurement(gradient=-0.5), 0).figures
        == "0.002 × (−0.5)"
    )
    assert [
        words.figure(value) for value in (0.0, 0.0123, -0.52, 3.14e-4, 9.99e-5, float("nan"))
    ] == [
        "0",
        "0.0123",
        "−0.52",
        "0.000314",
        "0.0000999",
        "–",
    ]


def test_observations_are_put_into_words() -> None:
    history = OptimizerHistory()
    history.add(measurement(1))
    history.add(measurement(100))
    adam = " ".join(words.observations(OPTIMIZERS.get("adam")(), history, 0))
    assert (
        "gradients differ by a factor of 100, the steps by 1: what is divided by √v is alike"
        in adam
    )

    assert (
        "1/500 of the size" in adam
        and "Nothing pulls them back" in adam
        and "1.49 times as long" in adam
    )
    adamw = " ".join(words.observations(OPTIMIZERS.get("adamw")(weight_decay=0.1), history, 0))
    assert "stay bounded" in adamw

    factored = OptimizerHistory()
    for step in (1, 2):
        factored.add(measurement(step, ("first_moment", "second_moment_root")))

    assert factored.latest is not None
    factored.latest.sizes["step"][:] = [1e-4, 1e-3, 1e-2]
    adafactor = " ".join(words.observations(OPTIMIZERS.get("adafactor")(), factored, 0))
    assert (
        "goes with the size of its weights" in adafactor
        and "nothing evens them out" not in adafactor
    )

    assert "nothing evens them out" in " ".join(
        words.observations(OPTIMIZERS.get("sgd")(), factored, 0)
    )
    faded = measurement()
    faded.sizes["gradient"][:] = [1e-9, 1e-4, 1e-2]
    history.add(faded)
    assert "conv1 is 1/10,000,000 of that of the last layer: it vanishes" in " ".join(
        words.observations(OPTIMIZERS.get("adam")(), history, 0)
    )


# --- on the page


@pytest.fixture
def page(harness: Harness, qtbot: QtBot) -> TrainingPage:
    harness.parts.network_measurer.close()
    training_page = TrainingPage(harness.parts)
    qtbot.addWidget(training_page)
    training_page.resize(840, 1200)

    with qtbot.waitExposed(training_page):
        training_page.show()

    return training_page


def record_with(kind: str, *measurements: events.OptimizerMeasured) -> Record:
    rate = OPTIMIZERS.get(kind).default_learning_rate
    resolved = from_plain({"optimizer": {"kind": kind, "learning_rate": rate}})
    record = fake_run.record_of(
        fake_run.run_started(),
        fake_run.run_prepared(4, 50, resolved),
        fake_run.steps_done(1, np.linspace(2, 1, 50)),
    )
    for event in measurements:
        record.add(event)

    return record


def test_the_view_shows_and_chooses(page: TrainingPage, harness: Harness, qtbot: QtBot) -> None:
    session = harness.parts.session
    view = page.run.views.page(InsideView)
    session.show(record_with("adamw", *(measurement(step) for step in range(1, 9))))
    assert page.run.group.button(INSIDE).text() == "Inside AdamW"

    qtbot.mouseClick(page.run.group.button(INSIDE), Qt.MouseButton.LeftButton)
    assert view.content.isVisible() and not view.empty.isVisible()
    assert "looked at 100 of its 1,000 numbers" in view.sampled.text()
    assert view.formula.figures.text().endswith("= 0.001")

    view.strip.chosen.emit(2)
    assert view.layer == "answer" and view.sizes_card.title.text() == "answer now"
    qtbot.mouseClick(view.segments.buttons["ratio"], Qt.MouseButton.LeftButton)
    assert (
        view.strip.quantity == "ratio"
        and harness.parts.preferences.get("inside.quantity", "") == "ratio"
    )

    page.grab()
    assert len(page.guide()) >= 1 and view.seen.text()


def test_what_is_scrolled_away_is_drawn_when_it_comes(
    page: TrainingPage, harness: Harness, qtbot: QtBot
) -> None:
    page.resize(840, 500)
    page.run.show_view(INSIDE)
    view = page.run.views.page(InsideView)
    harness.parts.session.show(record_with("adamw", measurement(1), measurement(2)))
    qtbot.waitUntil(lambda: view.strip.isVisible() and not view._later.isActive())
    harness.parts.session.record.inside.add(measurement(3))
    view._again()
    assert view._missed and len(view.norms.layer.x) < 3 and len(view.strip.steps) == 3

    bar = page.run.verticalScrollBar()
    assert bar.maximum() > 300
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: len(view.norms.layer.x) == 3)


def test_what_an_optimizer_has_not_cannot_be_chosen(page: TrainingPage, harness: Harness) -> None:
    page.run.show_view(INSIDE)
    view = page.run.views.page(InsideView)
    view._choose_quantity("first_moment")
    harness.parts.session.show(
        record_with("sgd", measurement(1, ("first_moment", "second_moment_root")))
    )
    button = view.segments.buttons["first_moment"]

    assert not button.isEnabled() and "SGD keeps nothing" in button.toolTip()
    assert view.quantity == "gradient" and "SGD keeps nothing" in view.formula.lacks.text()
    assert page.run.group.button(INSIDE).text() == "Inside SGD"


def test_a_run_from_the_disk_says_that_it_is_only_measured_live(
    page: TrainingPage, harness: Harness
) -> None:
    page.run.show_view(INSIDE)
    harness.parts.session.show(record_with("adamw"))
    assert (
        page.run.views.page(InsideView).empty.isVisible()
        and "measured live" in page.run.views.page(InsideView).note.text()
    )


def test_weight_decay_changed_while_it_trains_is_in_the_words(
    page: TrainingPage, harness: Harness
) -> None:
    page.run.show_view(INSIDE)
    harness.parts.session.show(
        record_with("adam", measurement(1, decay=0.0), measurement(2, decay=0.3))
    )
    assert "pulls less where gradients are large" in page.run.views.page(InsideView).seen.text()


def test_a_real_run_is_measured_while_the_view_is_in_front(
    page: TrainingPage, harness: Harness, qtbot: QtBot, tmp_path: Path
) -> None:
    session = harness.parts.session
    view = page.run.views.page(InsideView)
    page.run.show_view(INSIDE)
    experiment: Experiment = from_plain(
        {
            "data": {"source": "sample:digits"},
            "model": {"template": "cnn"},
            "training": {"epochs": 500, "device": "cpu", "threads": 1},
        }
    )

    session.start(experiment, tmp_path)
    qtbot.waitUntil(
        lambda: session.record.inside.seen >= 3 and view.content.isVisible(), timeout=PATIENCE_MS
    )
    assert set(session.record.inside.quantities) == set(QUANTITIES)

    page.run.show_view(0)
    assert session._control.watching is False
    page.run.show_view(INSIDE)
    assert session._control.watching is True

    page.hide()
    assert session._control.watching is False
    page.show()
    session.stop_at_once()
    qtbot.waitUntil(lambda: not session.active, timeout=PATIENCE_MS)
    assert view.content.isVisible() and "as it was last seen" in view.sampled.text()
