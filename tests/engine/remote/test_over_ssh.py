"""A run on another computer, which is this one over a real SSH server on the loopback address."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import signal
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.detached import control_file
from app.engine.errors import UserError
from app.engine.experiment.toml_file import from_plain
from app.engine.remote import place, rsync, starting
from app.engine.remote.computer import send_data
from app.engine.remote.connection import Connection
from app.engine.remote.transfer import send, sources_in
from app.engine.runs.run import Run
from app.engine.runs.storage.run_lock import owner_process
from tests.engine.remote.sshd import HOST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from tests.engine.remote.sshd import Server

PATIENCE = 240.0


def wait_until(reached: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def experiment(folder: Path, epochs: int = 3) -> Experiment:
    """Returns a small training on a table that is written here."""
    generator = np.random.default_rng(2)
    numbers = generator.normal(size=(90, 3)).round(3)
    rows = [f"{a},{b},{c},{'xy'[a > b]}" for a, b, c in numbers.tolist()]
    table = folder / "my table.csv"
    table.write_text("a,b,c,kind\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return from_plain(
        {
            "name": "far away",
            "data": {"source": str(table)},
            "model": {"template": "mlp", "width": 8},
            "training": {"epochs": epochs, "batch_size": 16, "threads": 1, "device": "cpu"},
        }
    )


def ended(run: Run) -> bool:
    found = place.read(run.path)
    return run.status != "running" and found is not None and found["state"] == "fetched"


def test_it_trains_there_to_the_same_weights_as_here(server: Server, tmp_path: Path) -> None:
    from app.engine.runs.control import Control
    from app.engine.training.trainer import train

    requested = experiment(tmp_path)
    said: list[str] = []
    run = starting.start(requested, HOST, progress=lambda text, *_: said.append(text))
    wait_until(lambda: ended(run), (run.path / "log.txt").read_text())
    assert run.summary()["status"] == "completed", (run.path / "log.txt").read_text()
    assert run.experiment().data.source == requested.data.source
    assert (server.home / "netwright" / "runs" / run.name / "summary.json").exists()
    assert "Sending" in said

    here = Run.create(tmp_path / "runs", requested)
    train(requested, here, lambda _: None, Control())
    assert here.summary()["weights_sha256"] == run.summary()["weights_sha256"]
    assert run.problems() == []


def test_a_cut_connection_and_a_killed_follower_lose_nothing(
    server: Server, tmp_path: Path
) -> None:
    run = starting.start(experiment(tmp_path, epochs=50_000), HOST)
    wait_until(lambda: (run.path / "metrics.jsonl").exists(), "nothing came")
    server.stop()
    server.cut()
    wait_until(lambda: (place.read(run.path) or {})["state"] == "lost", "the cut was not seen")
    server.start()
    wait_until(lambda: (place.read(run.path) or {})["state"] == "following", "not connected again")

    process = owner_process(run.path)
    assert process is not None
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: run.status == "interrupted", "it still seems to run")
    starting.follow(run)
    control_file.send(run.path, "stop")
    wait_until(lambda: ended(run), (run.path / "log.txt").read_text())
    assert run.summary()["status"] == "stopped"

    there = server.home / "netwright" / "runs" / run.name / "metrics.jsonl"
    assert there.read_bytes() == (run.path / "metrics.jsonl").read_bytes()
    steps = [line for line in there.read_text().splitlines() if line.startswith('{"step"')]
    assert len(steps) == len(set(steps))


@pytest.mark.long
@pytest.mark.timeout(1200)  # each is connected again after some seconds
def test_after_fifty_cuts_no_step_is_lost_and_nothing_was_started_twice(
    server: Server, tmp_path: Path
) -> None:
    generator = np.random.default_rng(int(time.time()))
    run = starting.start(experiment(tmp_path, epochs=1_000_000), HOST)
    here = run.path / "metrics.jsonl"
    size = 0
    for _ in range(50):
        wait_until(lambda size=size: here.exists() and here.stat().st_size > size, "nothing comes")
        size = here.stat().st_size
        time.sleep(float(generator.uniform(0, 1.5)))  # anywhere within a round of the follower
        server.cut()

    control_file.send(run.path, "stop")
    wait_until(lambda: ended(run), (run.path / "log.txt").read_text())
    folders = list((server.home / "netwright" / "runs").iterdir())
    assert [path.name for path in folders if path.is_dir()] == [run.name]
    there = folders[0].parent / run.name
    assert there.joinpath("metrics.jsonl").read_bytes() == here.read_bytes()
    numbers = [
        json.loads(line)["step"]
        for line in here.read_text(encoding="utf-8").splitlines()
        if line.startswith('{"step"')
    ]
    assert numbers == sorted(set(numbers))
    assert there.joinpath("log.txt").read_text().count("Loading engine") == 1
    assert run.problems() == []


@pytest.mark.parametrize("way", ["rsync", "tar"])
def test_only_what_differs_is_sent(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "rsync" and shutil.which("rsync") is None:
        pytest.skip("needs rsync")

    monkeypatch.setattr(rsync.shutil, "which", {"rsync": way == "rsync" or None, "ssh": "ssh"}.get)
    sent: list[tuple[int, int]] = []
    for name in ("a.txt", "in/b.txt", "in/c d.txt"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(name * 100, encoding="utf-8")

    with Connection(HOST) as connection:
        sources = sources_in(tmp_path / "data")

        def tell(_: str, done: int, total: int) -> None:
            sent.append((done, total))

        assert rsync.is_possible(connection, sources) == (way == "rsync")
        assert send(connection, sources, "~/there", tell).files == 3
        assert sent[-1][0] == sent[-1][1] > 0
        assert send(connection, sources, "~/there").files == 0

        (tmp_path / "data" / "a.txt").write_text("other", encoding="utf-8")
        (tmp_path / "data" / "in" / "b.txt").unlink()
        sources = sources_in(tmp_path / "data")
        assert send(connection, sources, "~/there").files == 1

    found = {path.name: path.read_text() for path in (server.home / "there").rglob("*.txt")}
    assert found == {"a.txt": "other", "c d.txt": "in/c d.txt" * 100}


def test_a_refused_key_and_a_changed_one_are_told(server: Server) -> None:
    (server.folder / "authorized_keys").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="refuses your key"):
        Connection(HOST)

    other = (server.folder / "key.pub").read_text(encoding="utf-8").split()[:2]
    known = f"[127.0.0.1]:{server.port} {' '.join(other)}\n"
    (server.folder / "known_hosts").write_text(known, encoding="utf-8")
    with pytest.raises(UserError, match="another one than before"):
        Connection(HOST)

    (server.folder / "known_hosts").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="not known here yet"):
        Connection(HOST)


@pytest.mark.long
def test_another_torch_there_is_refused(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: "2.0.0" if name == "torch" else real(name)
    )
    with pytest.raises(UserError, match=r"has PyTorch 2\.\d+.*, and here it is 2\.0\.0"):
        starting.start(experiment(tmp_path), HOST, tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_a_run_that_there_refuses_leaves_nothing_here(server: Server, tmp_path: Path) -> None:
    requested = experiment(tmp_path).replace(name="refused")
    (tmp_path / "my table.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(UserError, match="no other row"):
        starting.start(requested, HOST, tmp_path / "here")
    assert not (tmp_path / "here").exists()
    assert not list((server.home / "netwright").glob("runs/*"))


def test_of_a_table_of_files_nothing_else_in_its_folder_is_sent(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("table.csv", "in/a.png", "private.txt", "in/letter.docx"):
        (tmp_path / name).write_text("x", encoding="utf-8")

    with Connection(HOST) as connection:
        there = send_data(connection, str(tmp_path / "table.csv"), whole_folder=True)

    folder = server.home / there.removeprefix("~/").rsplit("/", 1)[0]
    assert {path.name for path in folder.rglob("*.*")} == {"table.csv", "a.png"}
