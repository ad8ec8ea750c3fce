"""A run in a process of its own comes to the same bits, whatever happens to those around it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.detached import control_file, starting
from app.engine.detached.event_file import end_of, was_shut_down
from app.engine.errors import UserError
from app.engine.runs import events, history
from app.engine.runs.recorded_events import read_events
from app.engine.runs.run import Run
from app.engine.runs.storage.own_names import EVENTS
from app.engine.runs.storage.run_lock import owner_process
from tests.engine.detached.following import Following, detached, trained_here, wait_for
from tests.engine.training import small
from tests.house.import_graph import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
forked = pytest.mark.usefixtures("forked_processes")

STARTER = """
import sys, time
from pathlib import Path
from app.engine.detached import starting
from app.engine.detached.follower import Follower
from app.engine.runs.run import Run
started = starting.start(Run(Path(sys.argv[1])))
print(started.process, flush=True)
follower = Follower(Path(sys.argv[1]))
while True:
    follower.poll()
    time.sleep(0.05)
"""
"""What a window does, as far as the run is concerned."""


def log_of(run: Run) -> str:
    return (run.path / "log.txt").read_text(encoding="utf-8")


def test_a_follower_tells_what_the_run_told_and_the_bits_are_the_same(tmp_path: Path) -> None:
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 3})
    reference = trained_here(chosen, tmp_path / "here")
    run = Run.create(tmp_path / "beside", chosen)
    with detached(run) as started:
        assert run.status == "running"
        assert owner_process(run.path) == started.process
        with pytest.raises(UserError, match="is running and cannot be trained a second time"):
            starting.start(run)

        following = Following(run.path)
        following.to_the_end()
        late = Following(run.path)
        late.to_the_end()

    here = Following(reference.path)  # that it trained on a thread makes no difference
    here.poll()
    assert here.follower.ended
    assert [type(event) for event in here.told[:2]] == [events.RunStarted, events.RunPrepared]
    assert here.told[-1].summary == reference.summary()
    assert [event.epoch for event in here.of(events.EpochDone)] == [1, 2, 3]

    end = following.told[-1]
    assert isinstance(end, events.RunFinished)
    assert (end.status, end.run) == ("completed", str(run.path))
    assert end.summary["weights_sha256"] == reference.summary()["weights_sha256"]
    for told in (following, late):
        assert isinstance(told.told[0], events.RunStarted)
        assert len(told.of(events.RunPrepared)) == 1
        steps = np.concatenate([event.steps for event in told.of(events.StepsDone)])
        losses = np.concatenate([event.losses for event in told.of(events.StepsDone)])
        recorded = history.read_history(reference.path)
        assert steps.tolist() == recorded.steps.tolist()
        assert losses.tolist() == recorded.losses.tolist()
        assert [event.epoch for event in told.of(events.EpochDone)] == [1, 2, 3]
        assert told.of(events.EpochDone)[-1].confusion is not None
        assert told.of(events.CheckpointSaved)
        assert told.of(events.MemoryMeasured)
        stages = [event.text for event in told.of(events.StageChanged)]
        assert "Training" in stages and "Judging epoch 1" in stages

    assert [type(event) for event in read_events(run.path)][-1] is events.RunFinished


@forked
def test_requests_are_honoured_and_nonsense_is_told_and_ignored(tmp_path: Path) -> None:
    chosen = small.experiment(
        small.pictures(tmp_path / "p.npz"), training={"epochs": 500, "patience": 0}
    )
    run = Run.create(tmp_path, chosen)
    with detached(run) as started:
        following = Following(run.path)
        following.until(events.StepsDone)
        with (run.path / "control.jsonl").open("ab") as file:
            file.write(b'nonsense\n{"request": "fly"}\n[1]\n{"request": "change", "values": 3}\n')

        control_file.send(run.path, "change", {"optimizer.weight_decay": 0.5, "no.thing": 1.0})
        following.until(events.SettingsChanged)
        assert following.of(events.SettingsChanged)[0].values == {"optimizer.weight_decay": 0.5}
        control_file.send(run.path, "pause")
        following.until(events.Paused)
        following.poll()
        paused_at = following.of(events.Paused)[0].step
        assert max(event.position for event in following.of(events.StepsDone)) == paused_at
        with (run.path / "control.jsonl").open("ab") as file:
            file.write(b'{"request": "resume"}')  # without an end of line

        following.until(events.StepsDone)
        assert following.of(events.Resumed)[-1].step == paused_at
        control_file.send(run.path, "stop")
        following.to_the_end()
        assert started.wait(60) == 130

    assert following.told[-1].status == "stopped"
    findings = [event.finding.text for event in following.of(events.NewFinding)]
    assert any("'no.thing' cannot be changed" in text for text in findings)
    for number in (1, 2, 3, 4):
        assert f"Line {number} of control.jsonl is no request and is ignored." in log_of(run)
    assert "Line 5" not in log_of(run)


@pytest.mark.long
def test_one_that_died_is_interrupted_and_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 60})
    reference = trained_here(chosen, tmp_path / "here")
    run = Run.create(tmp_path / "beside", chosen)
    with detached(run) as started:
        following = Following(run.path)
        following.until(events.StepsDone)
        control_file.send(run.path, "pause")  # the state is saved, and the end does not come first
        following.until(events.Paused)
        os.kill(started.process, signal.SIGKILL)
        following.to_the_end()

    assert following.follower.died
    assert not following.of(events.RunFinished)
    assert run.status == "interrupted"
    with detached(run, go_on=True):
        again = Following(run.path)
        again.to_the_end()

    assert again.told[-1].status == "completed"
    assert again.told[-1].summary["weights_sha256"] == reference.summary()["weights_sha256"]
    steps = np.concatenate([event.steps for event in again.of(events.StepsDone)])
    assert steps.tolist() == history.read_history(reference.path).steps.tolist()


@forked
def test_a_folder_that_is_moved_is_followed_and_a_polite_kill_saves_the_state(
    tmp_path: Path,
) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux says where a folder went")

    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 500})
    run = Run.create(tmp_path / "runs", chosen)
    with detached(run) as started:
        following = Following(run.path)
        following.until(events.StepsDone)
        moved = Run(run.path.rename(tmp_path / "elsewhere"))
        following.to_the_end()
        wait_for(lambda: "The folder was moved" in log_of(moved))
        assert moved.status == "running"
        control_file.send(moved.path, "pause")
        wait_for(lambda: '"paused"' in (moved.path / EVENTS).read_text(encoding="utf-8"))
        os.kill(started.process, signal.SIGTERM)
        assert started.wait(60) == 143

    assert following.follower.died
    assert not run.path.exists()
    assert moved.status == "stopped"
    assert moved.summary()["run"] == str(moved.path)
    assert was_shut_down(moved.path)
    end = end_of(moved.path)
    assert end is not None and end.status == "stopped"


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_it_survives_whoever_started_it(tmp_path: Path) -> None:
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 30})
    expected = trained_here(chosen, tmp_path / "here").summary()["weights_sha256"]
    rng = random.Random(0)
    for number in range(20):
        run = Run.create(tmp_path / str(number), chosen)
        starter = subprocess.Popen(
            [sys.executable, "-c", STARTER, str(run.path)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert starter.stdout is not None
        with starter.stdout as answers:
            assert int(answers.readline()) != starter.pid
            time.sleep(rng.uniform(0, 3))  # the moment is at random
            starter.kill()
            starter.wait()

        wait_for(lambda run=run: run.status == "completed")
        assert run.summary()["weights_sha256"] == expected
