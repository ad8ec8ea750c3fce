"""From a clone to a running program, with real folders and a real virtual environment."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import textwrap
from importlib import metadata
from pathlib import Path

import pytest

from app import launch, system_libraries

ROOT = Path(__file__).resolve().parent.parent
PROJECT = """\
[project]
name = "toy"
version = "1"
dependencies = ["toy-that-is-not-there>=1"]
[project.optional-dependencies]
test = ["pytest>=9"]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns a folder that launch takes for the code; its packages are not there."""
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    monkeypatch.setattr(launch, "ROOT", tmp_path)
    return tmp_path


def test_it_needs_nothing_but_an_old_python() -> None:
    names = ("launch.py", "system_libraries.py", "__main__.py", "__init__.py")
    for name in (*(f"app/{name}" for name in names), "tests/__main__.py"):
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 8))
        for node in tree.body:
            if isinstance(node, ast.Import):
                assert all(
                    alias.name.partition(".")[0] in sys.stdlib_module_names for alias in node.names
                )
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] in sys.stdlib_module_names or (
                    node.module == "app.system_libraries"
                )


def test_where_the_packages_are_it_just_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "set_up", lambda extra: pytest.fail("nothing is to be set up"))
    monkeypatch.setattr(launch, "_run", lambda *command: pytest.fail("nothing is to be run"))
    launch.into_environment(ROOT / "app")


@pytest.mark.parametrize(
    ("requirement", "version", "fits"),
    [
        ("toy==2.13.0", "2.13.0+cpu", True),
        ("toy==2.13.0", "2.14", False),
        ("toy>=2", "2.4.6", True),
        ("toy>=6.11.2,<6.12", "6.11.3", True),
        ("toy>=6.11.2,<6.12", "6.12.0", False),
        ("toy>=2.11,<3", "3.0", False),
        ("toy>=12", "12", True),
        ("toy", "0.0.1rc1", True),
        ("toy==2.13", "2.13.0", True),
    ],
)
def test_versions_are_compared(
    project: Path, monkeypatch, requirement: str, version: str, fits: bool
) -> None:
    (project / "pyproject.toml").write_text(
        PROJECT.replace("toy-that-is-not-there>=1", requirement), encoding="utf-8"
    )
    monkeypatch.setattr(metadata, "version", lambda name: {"toy": version}[name])
    assert launch.satisfied() is fits


def test_an_environment_is_made_once_and_renewed_when_it_must(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed: list[tuple[str, ...]] = []
    monkeypatch.setattr(launch, "_pip", lambda *arguments: installed.append(arguments))
    monkeypatch.setattr(launch, "provide_libraries", lambda display: None)
    python = launch.environment_python()
    python.parent.mkdir(parents=True)
    python.symlink_to(project / "gone")  # what is left when the Python it was made with has gone
    assert not launch.is_current()

    launch.set_up()
    assert launch.is_current()
    assert subprocess.run([str(python), "-c", ""]).returncode == 0
    assert not launch.is_current("test")
    assert installed == [("install", "-e", str(project))]
    assert "happens once" in capsys.readouterr().out

    launch.set_up("test")
    assert launch.is_current("test")
    assert installed[1:] == [("install", "-e", f"{project}[test]")]

    launch.set_up()  # another start has done it meanwhile
    assert len(installed) == 2
    (project / "pyproject.toml").write_text(PROJECT + "# changed\n", encoding="utf-8")
    assert not launch.is_current()

    launch.set_up()
    assert installed[2:] == [("install", "-e", f"{project}[test]")]
    launch.stamp_path().write_text("{", encoding="utf-8")
    assert not launch.is_current()


def test_it_goes_on_in_the_environment_with_the_same_arguments(project: Path) -> None:
    script = project / "script.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        from pathlib import Path
        from app import launch, system_libraries
        launch.ROOT = Path({str(project)!r})
        launch.into_environment(Path(__file__))
        print(sys.prefix, sys.argv[1:])
    """),
        encoding="utf-8",
    )

    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(launch.environment())], check=True
    )
    launch.stamp_path().write_text(
        json.dumps({"stamp": launch.stamp(), "extras": []}), encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, str(script), "a b", "--c"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [f"{project / '.venv'} ['a b', '--c']"]


def test_an_older_python_looks_for_a_newer_one_or_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "LEAST_PYTHON", (3, 99))
    monkeypatch.setattr(launch.shutil, "which", lambda name: None)

    with pytest.raises(SystemExit) as ended:
        launch.into_environment(project)

    assert "needs Python 3.99 or newer" in str(ended.value)


def test_a_failed_installation_is_reported_with_its_reason(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "environment_python", lambda: Path(sys.executable))
    with pytest.raises(launch.SetUpFailed) as failure:
        launch._pip("install", "--no-index", "surely-not-there-4711")

    assert "surely-not-there-4711" in str(failure.value)
    assert "run it again" in str(failure.value)
    assert "Traceback" not in str(failure.value)


# --- system libraries

APT = """#!/bin/sh
echo "$@" >> {log}
for word in "$@"; do
    case $word in libold0|libnever1|libnever1t64) exit 100;; esac
done
"""


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Installs an apt-get that knows neither libold0 nor libnever1; returns its log."""
    log = tmp_path / "apt.log"
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "apt-get").write_text(APT.format(log=log), encoding="utf-8")
    (folder / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return log


@pytest.mark.skipif(os.name == "nt", reason="there is no apt there")
def test_root_installs_what_is_missing_one_by_one_where_a_name_is_unknown(
    apt: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    system_libraries.provide(["libgl1", "libegl1"], "system libraries")
    assert apt.read_text(encoding="utf-8").splitlines()[1].endswith("libgl1 libegl1")

    apt.unlink()
    system_libraries.provide(["libgl1", "libold0", "libnever1"], "system libraries")
    packages = [line.split()[-1] for line in apt.read_text(encoding="utf-8").splitlines()]
    assert packages[2:] == ["libgl1", "libold0", "libold0t64", "libnever1", "libnever1t64"]

    out = capsys.readouterr().out
    assert "could not be installed: libnever1." in out


@pytest.mark.skipif(os.name == "nt", reason="there is no apt there")
def test_anybody_else_reads_the_exact_line(apt: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    system_libraries.provide(["libgl1", "libegl1"], "system libraries")
    assert (
        "sudo apt-get install -y --no-install-recommends libgl1 libegl1" in capsys.readouterr().out
    )
    assert not apt.exists()


def test_a_library_that_cannot_be_loaded_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(system_libraries, "LIBRARIES", {"libsurely-not-there.so.9": "libsurely9"})
    monkeypatch.setattr(system_libraries, "DISPLAY_LIBRARIES", {"libneither.so.1": "libneither1"})
    assert system_libraries.missing_packages(display=False) == ["libsurely9"]
    assert system_libraries.missing_packages(display=True) == ["libsurely9", "libneither1"]


def test_the_stamp_names_the_place(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = launch.stamp()
    launch.environment().mkdir()
    launch.stamp_path().write_text(json.dumps({"stamp": here, "extras": []}), encoding="utf-8")
    moved = project.with_name("moved")
    project.rename(moved)
    monkeypatch.setattr(launch, "ROOT", moved)

    assert launch.stamp() != here
