"""The measurer of networks: it follows every change, and reports one that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.ui.loose import PATIENCE_MS, Loose

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def settle(qtbot: QtBot, loose: Loose) -> None:
    qtbot.waitUntil(lambda: not loose.parts.network_measurer.busy, timeout=PATIENCE_MS)


def test_before_the_first_measurement_it_says_what_it_waits_for(loose: Loose) -> None:
    network_measurer = loose.parts.network_measurer
    assert network_measurer.busy
    assert network_measurer.stage in ("Loading engine", "Measuring the network")
    assert network_measurer.inspection is None and network_measurer.predicted == {}


def test_it_counts_what_the_network_has(qtbot: QtBot, loose: Loose) -> None:
    from models.network import build_model

    loose.document.choose("model", "cnn")
    settle(qtbot, loose)
    measured = loose.parts.network_measurer.measured
    assert measured is not None

    network = build_model(measured.resolved.model.graph(measured.problem), measured.problem, 0)
    parameters = sum(weight.numel() for weight in network.parameters())
    assert measured.inspection.parameters == parameters
    assert measured.predicted["weights"] == measured.predicted["gradients"] == 4 * parameters
    assert loose.parts.network_measurer.stage == ""


def test_many_changes_are_measured_once_and_the_last_one_counts(qtbot: QtBot, loose: Loose) -> None:
    settle(qtbot, loose)
    busy_states: list[bool] = []
    loose.parts.network_measurer.changed.connect(
        lambda: busy_states.append(loose.parts.network_measurer.busy)
    )

    for width in (16, 24, 40):
        loose.document.replace("model", width=width)

    settle(qtbot, loose)
    assert busy_states == [True, False]
    measured = loose.parts.network_measurer.measured
    assert measured is not None
    assert measured.resolved.model.width == 40  # type: ignore[attr-defined]


def test_other_data_are_measured_anew(qtbot: QtBot, loose: Loose) -> None:
    loose.open("sample:digits")
    qtbot.waitUntil(lambda: loose.document.data_state == "ready", timeout=PATIENCE_MS)
    settle(qtbot, loose)
    measured = loose.parts.network_measurer.measured

    assert measured is not None
    assert measured.problem.shape == (1, 8, 8)
    assert measured.inspection.blocks[-1].shape == (10,)


def test_an_impossible_setting_belongs_to_its_block(qtbot: QtBot, loose: Loose) -> None:
    loose.document.choose("model", "vit")
    loose.document.replace("model", heads=7)
    settle(qtbot, loose)
    inspection = loose.parts.network_measurer.inspection

    assert inspection is not None and inspection.error is not None
    fault = next(block for block in inspection.blocks if block.error)
    assert inspection.error.node == fault.name
    assert fault.remedy
    assert loose.parts.network_measurer.predicted == {}


def test_an_impossible_experiment_is_reported_and_mended(qtbot: QtBot, loose: Loose) -> None:
    loose.document.choose("loss", "binary-cross-entropy")
    settle(qtbot, loose)
    trouble = loose.parts.network_measurer.trouble
    assert trouble is not None and "does not fit the task" in trouble.what
    assert loose.parts.network_measurer.inspection is None

    loose.document.undo()
    settle(qtbot, loose)
    assert loose.parts.network_measurer.trouble is None
    assert loose.parts.network_measurer.inspection is not None
