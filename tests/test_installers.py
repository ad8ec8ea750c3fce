"""The installer of Linux: an entry in the menu that starts the program, and nothing left behind."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forked import python
from tests.toy_clone import ROOT, RUNS, ToyClone, write_wheels

INSTALLERS = ROOT / "resources" / "installers"


def files_in(home: Path) -> list[Path]:
    """Returns all files but those of a Rust that is here: pip asks it for its version."""
    files = (path for path in home.rglob("*") if not path.is_dir())
    return sorted(path for path in files if ".rustup" not in path.parts)


@pytest.mark.skipif(sys.platform != "linux", reason="the entry is that of a Linux desktop")
def test_it_makes_an_entry_and_removes_all_that_it_made(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    clone = ToyClone(tmp_path / "a clone", write_wheels(tmp_path / "wheels", files=20))
    shutil.copytree(INSTALLERS, clone.folder / "resources" / "installers")
    (clone.folder / "models").mkdir()
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone.folder)

    home = tmp_path / "my home"
    home.mkdir()
    own = {"HOME": str(home), "XDG_DATA_HOME": "", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    installer = "resources/installers/install.sh"
    for _ in range(2):  # the second time is a newer version over the older one
        code, output = clone.run(command=["sh", installer, "--cpu"], **own)
        assert code == 0, output
        assert RUNS in output and "in the menu now" in output and "Traceback" not in output

    assert "Making" not in output, "the second time the environment is used as it is"
    shutil.rmtree(clone.folder / "app")  # the clone is no longer needed

    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str
    (written,) = (home / ".local" / "share" / "applications").iterdir()
    entry.read(written, encoding="utf-8")
    program = shlex.split(entry["Desktop Entry"]["Exec"])
    shown = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    assert shown == f"{RUNS}\n"
    assert (home / ".local" / "bin" / "netwright").resolve() == Path(program[0]).resolve()

    code, output = clone.run(command=["sh", installer, "--remove"], **own)
    assert code == 0, output
    assert files_in(home) == []


@pytest.mark.skipif(sys.platform != "linux", reason="the folders are those of Linux")
def test_all_that_is_written_elsewhere_is_named_by_doctor(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "table.csv").write_text("a,kind\n" + "1,x\n2,y\n" * 30, encoding="utf-8")
    experiment = '[data]\nsource = "table.csv"\n[training]\nepochs = 1\n'
    (tmp_path / "mine.toml").write_text(experiment, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}

    def said(*arguments: str) -> str:
        command = [*python(), "-m", "app", *arguments]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**kept, "HOME": str(home)},
        ).stdout

    said("train", str(tmp_path / "mine.toml"))
    facts = json.loads(said("doctor", "--json"))
    named = [facts["runs"]["folder"], *facts["written"].values()]
    written = files_in(home)
    assert written
    assert [path for path in written if not any(path.is_relative_to(at) for at in named)] == []
    assert facts["written"]["settings"] in said("doctor")


def test_what_the_installers_copy_and_name_is_there() -> None:
    shell = (INSTALLERS / "install.sh").read_text(encoding="utf-8")
    copied = re.search(r"for part in (.*); do", shell)
    assert copied is not None
    for name in copied.group(1).split():
        assert (ROOT / name).exists(), name
        assert name in (INSTALLERS / "install.cmd").read_text(encoding="utf-8")

    icon = re.search(r"Icon=@PLACE@/(.*)", (INSTALLERS / "netwright.desktop").read_text("utf-8"))
    assert icon is not None and (ROOT / icon.group(1)).exists()
    assert os.access(INSTALLERS / "install.sh", os.R_OK)
