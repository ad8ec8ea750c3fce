"""A run lets an example go through its network while somebody watches, and learns the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.compute.outputs.request import request_of
from app.engine.race.turns import RaceControl
from app.engine.runs.control import Control
from app.engine.runs.events import OutputsSeen
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.training.probes import output_probe
from app.engine.training.probes.output_probe import OutputProbe
from app.engine.training.trainer import train
from tests.engine.training.small import Listener, experiment, pictures

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.compute.outputs.values import OutputsRequest
    from app.engine.experiment.experiment import Experiment


@pytest.fixture
def requested(tmp_path: Path) -> Experiment:
    return experiment(pictures(tmp_path / "pictures.npz"))


@pytest.fixture
def request_(requested: Experiment) -> OutputsRequest:
    return replace(request_of(open_dataset(requested.data), "validation", 0), number=7)


def trained(
    folder: Path, requested: Experiment, request: OutputsRequest | None
) -> tuple[Run, Listener]:
    control = Control()
    control.outputs = request
    listener = Listener()
    run = Run.create(folder, requested)
    assert train(requested, run, listener, control).status == "completed"
    return run, listener


def test_a_watched_run_tells_its_outputs_and_learns_the_same(
    tmp_path: Path, requested: Experiment, request_: OutputsRequest
) -> None:
    alone, nothing = trained(tmp_path / "alone", requested, None)
    watched, listener = trained(tmp_path / "watched", requested, replace(request_, opened="conv2"))
    seen: list[OutputsSeen] = listener.of(OutputsSeen)
    assert nothing.of(OutputsSeen) == [] and seen
    assert alone.summary()["weights_sha256"] == watched.summary()["weights_sha256"]

    first = seen[0]
    assert (first.step, first.number, first.trouble) == (1, 7, "")
    assert set(first.outputs) == {"input", *(node.name for node in first.graph.nodes)}
    assert first.outputs["conv2"].large and not first.outputs["conv1"].large
    assert np.isfinite(first.outputs["conv2"].mean)


def test_what_goes_wrong_is_told_once_and_ends_nothing(
    tmp_path: Path, requested: Experiment, request_: OutputsRequest
) -> None:
    other = replace(request_, description=replace(request_.description, source="elsewhere"))
    _, listener = trained(tmp_path / "other", requested, other)
    (seen,) = listener.of(OutputsSeen)
    assert seen.outputs == {} and "other data" in seen.trouble

    broken = replace(request_, targets=request_.targets[:0], arrays=(request_.arrays[0][:0],))
    run, listener = trained(tmp_path / "broken", requested, broken)
    (seen,) = listener.of(OutputsSeen)
    assert "the log of the run says why" in seen.trouble
    assert "Traceback" in (run.path / "log.txt").read_text(encoding="utf-8")


def test_looking_takes_a_small_share_of_the_time(
    monkeypatch: pytest.MonkeyPatch, request_: OutputsRequest, requested: Experiment
) -> None:
    from app.engine.training import build, plan

    monkeypatch.setattr(output_probe, "EVERY", 0.5)
    monkeypatch.setattr(output_probe, "WAIT", 20.0)
    now = [100.0]
    monkeypatch.setattr(output_probe.time, "perf_counter", lambda: now[0])
    planned = plan.plan_training(requested, lambda _: None, Control())
    probe = OutputProbe(build.assemble(planned).network, planned, lambda _: None)
    look = probe._watcher.look

    def slowly(*arguments: Any) -> Any:
        now[0] += 0.1
        return look(*arguments)

    monkeypatch.setattr(probe._watcher, "look", slowly)
    seen = probe.look(1, request_)
    assert seen is not None and seen.seconds == pytest.approx(0.1)
    now[0] += 1.9
    assert probe.look(2, request_) is None
    now[0] += 0.2
    assert probe.look(3, request_) is not None


def test_of_a_race_the_shown_member_tells_them(request_: OutputsRequest) -> None:
    race = RaceControl(2)
    race.outputs = request_
    assert race.members[0].outputs is request_ and race.members[1].outputs is None
    race.shown_member = 1
    assert race.members[0].outputs is None and race.members[1].outputs is request_
