"""From a fresh clone to a running program: makes the environment beside the code, installs into it,
starts in it.

Used by `python3 app` and `python3 tests`. Standard library only, and readable by older Pythons, so
that they can be told what is missing. Where the packages are there already (`pip install .`), it
only looks and returns.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
LEAST_PYTHON = (3, 11)
LOCK = "netwright.lock"

LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libbrotlidec.so.1": "libbrotli1",
}
"""What Qt needs to be imported at all: the shared library, and Debian's and Ubuntu's package of it."""

DISPLAY_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libX11-xcb.so.1": "libx11-xcb1",
}
"""What a window on an X11 display needs in addition."""


class SetUpFailed(Exception):
    """The environment could not be made: what is wrong and what to do, for a person."""


def into_environment(script: Path, extra: str = "") -> None:
    """Returns when the packages (and those of `extra`) can be imported here; otherwise goes on in
    the environment beside the code, made first if need be, by running `script` there with the
    same arguments. Never returns then.
    """
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
            set_up(extra)
    except SetUpFailed as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run it again to go on.")

    if not inside():
        _run(str(environment_python()), str(script), *sys.argv[1:])


def environment() -> Path:
    return ROOT / ".venv"


def environment_python() -> Path:
    return environment() / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def inside() -> bool:
    """Whether this is the environment's own Python."""
    return Path(sys.prefix).resolve() == environment().resolve()


# --- is it there already?


def stamp_path() -> Path:
    return environment() / "netwright.json"


def stamp() -> str:
    """What an environment was made from: the list of packages and the place of the code."""
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()).hexdigest()


def is_current(extra: str = "") -> bool:
    """Whether the environment was made completely, from this list of packages, with this extra."""
    try:
        made = json.loads(stamp_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False

    return (
        made.get("stamp") == stamp()
        and extra in ["", *made.get("extras", [])]
        and environment_python().exists()
    )


def requirements(extra: str = "") -> list[str]:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return list(project["dependencies"]) + (
        list(project["optional-dependencies"][extra]) if extra else []
    )


def satisfied(extra: str = "") -> bool:
    """Whether the packages are installed for this Python, in versions that fit."""
    from importlib import metadata

    if sys.version_info < LEAST_PYTHON:
        return False

    for requirement in requirements(extra):
        name, conditions = _split(requirement)
        try:
            version = _numbers(metadata.version(name))
        except metadata.PackageNotFoundError:
            return False

        for operator, limit in conditions:
            wanted = _numbers(limit)
            size = max(len(version), len(wanted))
            have = version + (0,) * (size - len(version))

            want = wanted + (0,) * (size - len(wanted))
            if not {"==": have == want, ">=": have >= want, "<": have < want}[operator]:
                return False

    return True


def _split(requirement: str) -> tuple[str, list[tuple[str, str]]]:
    """ "a>=1,<2" -> ("a", [(">=", "1"), ("<", "2")])."""
    name = re.split(r"[<>=\s]", requirement, maxsplit=1)[0]
    return name, re.findall(r"(==|>=|<)\s*([\d.]+)", requirement)


def _numbers(version: str) -> tuple[int, ...]:
    """The release of a version: "2.13.0+cpu" is (2, 13, 0)."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


# --- making it


def set_up(extra: str = "") -> None:
    """Makes or renews the environment. Raises SetUpFailed."""
    say(
        "Netwright is not set up here yet. This happens once and takes some minutes."
        if not stamp_path().exists()
        else "The list of packages has changed; the environment is brought up to date."
    )
    provide_libraries(display=has_display())

    with _alone():
        if is_current(extra):  # made by another start in the meantime
            return

        extras = sorted({extra, *_extras_so_far()} - {""})
        if not _works():
            _make_environment()

        say(f"Installing PyTorch, Qt and the rest into {environment()} (about 2 GB on disk).")
        _pip("install", "-e", str(ROOT) + (f"[{','.join(extras)}]" if extras else ""))
        stamp_path().write_text(json.dumps({"stamp": stamp(), "extras": extras}), encoding="utf-8")

    say("Set up. The next start takes no longer than starting.")


def say(sentence: str) -> None:
    print(sentence, flush=True)


def _extras_so_far() -> list[str]:
    try:
        return list(json.loads(stamp_path().read_text(encoding="utf-8")).get("extras", []))
    except (OSError, ValueError):
        return []


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One set-up at a time: a second one waits for the first."""
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
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _works() -> bool:
    """Whether the environment has a Python that runs, with pip, of a version that will do."""
    code = f"import sys, pip; sys.exit(sys.version_info < {LEAST_PYTHON!r})"
    try:
        return (
            subprocess.run([str(environment_python()), "-c", code], capture_output=True).returncode
            == 0
        )
    except OSError:
        return False


def _make_environment() -> None:
    say(f"Making a virtual environment in {environment()} with Python {sys.version.split()[0]}.")
    for old in environment().iterdir():
        if old.name != LOCK:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()

    command = [sys.executable, "-m", "venv", str(environment())]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode and shutil.which("apt-get"):
        provide(
            [f"python{sys.version_info[0]}.{sys.version_info[1]}-venv", "python3-venv"],
            "Python's venv module",
        )
        made = subprocess.run(command, capture_output=True, text=True)

    if made.returncode:
        raise SetUpFailed(
            f"A virtual environment could not be made: {_last_line(made.stdout + made.stderr)}\n"
            "Install Python's venv module (Debian, Ubuntu: apt-get install python3-venv), then run "
            "it again."
        )


def _pip(*arguments: str) -> None:
    """Runs pip, with a word on what it fetches. Raises SetUpFailed with pip's reason."""
    command = [
        str(environment_python()),
        "-m",
        "pip",
        *arguments,
        "--disable-pip-version-check",
        "--no-input",
    ]
    predictions: list[str] = []

    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=pipe, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            predictions.append(line.rstrip())
            words = line.split()
            if words[:1] == ["Downloading"]:
                say("  fetching " + " ".join([words[1].rsplit("/", 1)[-1], *words[2:4]]))
            elif words[:1] == ["Installing"]:
                say("  " + " ".join(words[:3]))

    if pip.returncode:
        reasons = [line for line in predictions if line.startswith("ERROR")][:3] or predictions[-3:]
        raise SetUpFailed(
            "The packages could not be installed:\n  "
            + "\n  ".join(reasons)
            + "\nCheck the network and the space on the disk, then run it again; it goes on where it was."
        )


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason was given."


# --- system libraries


def has_display() -> bool:
    """Whether a window can be shown.

    Elsewhere than on Linux and its like there is always a desktop.
    """
    if sys.platform in ("win32", "darwin"):
        return True

    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def missing_packages(display: bool) -> list[str]:
    """Debian's names of the packages whose libraries cannot be loaded; [] elsewhere than on Linux."""
    if not sys.platform.startswith("linux"):
        return []

    wanted = {**LIBRARIES, **(DISPLAY_LIBRARIES if display else {})}
    return [package for library, package in wanted.items() if not _loads(library)]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def can_install() -> bool:
    """Whether this is root on a system with apt."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def provide_libraries(display: bool) -> None:
    missing = missing_packages(display)
    if missing:
        provide(missing, "system libraries that Qt needs")


def provide(packages: list[str], purpose: str) -> None:
    """Installs system packages when this is root and apt is here; otherwise prints the exact line."""
    if not shutil.which("apt-get"):
        say(f"Missing: {purpose}. Install your system's packages for: {', '.join(packages)}.")
        return

    if not can_install():
        say(f"Missing: {purpose}. Install them once with\n\n    {install_line(packages)}\n")
        return

    say(f"Installing {purpose}: {', '.join(packages)}.")
    surroundings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = subprocess.DEVNULL
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends"]

    def run(*command: str) -> int:
        return subprocess.run(command, env=surroundings, stdout=quiet, stderr=quiet).returncode

    run("apt-get", "update", "-q")
    if run(*install, *packages) == 0:
        return

    # A name that this release does not know makes apt refuse all of them. Ubuntu 24.04 renamed some
    # to ...t64.
    failed = [name for name in packages if run(*install, name) and run(*install, name + "t64")]
    if failed:
        say(
            f"These could not be installed: {', '.join(failed)}. Install them by hand if the "
            "window does not open."
        )


def install_line(packages: list[str]) -> str:
    return f"sudo apt-get install -y --no-install-recommends {' '.join(packages)}"


# --- going on elsewhere


def _use_a_newer_python(script: Path) -> NoReturn:
    """Goes on with a newer Python where there is one. Raises SetUpFailed where there is none."""
    for minor in range(14, LEAST_PYTHON[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            _run(newer, str(script), *sys.argv[1:])

    raise SetUpFailed(
        f"Netwright needs Python {LEAST_PYTHON[0]}.{LEAST_PYTHON[1]} or newer; this is "
        f"{sys.version.split()[0]}. "
        "Install a newer one, then run it again with that."
    )


def _run(*command: str) -> NoReturn:
    """Becomes the command (on Windows: runs it and ends with its exit code)."""
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.call(command))

    os.execv(command[0], command)
