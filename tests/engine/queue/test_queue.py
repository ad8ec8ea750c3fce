"""The queue: what is frozen, moved and damaged, and a runner that is killed."""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.engine.detached import control_file
from app.engine.errors import UserError
from app.engine.experiment.experiment import Experiment
from app.engine.queue import runner
from app.engine.queue.items import ENDED, Item, Queue
from app.engine.queue.one_at_a_time import trains_beside
from app.engine.runs.run import Run, default_folder, list_runs
from app.engine.runs.storage.run_lock import owner_process
from tests.engine.detached.following import trained_here, wait_for
from tests.engine.search.folders import begun, penguins
from tests.engine.training import small

if TYPE_CHECKING:
    from collections.abc import Callable

forked = pytest.mark.usefixtures("forked_processes")
unix = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")


def named(name: str, source: str = "sample:digits") -> Experiment:
    return Experiment.model_validate({"name": name, "data": {"source": source}})


def names(queue: Queue) -> list[str]:
    return [item.name for item in queue.items()]


def new_folder(item: Item) -> Path:
    return default_folder() / item.name


# --- the files


def test_an_item_is_a_frozen_copy_and_its_source_is_found_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    queue = Queue()
    assert queue.items() == []
    first = queue.add(named("one", "data"), seconds=60.0)
    queue.add(named("", "sample:digits"))
    assert [item.number for item in queue.items()] == [1, 2]
    assert Queue().items()[0] == first
    assert queue.experiment(first).data.source == str(tmp_path / "data")
    assert queue.items()[1].name


def test_what_waits_can_be_moved_and_removed(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    for name in "abcd":
        queue.add(named(name))

    queue.move(4, 1)
    assert names(queue) == ["d", "a", "b", "c"]
    queue.move(4, 99)
    assert names(queue) == ["a", "b", "c", "d"]
    queue.move(1, 2)
    assert names(queue) == ["b", "a", "c", "d"]
    assert queue.remove(3).name == "c"
    assert names(queue) == ["b", "a", "d"]
    assert queue.add(named("e")).number == 5
    with pytest.raises(UserError, match="There is no item 9"):
        queue.move(9, 1)


def test_what_trains_is_neither_moved_nor_removed_and_is_taken_up_again(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    queue.add(named("a"))
    queue.add(named("b"))
    item = queue.take(new_folder)
    assert item is not None
    assert (item.name, item.state, item.run) == ("a", "running", str(default_folder() / "a"))
    with pytest.raises(UserError, match="'a' is running"):
        queue.remove(1)
    with pytest.raises(UserError, match="'a' does not wait any more"):
        queue.move(1, 2)

    assert Queue(tmp_path).take(lambda item: pytest.fail("begun twice")) == item
    queue.pause(True)
    assert queue.take(new_folder) == item  # what has begun is ended
    queue.update(item)
    queue.pause(False)


def test_two_windows_on_one_queue_lose_nothing_and_begin_nothing_twice(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as windows:
        list(windows.map(lambda name: Queue(tmp_path).add(named(name)), "abcdefgh"))
        taken = list(windows.map(lambda _: Queue(tmp_path).take(new_folder), range(8)))

    assert sorted(names(Queue(tmp_path))) == list("abcdefgh")
    assert len({item.number for item in Queue(tmp_path).items()}) == 8
    assert len({item.number for item in taken}) == 1
    assert [item.state for item in Queue(tmp_path).items()].count("running") == 1


def test_a_paused_queue_begins_nothing(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    queue.add(named("a"))
    queue.pause(True)
    assert Queue(tmp_path).paused
    assert queue.take(new_folder) is None
    queue.pause(False)
    assert queue.take(new_folder) is not None


@pytest.mark.parametrize("size", (0, 1, 20))
def test_a_file_cut_off_in_the_middle_is_told_and_is_not_begun(size: int, tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    queue.add(named("a"))
    queue.add(named("b"))
    path = tmp_path / "1.json"
    path.write_bytes(path.read_bytes()[:size])

    damaged, whole = queue.items()
    assert damaged.state == "damaged"
    assert damaged.why == "'1.json' in the queue is damaged. Its experiment is in '1.toml'."
    assert (whole.name, whole.state) == ("b", "waiting")
    taken = queue.take(new_folder)
    assert taken is not None and taken.name == "b"
    assert queue.add(named("c")).number == 3
    queue.remove(1)
    assert names(queue) == ["b", "c"]


def test_an_experiment_that_cannot_be_read_does_not_stop_the_rest(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    for name in "ab":
        queue.add(named(name))

    (tmp_path / "1.toml").write_text("netwright = ", encoding="utf-8")
    taken = queue.take(lambda item: tmp_path / queue.experiment(item).name)
    assert taken is not None and taken.name == "b"
    first = queue.items()[0]
    assert first.state == "failed"
    assert "1.toml" in first.why


def test_an_experiment_cut_off_where_it_is_still_one_is_not_trained(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    item = queue.add(named("a").replace(training=named("a").training.replace(epochs=50)))
    path = tmp_path / "1.toml"
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"[training]")])
    with pytest.raises(UserError, match="in the queue is not what was added"):
        queue.experiment(item)

    assert queue.take(lambda item: tmp_path / queue.experiment(item).name) is None
    assert queue.items()[0].state == "failed"


# --- the runner


def until_done(queue: Queue, again: Callable[[], object] = lambda: None) -> None:
    """Waits until nothing waits or trains any more."""

    def done() -> bool:
        again()
        return all(item.state in ENDED for item in queue.items())

    wait_for(done, "the end of the queue")
    wait_for(lambda: not runner.working(queue), "the end of the runner")


@pytest.mark.long
@unix
def test_what_fails_or_is_stopped_does_not_stop_the_rest_and_nothing_trains_twice(
    tmp_path: Path,
) -> None:
    """The runner is killed while a run trains, the run goes on, and a second runner takes it up."""
    queue = Queue()
    source = small.pictures(tmp_path / "p.npz")
    queue.add(small.experiment(source, training={"epochs": 5000}).replace(name="first"))
    queue.add(named("cut"))
    queue.add(small.experiment(source, training={"epochs": 1}).replace(name="last"))
    (queue.folder / "2.toml").write_bytes(b"netwright = 2")
    process = runner.start(queue)
    assert process is not None
    assert runner.start(queue) is None  # a second one leaves the work to the first

    wait_for(lambda: any(default_folder().glob("*first/checkpoints/*/manifest.json")))
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: not runner.working(queue))
    first = Run(Path(queue.items()[0].run))
    owner = owner_process(first.path)
    assert owner is not None
    assert runner.start(queue) is not None
    assert owner_process(first.path) == owner
    control_file.send(first.path, "stop at once")
    until_done(queue)
    first_item, cut, last = queue.items()
    assert (first_item.state, cut.state, last.state) == ("stopped", "failed", "completed")
    assert "2.toml" in cut.why
    assert len(list_runs(default_folder())) == 2
    assert first.status == "stopped"
    assert Run(Path(last.run)).started >= first.started


@unix
@forked
def test_it_waits_while_something_else_trains_here(tmp_path: Path) -> None:
    """A pause or a kill ends the waiting; started again, it has its turn at the end, once."""
    queue = Queue()
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 1})
    queue.add(chosen.replace(name="waits"))
    states = []

    def start() -> None:
        for ending in ("pause", "kill", ""):
            (queue.folder / "log.txt").unlink(missing_ok=True)
            process = runner.start(queue)
            assert process is not None
            wait_for(lambda: "waits until the run" in log_of(queue))
            states.append(queue.items()[0].state)
            if ending == "pause":
                queue.pause(True)
            elif ending == "kill":
                os.kill(process, signal.SIGKILL)
            if ending:
                wait_for(lambda: not runner.working(queue))

        here = trains_beside(queue)
        assert here is not None and here.parent == default_folder()

    with small.at_step(2, start):
        trained_here(chosen, default_folder())

    assert states == ["waiting"] * 3
    assert trains_beside(queue) is None
    until_done(queue)
    assert queue.items()[0].state == "completed"
    assert len(list_runs(default_folder())) == 2


@pytest.mark.long
@unix
def test_a_folder_that_is_moved_while_it_trains_does_not_stop_the_rest(tmp_path: Path) -> None:
    queue = Queue()
    source = small.pictures(tmp_path / "p.npz")
    queue.add(small.experiment(source, training={"epochs": 300}).replace(name="moved"))
    queue.add(small.experiment(source).replace(name="last"))
    runner.start(queue)
    wait_for(lambda: any(default_folder().glob("*moved/checkpoints/*/manifest.json")))
    run = Path(queue.items()[0].run)
    run.rename(tmp_path / "elsewhere")
    until_done(queue)
    first, last = queue.items()
    assert last.state == "completed"
    assert (first.state, Run(tmp_path / "elsewhere").status) == ("completed", "completed")
    assert len(list_runs(default_folder())) == 1  # nothing was begun twice


def log_of(queue: Queue) -> str:
    path = queue.folder / "log.txt"
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.mark.long
@pytest.mark.timeout(1800)
@unix
def test_twenty_runs_of_which_five_fail_with_two_kills_and_a_restart(tmp_path: Path) -> None:
    queue = Queue()
    source = small.pictures(tmp_path / "p.npz")
    for number in range(20):
        fails = number % 4 == 2
        chosen = named("x", str(tmp_path / "gone.npz")) if fails else small.experiment(source)
        queue.add(chosen.replace(name=f"run {number:02}"))

    process = runner.start(queue)
    for ended in (5, 11):
        wait_for(lambda ended=ended: sum(i.state in ENDED for i in queue.items()) >= ended)
        running = next((item for item in queue.items() if item.state == "running"), None)
        assert process is not None
        os.kill(process, signal.SIGKILL)
        owner = owner_process(Path(running.run)) if running and running.run else None
        if owner is not None:  # the computer is switched off
            os.kill(owner, signal.SIGKILL)
        process = runner.start(queue)

    until_done(queue)
    items = queue.items()
    assert names(queue) == [f"run {number:02}" for number in range(20)]
    assert [item.state for item in items] == [
        "failed" if number % 4 == 2 else "completed" for number in range(20)
    ]
    runs = list_runs(default_folder())
    assert len(runs) == len({item.run for item in items}) == 20
    begun = [(Run(Path(item.run)).path / "experiment.toml").stat().st_mtime for item in items]
    assert begun == sorted(begun)


@unix
@forked
def test_a_search_is_an_item_of_the_queue(tmp_path: Path) -> None:
    folder = begun(tmp_path / "s", penguins(), "model.width=4,6", strategy="grid", trials=2)
    queue = Queue(tmp_path / "queue")
    queue.add(folder.experiment(), search=str(folder.path))
    gone = queue.add(folder.experiment(), search=str(tmp_path / "gone"))
    assert all(item.name.endswith("(search)") for item in queue.items())
    runner.start(queue)
    wait_for(lambda: all(item.state in ENDED for item in queue.items()), "the end of the queue")
    wait_for(lambda: not runner.working(queue), "the end of its process")
    ended = {item.number: item for item in queue.items()}
    assert ended[1].state == "completed" and len(folder.trials()) == 2
    assert ended[gone.number].state == "failed" and "moved or removed" in ended[gone.number].why
