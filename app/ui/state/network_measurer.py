"""Measures the network that the settings would make, and keeps that up to date.

Shapes, parameters, multiply-adds and memory are measured on the background thread, a moment after a
change of the settings or of the data. Plain values come back. The first time, this loads the
engine.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.engine.errors import UserError
from app.ui.state.device_memory import DeviceMemory
from models.graph import Graph, GraphError

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.memory.graph_measurement import GraphMeasurement
    from app.engine.memory.inspection import Inspection
    from app.engine.runs.control import Control
    from app.ui.state.background import Background, Failure
    from app.ui.state.document import Document
    from models.repair.repairs import Mistake
    from models.shape import Problem

DEBOUNCE_MS = 120
FIRST_MS = 400
"""Wait before the first measurement: it loads the engine, and the window is painted before."""


@dataclass(frozen=True)
class Measured:
    """What was measured, with what it was measured of.

    experiment: with every setting filled in. predicted: the memory ledger in bytes, {} where the
    network cannot be built. floats: what the optimizer keeps, by row (see Optimizer.state_floats).
    """

    resolved: ResolvedExperiment
    problem: Problem
    inspection: Inspection
    predicted: dict[str, int]
    floats: dict[str, int] = field(default_factory=dict)
    measurement: GraphMeasurement | None = None
    mistake: Mistake | None = None


class NetworkMeasurer(QObject):
    """Measures the experiment of the document. `changed` tells of every new state.

    busy: a measurement is due or under way, and what is shown is that of before. stage: what it
    does, for a person. trouble: why there is nothing to measure, with `what` and `remedy`; None if
    there is.
    """

    changed = Signal()

    def __init__(self, document: Document, background: Background) -> None:
        super().__init__()
        self._document = document
        self._background = background
        self.measured: Measured | None = None
        self.trouble: UserError | GraphError | Failure | None = None
        self.busy = True
        self._last: GraphMeasurement | None = None
        """Of which blocks that did not change are taken."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._measure)
        document.changed.connect(self._document_changed)
        document.data_changed.connect(self._data_changed)
        self._dataset = document.dataset
        self._measured_with = document.dataset
        self.device = DeviceMemory(document, background)
        self._timer.start(FIRST_MS)

    @property
    def stale(self) -> bool:
        """Whether what was measured is of other data than those that are open now."""
        return self._measured_with is not self._document.dataset

    @property
    def inspection(self) -> Inspection | None:
        return self.measured.inspection if self.measured else None

    @property
    def predicted(self) -> dict[str, int]:
        return self.measured.predicted if self.measured else {}

    @property
    def stage(self) -> str:
        """Returns what it is doing, "" when it is done."""
        if not self.busy:
            return ""

        return (
            "Measuring the network"
            if "app.engine.memory.inspection" in sys.modules
            else "Loading engine"
        )

    def _document_changed(self, old: Experiment, new: Experiment) -> None:
        if old.drawing != new.drawing and old.replace(drawing=new.drawing) == new:
            return  # blocks were only moved
        if old.data.source != new.data.source:
            self.measured = None  # of other data, and so no estimate for these

        self.measure_soon()

    def measure_soon(self) -> None:
        """Measures after a moment without further changes."""
        self._timer.start(DEBOUNCE_MS)
        if not self.busy:
            self.busy = True
            self.changed.emit()

    def close(self) -> None:
        """Measures no more."""
        self._timer.stop()

    def _data_changed(self) -> None:
        """Measures again for another dataset; progress while reading changes nothing here."""
        dataset = self._document.dataset
        if dataset is not self._dataset and self._document.data_state != "reading":
            self._dataset = dataset
            self.measure_soon()

    def _measure(self) -> None:
        try:
            document = self._document
            resolved = document.resolved()
            problem = document.problem()
        except UserError as error:
            self._background.forget("measure")  # it is of settings that are no longer there
            self._show(None, error)
            return

        dataset = document.dataset
        data = bytes_held(dataset)
        before = self._last
        self._background.run(
            lambda control: measure(resolved, problem, data, control, before),
            partial(self._take, dataset),
            self._fail,
            key="measure",
        )

    def _take(self, dataset: Dataset | None, result: Measured | GraphError) -> None:
        self._measured_with = dataset
        self.device.read()  # the engine is there now
        if isinstance(result, GraphError):
            self._show(None, result)
        else:
            self._last = result.measurement
            self._show(result, None)

    def _fail(self, failure: Failure) -> None:
        self._show(None, failure)

    def _show(self, measured: Measured | None, trouble: Any) -> None:
        self.measured = measured
        self.trouble = trouble
        self.busy = self._timer.isActive()
        self.changed.emit()


def bytes_held(dataset: Dataset | None) -> int:
    """Returns the bytes of the training examples that lie in memory.

    A mapped file takes none.
    """
    if dataset is None or dataset.stays_on_disk:
        return 0

    each = sum(int(array[0].nbytes) for array in dataset.arrays if not isinstance(array, np.memmap))
    return dataset.description.size("training") * each


def measure(
    resolved: ResolvedExperiment,
    problem: Problem,
    dataset_bytes: int,
    control: Control,
    before: GraphMeasurement | None = None,
) -> Measured | GraphError:
    """Measures every block of the network and predicts its memory; on the worker.

    A graph that cannot even be drawn comes back as its error. before: see `measure_graph`.
    """
    from app.engine.compute.device import choose, precision  # noqa: PLC0415 - choosing loads torch
    from app.engine.memory.block_cost import Conditions  # noqa: PLC0415 - it loads torch
    from app.engine.memory.graph_measurement import measure_graph  # noqa: PLC0415 - it loads torch
    from app.engine.memory.inspection import (  # noqa: PLC0415 - it loads torch
        inspection_of,
        optimizer_floats,
    )
    from app.engine.memory.ledger import predict  # noqa: PLC0415 - it loads torch
    from models.repair.repairs import find_mistake  # noqa: PLC0415 - it loads torch

    try:
        graph: Graph = resolved.model.graph(problem)
    except GraphError as error:
        return error.to_keep()

    try:
        device = choose(resolved.training.device)
    except UserError:  # the header says so
        device = choose("cpu")

    def measured_in(chosen: str) -> GraphMeasurement:
        conditions = Conditions.of(resolved, chosen, device.type)
        return measure_graph(graph, problem, resolved, conditions, before)

    measurement = measured_in(before.conditions.precision if before is not None else "float32")
    control.check()
    if measurement.error is not None:
        inspection = inspection_of(measurement)
        mistake = find_mistake(graph, problem)
        return Measured(resolved, problem, inspection, {}, measurement=measurement, mistake=mistake)

    work = measurement.multiply_adds * resolved.training.batch_size
    chosen = precision(resolved.training.precision, device, work)
    if chosen != measurement.conditions.precision:
        measurement = measured_in(chosen)

    predicted = predict(resolved, graph, problem, dataset_bytes, device.type, chosen)
    return Measured(
        resolved,
        problem,
        inspection_of(measurement),
        predicted,
        optimizer_floats(resolved, graph, problem),
        measurement,
    )
