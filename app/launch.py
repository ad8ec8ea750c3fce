"""The way from a fresh clone to a running program: the environment beside the code, its packages.

`python3 app` and `python3 tests` begin here. It uses the standard library only and can be parsed by
older Pythons, so that they can say what is missing. Where the packages are installed already
(`pip install .`), it only looks and returns.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from app.installation import SetUpFailed, announce, install, say
from app.installed import forget_compiled, forget_incomplete, is_complete
from app.system_libraries import can_install, has_display, provide, provide_libraries

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
"""The folder of the clone."""

LEAST_PYTHON = (3, 11)
"""The oldest Python that will do, as pyproject.toml says."""

LOCK = "netwright.lock"
"""The file that a set-up holds, so that a second one waits."""

LEAST_ROOM = 20_000_000
"""Bytes: where less are free, a virtual environment could not be made for want of room."""

CPU = "--cpu"
"""The argument of a first start that asks for PyTorch for the CPU, whatever device there is."""


def into_environment(script: Path, extra: str = "") -> None:
    """Makes sure that the program goes on where its packages (and those of `extra`) are installed.

    It returns where they can be imported here. Otherwise it makes the environment beside the code,
    if need be, runs `script` there with the same arguments but CPU, and never returns.
    """
    cpu = CPU in sys.argv[1:]
    sys.argv[1:] = [argument for argument in sys.argv[1:] if argument != CPU]
    if (
        not (ROOT / "pyproject.toml").exists()
        or (inside() and is_current(extra))
        or satisfied(extra)
    ):
        return

    try:
        if not is_current(extra):
            if sys.version_info < LEAST_PYTHON:
                _use_a_newer_python(script)
            set_up(extra, cpu)
    except SetUpFailed as failure:
        sys.exit(str(failure))
    except OSError as error:
        sys.exit(_about_the_disk(error))
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run it again to go on.")

    if not inside():
        _run(str(environment_python()), str(script), *sys.argv[1:])


def _about_the_disk(error: OSError) -> str:
    """Returns what is wrong with the disk, and what to do."""
    why = f"The set-up cannot go on: {error.strerror or error}"
    if error.errno == errno.ENOSPC:
        return f"{why}. Make room, then run it again; it goes on with what was fetched."

    return f"{why}: '{error.filename}'. Clone into a folder of your own, then run it there."


def environment() -> Path:
    """Returns the folder of the environment beside the code."""
    return ROOT / ".venv"


def environment_python() -> Path:
    """Returns the environment's own Python, whether it is there or not."""
    return environment() / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def inside() -> bool:
    """Returns whether this Python is the environment's own."""
    return Path(sys.prefix).resolve() == environment().resolve()


# --- is it there already?


def stamp_path() -> Path:
    """Returns the file that says from what the environment was made."""
    return environment() / "netwright.json"


def stamp() -> str:
    """Returns a fingerprint of the list of packages and the folder of the code."""
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()).hexdigest()


def is_current(extra: str = "") -> bool:
    """Returns whether the environment is complete, made from these packages with this extra."""
    try:
        written = json.loads(stamp_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False

    return (
        written.get("stamp") == stamp()
        and extra in ["", *written.get("extras", [])]
        and environment_python().exists()
    )


def requirements(extra: str = "") -> list[str]:
    """Returns the packages that pyproject.toml asks for, with those of `extra`."""
    import tomllib  # noqa: PLC0415 - Pythons before 3.11 have none and must get to their message

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return list(project["dependencies"]) + (
        list(project["optional-dependencies"][extra]) if extra else []
    )


def satisfied(extra: str = "") -> bool:
    """Returns whether the packages are installed for this Python, in versions that fit."""
    if sys.version_info < LEAST_PYTHON:
        return False

    for requirement in requirements(extra):
        name, conditions = _split(requirement)
        try:
            version = _numbers(metadata.version(name))
        except metadata.PackageNotFoundError:
            return False

        for operator, limit in conditions:
            length = max(len(version), len(_numbers(limit)))
            installed = _padded(version, length)
            wanted = _padded(_numbers(limit), length)
            fits = {
                "==": installed == wanted,
                ">=": installed >= wanted,
                "<": installed < wanted,
            }
            if not fits[operator]:
                return False

    return True


def _split(requirement: str) -> tuple[str, list[tuple[str, str]]]:
    """Returns name and conditions: "a>=1,<2" is ("a", [(">=", "1"), ("<", "2")])."""
    name = re.split(r"[<>=\s]", requirement, maxsplit=1)[0]
    return name, re.findall(r"(==|>=|<)\s*([\d.]+)", requirement)


def _numbers(version: str) -> tuple[int, ...]:
    """Returns the release of a version: "2.13.0+cpu" is (2, 13, 0)."""
    release = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in release.group().split(".")) if release else ()


def _padded(version: tuple[int, ...], length: int) -> tuple[int, ...]:
    """Returns a release with zeros at its end: 2.13 is 2.13.0."""
    return version + (0,) * (length - len(version))


# --- making it


def set_up(extra: str = "", cpu: bool = False) -> None:
    """Makes or renews the environment. cpu: with PyTorch for the CPU. Raises SetUpFailed."""
    say(_why_set_up())
    if can_install():
        provide_libraries(display=has_display())

    with _alone():
        if is_current(extra):  # made by another start in the meantime
            return

        extras = sorted({extra, *_extras_so_far()} - {""})
        fresh = not _works()
        if fresh:
            _clear()
        if fresh or not stamp_path().exists():
            announce(environment(), cpu)
        if fresh:
            _make_environment()
        elif not stamp_path().exists():
            forget_compiled(environment())
        for name in forget_incomplete(environment()):
            say(f"{name} was installed only in part; it is installed again.")

        target = str(ROOT) + (f"[{','.join(extras)}]" if extras else "")
        torch = next((each for each in requirements() if re.match(r"torch\s*[=<>~!]", each)), "")
        install(environment_python(), target, cpu, torch)
        stamp_path().write_text(json.dumps({"stamp": stamp(), "extras": extras}), encoding="utf-8")

    say("Set up. The next start takes no longer than starting.")


def _why_set_up() -> str:
    """Returns why something must be installed, for a person."""
    try:
        written = json.loads(stamp_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        if environment().exists() and any(environment().iterdir()):
            return "The set-up was cut off; it goes on with what was fetched."
        return "Netwright is not set up here yet. This happens once and takes some minutes."

    if written.get("stamp") == stamp():
        return "The packages for the tests are added; this happens once."

    return "The list of packages or the place of the code has changed; what is missing is added."


def _extras_so_far() -> list[str]:
    try:
        return list(json.loads(stamp_path().read_text(encoding="utf-8")).get("extras", []))
    except (OSError, ValueError):
        return []


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Holds the lock of the set-up: a second one waits for the first."""
    try:
        environment().mkdir(exist_ok=True)
        lock = (environment() / LOCK).open("w")
    except OSError as error:
        place = environment()
        raise SetUpFailed(
            f"'{place}' cannot be written: {error.strerror}. Clone into a folder of your own."
        ) from error

    with lock:
        with contextlib.suppress(ImportError):
            import fcntl  # noqa: PLC0415 - Windows has none

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _works() -> bool:
    """Returns whether the environment has a Python that runs, a whole pip and is new enough."""
    if not is_complete(environment(), "pip"):
        return False

    code = f"import sys; sys.exit(sys.version_info < {LEAST_PYTHON!r})"
    try:
        ended = subprocess.run([str(environment_python()), "-c", code], capture_output=True)
    except OSError:
        return False

    return ended.returncode == 0


def _clear() -> None:
    """Removes all that is left of an environment that does not work."""
    for old in environment().iterdir():
        if old.name != LOCK:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()


def _make_environment() -> None:
    say(f"Making a virtual environment in {environment()} with Python {sys.version.split()[0]}.")
    command = [sys.executable, "-m", "venv", str(environment())]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode and shutil.which("apt-get"):
        provide(
            [f"python{sys.version_info[0]}.{sys.version_info[1]}-venv", "python3-venv"],
            "Python's venv module",
        )
        ended = subprocess.run(command, capture_output=True, text=True)

    if ended.returncode and shutil.disk_usage(environment()).free < LEAST_ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if ended.returncode:
        raise SetUpFailed(
            f"A virtual environment could not be made: {_last_line(ended.stdout + ended.stderr)}\n"
            "Install Python's venv module (Debian, Ubuntu: apt-get install python3-venv), then run "
            "it again."
        )


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason was given."


# --- going on elsewhere


def _use_a_newer_python(script: Path) -> NoReturn:
    """Goes on with a newer Python. Raises SetUpFailed where there is none."""
    for minor in range(14, LEAST_PYTHON[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            _run(newer, str(script), *sys.argv[1:])

    raise SetUpFailed(
        f"Netwright needs Python {LEAST_PYTHON[0]}.{LEAST_PYTHON[1]} or newer; this is "
        f"{sys.version.split()[0]}. Install a newer one, then run it again with that."
    )


def _run(*command: str) -> NoReturn:
    """Becomes the command (on Windows: runs it and ends with its exit code)."""
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.call(command))

    os.execv(command[0], command)
