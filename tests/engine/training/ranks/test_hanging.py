"""A process whose computing thread hangs ends all within ten seconds; one that is slow does not."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.training.ranks import member
from app.engine.training.ranks.position import FREE, WAITS, WORKS, Position, Stretch
from app.engine.training.ranks.standstill import BUSY_BEATS, IDLE_BEATS, Place, Standstill
from tests.engine.training.ranks.together import CEILING, Forks, needs_forks, only_here, trained
from tests.engine.training.small import at_step, experiment, pictures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment

pytestmark = needs_forks

MOST_SECONDS = 10.0
"""On a computer that has processors to spare."""

STEP = 8
"""Where it hangs: all kinds of work were done before."""


def requested(tmp_path: Path) -> Experiment:
    source = pictures(tmp_path / "a.npz", 60)
    return experiment(source, model={"template": "vit", "depth": 1}, training={"epochs": 20})


def in_steps(action: Callable[[int], object]) -> Callable[[], None]:
    """Returns what makes a fork do something in each of its steps, with their numbers."""

    def begin() -> None:
        real = member.Member._step

        def step(self: Any, order: dict[str, Any]) -> None:
            action(order["step"])
            real(self, order)

        member.Member._step = step  # type: ignore[method-assign]  # in the fork alone

    return begin


def once(action: Callable[[], object]) -> Callable[[int], object]:
    return lambda step: action() if step == STEP else None


def most_seconds() -> float:
    """Returns how long the end may take where as many want the processors as just now."""
    return MOST_SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def compute(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


# --- whole trainings


@pytest.mark.long
@pytest.mark.parametrize(
    ("action", "words"),
    [
        (lambda: time.sleep(CEILING), "it did nothing for 6 seconds while others waited for it"),
        (lambda: compute(CEILING), "it computed for"),
    ],
    ids=["waits for ever", "runs in a circle"],
)
def test_another_process_that_hangs_ends_all_with_its_sentence(
    action: Callable[[], object], words: str, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"

    def hang() -> None:
        begun.touch()
        action()

    others = Forks(2, before=in_steps(once(hang)))
    ended = trained(requested(tmp_path), tmp_path / "runs", others)
    assert time.time() - begun.stat().st_mtime < most_seconds()
    assert ended.finished.status == "failed"
    assert (
        "Process 2 of 2 failed: It hung: " in ended.finished.reason
        and words in ended.finished.reason
    )
    assert None not in others.codes
    assert "in hang" in (ended.run.path / "log.txt").read_text()


@pytest.mark.long
def test_a_first_process_that_hangs_ends_all(tmp_path: Path) -> None:
    begun = tmp_path / "begun"

    def hang() -> None:
        begun.touch()
        time.sleep(CEILING)

    child = os.fork()
    if not child:
        try:
            with at_step(STEP, only_here(hang)):
                trained(requested(tmp_path), tmp_path / "runs", Forks(2))
        finally:
            os._exit(0)

    try:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise

    assert time.time() - begun.stat().st_mtime < most_seconds()
    (log,) = (tmp_path / "runs").glob("*/log.txt")
    assert "Process 1 of 2 ends: It hung: it did nothing for 6 seconds" in log.read_text()


@pytest.mark.long
def test_a_process_that_is_slow_is_waited_for(tmp_path: Path) -> None:
    others = Forks(2, before=in_steps(lambda step: compute(9.0 if step == STEP else 1.0)))
    chosen = requested(tmp_path)
    chosen = chosen.replace(training=chosen.training.replace(epochs=3))
    ended = trained(chosen, tmp_path / "runs", others)
    assert ended.finished.status == "completed", ended.finished.reason
    assert others.codes == [0]


# --- what is taken for a standstill


MANY = 10 * IDLE_BEATS


def looked(position: Position, others_wait: bool = True, on_cpu: bool = True) -> tuple[int, str]:
    """Returns after how many beats something is said, and what; (MANY, "") where nothing is."""
    standstill = Standstill(position, on_cpu)
    standstill.look(others_wait)
    for beat in range(1, MANY):
        if said := standstill.look(others_wait):
            return beat, said

    return MANY, ""


def at_work(seconds: float = 0.0, busy: float = 0.0, longest: Stretch | None = None) -> Position:
    """Returns where one stands that has worked so long at what took so long at most before."""
    position = Position()
    position.works("step")
    position.clock = lambda: busy
    position.begun = Stretch(time.monotonic() - seconds, 0.0)
    if longest is not None:
        position.longest["step"] = longest

    return position


def test_one_that_does_nothing_hangs_while_others_wait() -> None:
    beats, said = looked(at_work())
    # Some more where another thread of these tests would run just then.
    assert beats >= IDLE_BEATS and f"did nothing for {beats} seconds" in said
    assert looked(at_work(), others_wait=False) == (MANY, "")


@pytest.mark.parametrize("state", [FREE, WAITS])
def test_one_that_is_paused_or_waits_itself_does_not_hang(state: str) -> None:
    position = at_work()
    position.state = state
    assert looked(position) == (MANY, "")


def test_work_that_waits_for_long_every_time_is_let_wait() -> None:
    usual = Stretch(seconds=20.0)
    assert looked(at_work(50.0, longest=usual)) == (MANY, "")
    assert "did nothing" in looked(at_work(70.0, longest=usual))[1]
    assert looked(at_work(70.0), on_cpu=False) == (MANY, "")


def test_one_that_moves_does_not_hang() -> None:
    position = at_work()
    standstill = Standstill(position, on_cpu=True)
    for _ in range(5 * IDLE_BEATS):
        assert standstill.look(others_wait=True) == ""
        position.works("step")


def test_one_that_computes_hangs_where_it_takes_many_times_as_long_as_ever() -> None:
    standstill = Standstill(at_work(9.0, 9.0, Stretch(1.0, 1.0)), on_cpu=True)
    assert not standstill._is_lost(Stretch(9.0, 9.0), Stretch(1.0, 1.0))
    standstill._beats = BUSY_BEATS
    assert not standstill._is_lost(Stretch(9.0, 9.0), Stretch(1.0, 1.0))
    assert not standstill._is_lost(Stretch(900.0, 900.0), None)
    assert not standstill._is_lost(Stretch(900.0, 3.0), Stretch(0.01, 0.01))  # crowded out
    assert standstill._is_lost(Stretch(9.0, 9.0), Stretch(0.5, 0.5))


def test_a_piece_of_work_is_kept_as_the_longest_of_its_kind() -> None:
    position = Position()
    for kind, seconds in (("step", 0.02), ("step", 0.0), ("judge", 0.0)):
        position.works(kind)
        time.sleep(seconds)
        with position.waiting():
            time.sleep(0.05)  # is none of its work
            assert position.state == WAITS
        assert position.state == WORKS

    position.free()
    assert 0.02 <= position.longest["step"].seconds < 0.05
    assert position.longest["judge"].seconds < 0.02


def test_who_waits_for_whom_follows_from_the_orders() -> None:
    works = Place(3, WORKS, 7)
    assert Place(3, WAITS, 7).waits_for(works) and Place(3, WAITS, 8).waits_for(works)
    assert not Place(3, WAITS, 6).waits_for(works)
    assert not Place(3, FREE, 7).waits_for(works)
    assert not Place(3, WAITS, 7).waits_for(Place(3, FREE, 7))
    assert Place.from_text(works.to_text()) == works
