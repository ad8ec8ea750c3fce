"""However several processes end: all do, with a sentence, and nothing of the run is lost."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.runs.control import Control
from app.engine.runs.events import Event, NewFinding, StepsDone
from app.engine.training import trainer
from app.engine.training.ranks import world
from app.engine.training.ranks.lead import Lead
from app.engine.training.ranks.starting import Here, how_it_ended
from app.engine.training.ranks.world import LOOPBACK, World
from tests.engine.training.ranks.together import Forks, needs_forks, only_here, trained
from tests.engine.training.small import Listener, at_step, experiment, pictures

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment

pytestmark = needs_forks


def requested(tmp_path: Path, **training: Any) -> Experiment:
    source = pictures(tmp_path / "a.npz", 60)
    return experiment(source, model={"template": "vit", "depth": 1}, training=training)


def test_a_stop_ends_all_and_one_process_goes_on_from_it(tmp_path: Path) -> None:
    control = Control()
    others = Forks(2)
    with at_step(4, control.stop):
        stopped = trained(requested(tmp_path, epochs=50), tmp_path / "runs", others, control)

    assert stopped.finished.status == "stopped", stopped.finished.reason
    assert others.codes == [0]
    assert stopped.finished.summary["steps"] == 5

    told = Listener()
    finished = trainer.resume(stopped.run, told, Control(), epochs=2)
    assert finished.status == "completed", finished.reason
    (said,) = [event.finding for event in told.of(NewFinding) if event.finding.key == "processes"]
    assert "had 2 and goes on with 1" in said.text


def test_a_run_of_one_process_goes_on_with_two(tmp_path: Path) -> None:
    control = Control()
    with at_step(4, control.stop):
        stopped = trained(requested(tmp_path), tmp_path / "runs", None, control)

    whole = trained(requested(tmp_path), tmp_path / "runs")
    others = Forks(2)
    finished = trainer.resume(stopped.run, lambda _: None, Control(), team=Lead(others))
    assert finished.status == "completed", finished.reason
    assert others.codes == [0]
    loss = finished.summary["loss"]["validation"]
    assert loss == pytest.approx(whole.finished.summary["loss"]["validation"], rel=0.2)


def test_a_stop_while_it_is_judged_lets_the_others_go(tmp_path: Path) -> None:
    control = Control()
    others = Forks(2)

    def listen(event: Event) -> None:
        if isinstance(event, StepsDone) and event.position == 3:  # the epoch's last
            control.stop(at_once=True)

    chosen = requested(tmp_path, epochs=50)
    stopped = trained(chosen, tmp_path / "runs", others, control, listen)
    assert stopped.finished.status == "stopped", stopped.finished.reason
    assert others.codes == [0]


def test_a_killed_process_ends_the_run_with_a_sentence(tmp_path: Path) -> None:
    others = Forks(3)
    with at_step(3, only_here(lambda: os.kill(others.children[1], signal.SIGKILL))):
        ended = trained(requested(tmp_path, epochs=50), tmp_path / "runs", others)

    assert ended.finished.status == "failed"
    assert ended.finished.reason.startswith("Process 3 of 3 was ended by SIGKILL")
    assert others.codes[1] == -signal.SIGKILL
    # The epoch before may be saved, or not yet: that goes by time.
    finished = trainer.resume(ended.run, lambda _: None, Control(), epochs=2)
    assert finished.status == "completed", finished.reason


@pytest.mark.long
def test_a_process_that_hangs_is_found_and_ended(tmp_path: Path) -> None:
    others = Forks(2)
    with at_step(3, only_here(lambda: os.kill(others.children[0], signal.SIGSTOP))):
        ended = trained(requested(tmp_path, epochs=50), tmp_path / "runs", others)

    assert ended.finished.status == "failed"
    assert "Process 2 of 2 has not answered for 6 seconds" in ended.finished.reason
    assert others.codes == [-signal.SIGKILL]


def test_other_data_on_another_computer_are_named(tmp_path: Path) -> None:
    other = pictures(tmp_path / "other.npz", 60, seed=1)
    others = Forks(2, DataSettings(source=str(other)))
    ended = trained(requested(tmp_path), tmp_path / "runs", others)
    assert ended.finished.status == "failed"
    assert "Process 2 of 2 failed" in ended.finished.reason
    assert "holds other data there" in ended.finished.reason
    assert others.codes == [1]


def test_another_torch_on_another_computer_is_named(tmp_path: Path) -> None:
    from app.engine.training.ranks import member

    def change_it() -> None:
        other = {**member.versions(), "torch": "2.0.0"}
        member.versions = lambda: other  # in the fork alone

    others = Forks(2, before=change_it)
    ended = trained(requested(tmp_path), tmp_path / "runs", others)
    assert "Process 2 of 2 failed: It has PyTorch 2.0.0 for" in ended.finished.reason
    assert "the first one PyTorch 2." in ended.finished.reason
    assert others.codes == [1]


def test_a_failure_of_another_process_is_told_in_its_words(tmp_path: Path) -> None:
    from app.engine.training.ranks import member

    def break_it() -> None:
        def fail(self: Any, order: Any) -> None:
            raise MemoryError

        member.Member._step = fail  # type: ignore[method-assign]  # in the fork alone

    others = Forks(2, before=break_it)
    ended = trained(requested(tmp_path), tmp_path / "runs", others)
    assert ended.finished.status == "failed"
    assert "Process 2 of 2 failed: There was not enough memory." in ended.finished.reason
    assert (
        "in _step" in (ended.run.path / "log.txt").read_text()
        or "fail" in (ended.run.path / "log.txt").read_text()
    )


def test_more_processes_than_examples_are_refused(tmp_path: Path) -> None:
    others = Forks(9)
    ended = trained(requested(tmp_path), tmp_path / "runs", others)
    assert ended.finished.status == "failed"
    assert "9 processes cannot share a batch of 16 examples" in ended.finished.reason
    assert "8 processes at most" in str(ended.finished.failure)
    assert others.codes == [0] * 8


def test_a_port_in_use_is_named() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"The port {port}.*is in use"):
            World(0, 2, 0, 2, LOOPBACK, port, hosts=True).store()


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "here"}, "incomplete"),
        ({"RANK": "3", "WORLD_SIZE": "2", "MASTER_ADDR": "here", "MASTER_PORT": "1"}, "contradict"),
        ({"RANK": "x", "WORLD_SIZE": "2", "MASTER_ADDR": "here", "MASTER_PORT": "1"}, "incomplete"),
    ],
)
def test_variables_that_make_no_sense_are_refused(
    found: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=words):
        world.of_environment()


def test_one_process_of_torchrun_is_a_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "here"}.items():
        monkeypatch.setenv(name, value)
    assert world.of_environment() is None


@pytest.mark.long
def test_processes_that_are_started_end_with_the_run(tmp_path: Path) -> None:
    others = Here(2)
    ended = trained(requested(tmp_path), tmp_path / "runs", others)
    assert ended.finished.status == "completed", ended.finished.reason
    assert others.gone() == "" and not others._children


def test_a_process_that_a_signal_ended_is_told_whatever_signal_it_was() -> None:
    assert how_it_ended(3) == "ended with code 3"
    assert how_it_ended(-signal.SIGKILL).startswith("was ended by SIGKILL: perhaps")
    assert how_it_ended(-(signal.SIGRTMIN + 3)) == f"was ended by signal {signal.SIGRTMIN + 3}"
