"""The hosts of an OpenSSH configuration, and what one of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.remote.connection import CONFIG
from app.engine.remote.hosts import Computer, configured_hosts, look_at
from tests.engine.remote.sshd import HOST

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.engine.remote.sshd import Server


def test_names_are_read_with_includes_and_patterns_are_left_out(
    tmp_path: Path, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ssh does, whatever an include names is in ~/.ssh, and nonsense in it names nothing."""
    config = tmp_path / "config"
    monkeypatch.setenv(CONFIG, str(config))
    assert configured_hosts() == []

    more = folders / "home" / ".ssh" / "more"
    more.mkdir(parents=True)
    config.write_text(
        "# Host commented\nInclude more/*\nHost=one\n  HostName 10.0.0.1\n"
        'HOST two *.lab "three" !four\nHost one\nMatch host five\n'
        f"Include {config}\nInclude / ~no-such-person/config\n"
    )
    (more / "lab").write_text("Host  inner\n")
    assert configured_hosts() == ["inner", "one", "two", "three"]


def test_the_usual_configuration_is_that_of_the_person(folders: Path) -> None:
    ssh = folders / "home" / ".ssh"
    ssh.mkdir()
    (ssh / "config").write_text("Host work\n")
    assert configured_hosts() == ["work"]


def test_a_computer_is_looked_at_and_nothing_is_left_there(server: Server) -> None:
    before = sorted(server.home.rglob("*"))
    computer = look_at(HOST)
    assert computer.doctor is None and computer.free > 0
    assert computer.python.startswith("3.")
    assert "not set up there yet" in computer.lines()[1]
    assert sorted(server.home.rglob("*")) == before


def test_what_the_doctor_says_is_told_in_words() -> None:
    doctor = {
        "netwright": "0.3.0",
        "packages": {"torch": "2.13.0"},
        "cores": 8,
        "memory": {"total": 32 * 10**9},
        "device": {"label": "NVIDIA A100"},
    }
    lines = Computer("there", "3.12.1", 10**11, doctor).lines()
    assert lines[1] == "Netwright 0.3.0 is set up there, with PyTorch 2.13.0."
    assert lines[2].startswith("8 cores, ") and lines[2].endswith("trains on: NVIDIA A100.")
    assert len(Computer("there", "3.12.1", 10**11, {}).lines()) == 3
