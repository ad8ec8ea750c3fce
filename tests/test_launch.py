"""From a clone to a running program, with real folders and a real virtual environment."""

from __future__ import annotations

import ast
import json
import os
import queue
import shutil
import subprocess
import sys
import textwrap
import threading
from importlib import metadata
from pathlib import Path

import pytest

from app import cli, installation, launch, system_libraries

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
    names = (
        "launch.py",
        "installation.py",
        "installed.py",
        "system_libraries.py",
        "__main__.py",
        "__init__.py",
    )
    for name in (*(f"app/{name}" for name in names), "tests/__main__.py"):
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 8))
        for node in tree.body:
            if isinstance(node, ast.Import):
                assert all(
                    alias.name.partition(".")[0] in sys.stdlib_module_names for alias in node.names
                )
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] in sys.stdlib_module_names or (
                    node.module in ("app.installation", "app.installed", "app.system_libraries")
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
    installed: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        launch, "install", lambda python, target, cpu, torch: installed.append((target, cpu))
    )
    monkeypatch.setattr(launch, "provide_libraries", lambda display: None)
    python = launch.environment_python()
    python.parent.mkdir(parents=True)
    python.symlink_to(project / "gone")  # what is left when the Python it was made with has gone
    assert not launch.is_current()

    launch.set_up()
    assert launch.is_current()
    assert subprocess.run([str(python), "-c", ""]).returncode == 0
    assert not launch.is_current("test")
    assert installed == [(str(project), False)]
    said = capsys.readouterr().out
    assert "cut off" in said and "1.7 GB" in said and "5.4 GB" in said

    launch.set_up("test")
    assert launch.is_current("test")
    assert installed[1:] == [(f"{project}[test]", False)]
    said = capsys.readouterr().out
    assert "for the tests are added" in said and "PyTorch" not in said

    launch.set_up()  # another start has done it meanwhile
    assert len(installed) == 2
    (project / "pyproject.toml").write_text(PROJECT + "# changed\n", encoding="utf-8")
    assert not launch.is_current()

    launch.set_up()
    assert installed[2:] == [(f"{project}[test]", False)]
    assert "has changed" in capsys.readouterr().out
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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    python = an_environment(tmp_path, pip="echo 'ERROR: No matching distribution'; exit 1")
    with pytest.raises(installation.SetUpFailed) as failure:
        installation.install(python, "here[test]", cpu=False)

    assert "ERROR: No matching distribution" in str(failure.value)
    assert "run it again" in str(failure.value)
    assert "uv could not do it" in capsys.readouterr().out
    assert not (tmp_path / "temporary").exists()
    assert "No matching" in (tmp_path / "set-up.txt").read_text(encoding="utf-8")


def an_environment(folder: Path, pip: str, uv: str = "") -> Path:
    """Makes an environment whose Python and uv are shell scripts; returns its Python."""
    (folder / "bin").mkdir()
    for name, lines in (("python", pip), ("uv", uv)):
        if not lines:
            continue
        tool = folder / "bin" / name
        tool.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\n{lines}\n', encoding="utf-8")
        tool.chmod(0o755)

    return folder / "bin" / "python"


DRY = '[ "${*%--quiet}" = "$*" ]'
"""True in a shell where uv is to install, not only to ask whether it could."""

RETRIES_TOLD = f'echo "asked again ${installation.RETRIES} time"'


@pytest.mark.skipif(os.name == "nt", reason="the tools are shell scripts")
@pytest.mark.parametrize("cpu", [False, True])
def test_uv_takes_the_build_for_the_device(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cpu: bool
) -> None:
    said = ("Resolved 40 packages in 1s", "Downloading torch (174.0MiB)", "$TMPDIR")
    uv = f"{DRY} || exit 0; " + "; ".join(f'echo "{line}"' for line in said)
    python = an_environment(tmp_path, pip="exit 1", uv=uv)
    installation.install(python, "here", cpu)

    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    backend = "cpu" if cpu else "auto"
    assert asked[-1] == f"pip install --python {python} --torch-backend {backend} -e here"
    assert capsys.readouterr().out.splitlines() == [
        "  resolved 40 packages",
        "  fetching torch (174.0MiB)",
    ]
    log = (tmp_path / "set-up.txt").read_text(encoding="utf-8")
    assert str(tmp_path / "temporary") in log, "temporary files go beside the environment"


@pytest.mark.skipif(os.name == "nt", reason="the tools are shell scripts")
def test_where_uv_cannot_pip_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uv = "echo 'error: Failed to fetch: dns error: no such host'; exit 2"
    python = an_environment(tmp_path, pip="exit 0", uv=uv)
    installation.install(python, "here[test]", cpu=False)

    out = capsys.readouterr().out
    assert "no connection to the package index" in out and "pip goes on" in out
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked[-1].endswith("install -e here[test]")


@pytest.mark.skipif(os.name == "nt", reason="the tools are shell scripts")
def test_where_only_pytorch_has_no_index_pip_fetches_it_and_uv_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fails = f'echo "error: Failed to fetch"; {RETRIES_TOLD}; exit 2'
    uv = f'case "$*" in *--torch-backend*) {fails}; esac'
    python = an_environment(tmp_path, pip="exit 0", uv=uv)
    installation.install(python, "here", cpu=False, torch="torch==2.13.0")

    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked[-3].endswith("install torch==2.13.0")
    assert asked[-1] == f"pip install --python {python} -e here"
    assert sum("--torch-backend" in line for line in asked) == 1, "it is asked once, not to the end"
    assert "pip fetches PyTorch and uv the others" in capsys.readouterr().out
    assert "asked again 1 time" in (tmp_path / "set-up.txt").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="the tools are shell scripts")
def test_where_pip_has_no_pytorch_nothing_else_is_tried(tmp_path: Path) -> None:
    pip = 'case "$*" in *torch==*) echo "ERROR: No matching distribution"; exit 1; esac'
    python = an_environment(tmp_path, pip=pip, uv="exit 2")
    with pytest.raises(installation.SetUpFailed, match="No matching distribution"):
        installation.install(python, "here", cpu=False, torch="torch==2.13.0")

    assert "-e here" not in (tmp_path / "asked").read_text(encoding="utf-8").splitlines()[-1]


@pytest.mark.skipif(os.name == "nt", reason="the tools are shell scripts")
def test_uv_is_told_the_index_that_pip_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://further.example/simple")
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    python = an_environment(
        tmp_path, pip=f'exec {sys.executable} "$@"', uv="echo $UV_DEFAULT_INDEX"
    )
    installation.install(python, "here", cpu=False)
    log = (tmp_path / "set-up.txt").read_text(encoding="utf-8")
    assert log.splitlines()[1] == "https://mirror.example/simple"


def test_a_silent_stage_says_that_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(installation, "SIGN_SECONDS", 0.01)
    lines: queue.Queue[str | None] = queue.Queue()
    said = threading.Event()
    monkeypatch.setattr(
        installation, "say", lambda sentence: (said.set(), print(sentence), lines.put(None))
    )
    assert installation._attend("Installing", lines) == []
    assert said.is_set() and "Installing goes on" in capsys.readouterr().out


def test_what_pip_says_is_said_in_words() -> None:
    assert installation.in_words("Installing collected packages: uv") == "installing 1 package"
    many = ", ".join(f"p{number}" for number in range(59))
    said = installation.in_words(f"Installing collected packages: {many}")
    assert said == "installing 59 packages, which takes a minute"
    assert not installation.in_words("Installing build dependencies: started")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            [
                "  error: subprocess-exited-with-error",
                "OSError: [Errno 28] No space left on device",
            ],
            "OSError: [Errno 28] No space left on device",
        ),
        (
            [
                "WARNING: Retrying after connection broken by 'NewConnectionError(': Failed to "
                "establish a new connection: [Errno -3] Temporary failure in name resolution')'",
                "× pip subprocess to install build dependencies did not run successfully.",
                "╰─> See above for output.",
                "note: This error originates from a subprocess",
            ],
            "There is no connection to the package index: [Errno -3] Temporary failure in name "
            "resolution",
        ),
        (["something else"], "something else"),
    ],
)
def test_the_reason_of_pip_or_uv(output: list[str], reason: str) -> None:
    assert installation.reasons_of(output)[-1] == reason


def test_a_disk_without_room_is_told_before(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(project)._replace(free=400_000_000)
    monkeypatch.setattr(installation.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(installation.SetUpFailed, match=r"Only 0\.4 GB are free"):
        installation.announce(project, cpu=False)


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
@pytest.mark.parametrize("sudo", [True, False])
def test_anybody_else_reads_the_exact_line(apt: Path, monkeypatch, capsys, sudo: bool) -> None:
    tools = {"apt-get": str(apt), "sudo": "/usr/bin/sudo" if sudo else None}
    monkeypatch.setattr(system_libraries.shutil, "which", tools.get)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    system_libraries.provide(["libgl1", "libegl1"], "system libraries")

    before = "sudo " if sudo else ""
    line = f"{before}apt-get update && {before}apt-get install -y --no-install-recommends"
    said = capsys.readouterr().out
    assert said.rstrip().endswith(f"    {line} libgl1 libegl1")
    assert ("As root, run once:" in said) is not sudo
    assert not apt.exists()


def test_the_tests_say_at_every_start_which_libraries_are_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(system_libraries, "can_install", lambda: False)
    monkeypatch.setattr(system_libraries, "LIBRARIES", {"libsurely-not-there.so.9": "libsurely9"})
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            system_libraries.require_for_tests()
        assert str(ended.value.code).rstrip().endswith("libsurely9")


def test_the_line_to_run_stands_on_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(system_libraries, "can_install", lambda: False)
    monkeypatch.setattr(system_libraries, "LIBRARIES", {"libsurely-not-there.so.9": "libsurely9"})
    monkeypatch.setattr(system_libraries, "DISPLAY_LIBRARIES", {})
    line = f"    {system_libraries.install_line(['libsurely9'])}"

    assert cli.main(["demo"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == line
    assert cli.main(["doctor"]) == 0
    assert line in capsys.readouterr().out.splitlines()


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
