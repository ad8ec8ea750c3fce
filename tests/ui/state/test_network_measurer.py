"""The measurer of networks follows every change, and reports networks that cannot be built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def wait_for_measurement(qtbot: QtBot, harness: Harness) -> None:
    qtbot.waitUntil(lambda: not harness.parts.network_measurer.busy, timeout=PATIENCE_MS)


def test_before_the_first_measurement_it_says_what_it_waits_for(harness: Harness) -> None:
    network_measurer = harness.parts.network_measurer
    assert network_measurer.busy
    assert network_measurer.stage in ("Loading engine", "Measuring the network")
    assert network_measurer.inspection is None and network_measurer.predicted == {}


def test_it_counts_what_the_network_has(qtbot: QtBot, harness: Harness) -> None:
    from models.network import build_model

    harness.document.choose("model", "cnn")
    wait_for_measurement(qtbot, harness)
    measured = harness.parts.network_measurer.measured
    assert measured is not None

    network = build_model(measured.resolved.model.graph(measured.problem), measured.problem, 0)
    parameters = sum(weight.numel() for weight in network.parameters())
    assert measured.inspection.parameters == parameters
    assert measured.predicted["weights"] == measured.predicted["gradients"] == 4 * parameters
    assert harness.parts.network_measurer.stage == ""


def test_many_changes_are_measured_once_and_the_last_one_counts(
    qtbot: QtBot, harness: Harness
) -> None:
    wait_for_measurement(qtbot, harness)
    busy_states: list[bool] = []
    harness.parts.network_measurer.changed.connect(
        lambda: busy_states.append(harness.parts.network_measurer.busy)
    )

    for width in (16, 24, 40):
        harness.document.replace("model", width=width)

    wait_for_measurement(qtbot, harness)
    assert busy_states == [True, False]
    measured = harness.parts.network_measurer.measured
    assert measured is not None
    assert measured.resolved.model.width == 40  # type: ignore[attr-defined]


def test_other_data_are_measured_anew(qtbot: QtBot, harness: Harness) -> None:
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    wait_for_measurement(qtbot, harness)
    measured = harness.parts.network_measurer.measured

    assert measured is not None
    assert measured.problem.shape == (1, 8, 8)
    assert measured.inspection.blocks[-1].shape == (10,)


def test_an_impossible_setting_belongs_to_its_block(qtbot: QtBot, harness: Harness) -> None:
    harness.document.choose("model", "vit")
    harness.document.replace("model", heads=7)
    wait_for_measurement(qtbot, harness)
    inspection = harness.parts.network_measurer.inspection

    assert inspection is not None and inspection.error is not None
    fault = next(block for block in inspection.blocks if block.error)
    assert inspection.error.node == fault.name
    assert fault.remedy
    assert harness.parts.network_measurer.predicted == {}


def test_an_impossible_experiment_is_reported_and_mended(qtbot: QtBot, harness: Harness) -> None:
    harness.document.choose("loss", "binary-cross-entropy")
    wait_for_measurement(qtbot, harness)
    trouble = harness.parts.network_measurer.trouble
    assert trouble is not None and "does not fit the task" in trouble.what
    assert harness.parts.network_measurer.inspection is None

    harness.document.undo()
    wait_for_measurement(qtbot, harness)
    assert harness.parts.network_measurer.trouble is None
    assert harness.parts.network_measurer.inspection is not None
