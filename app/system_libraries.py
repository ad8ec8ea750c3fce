"""Shared libraries and system packages that Qt needs on Linux: what is missing, and how to get it.

Standard library only, and readable by older Pythons: the launcher uses it.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys

LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libbrotlidec.so.1": "libbrotli1",
}
"""What Qt needs to be imported at all: shared libraries, with Debian's and Ubuntu's packages."""

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


def has_display() -> bool:
    """Returns whether a window can be shown; Windows and macOS always have a desktop."""
    if sys.platform in ("win32", "darwin"):
        return True

    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def missing_packages(display: bool) -> list[str]:
    """Returns the Debian packages whose libraries cannot be loaded; none of systems but Linux."""
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
    """Returns whether this is root on a system with apt."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def provide_libraries(display: bool) -> None:
    """Installs the libraries that are missing, or says how to."""
    missing = missing_packages(display)
    if missing:
        provide(missing, "system libraries that Qt needs")


def require_for_tests() -> None:
    """Installs what Qt needs to be imported, where it may. Ends the program where it is missing."""
    if missing_packages(display=False) and can_install():
        provide_libraries(display=False)

    missing = missing_packages(display=False)
    if missing:
        sys.exit(f"The tests need system libraries that are missing. {how_to_install(missing)}")


def provide_for_window() -> list[str]:
    """Installs what a window on this display needs, where it may; returns what is still missing."""
    platform = os.environ.get("QT_QPA_PLATFORM") or (
        "wayland" if "WAYLAND_DISPLAY" in os.environ else "xcb"
    )
    display = platform.startswith("xcb")
    if missing_packages(display) and can_install():
        provide_libraries(display)

    return missing_packages(display)


def provide(packages: list[str], purpose: str) -> None:
    """Installs system packages where this is root and apt is here; otherwise prints the line."""
    if not shutil.which("apt-get"):
        _say(f"Missing: {purpose}. Install your system's packages for: {', '.join(packages)}.")
        return

    if not can_install():
        _say(f"Missing: {purpose}. {how_to_install(packages)}")
        return

    _say(f"Installing {purpose}: {', '.join(packages)}.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = subprocess.DEVNULL
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends"]

    def run(*command: str) -> int:
        return subprocess.run(command, env=environment, stdout=quiet, stderr=quiet).returncode

    run("apt-get", "update", "-q")
    if run(*install, *packages) == 0:
        return

    # A name that this release does not know makes apt refuse all of them. Ubuntu 24.04 renamed some
    # to ...t64.
    failed = [name for name in packages if run(*install, name) and run(*install, name + "t64")]
    if failed:
        _say(
            f"These could not be installed: {', '.join(failed)}. Install them by hand if the "
            "window does not open."
        )


def how_to_install(packages: list[str]) -> str:
    """Returns what to do to have these packages on Debian and Ubuntu, with the line to run."""
    line = install_line(packages)
    return f"{'Run' if line.startswith('sudo') else 'As root, run'} once:\n\n    {line}"


def install_line(packages: list[str]) -> str:
    """Returns the command that installs these packages; without sudo it is for root.

    The lists of packages are fetched first: a fresh system has none.
    """
    sudo = "sudo " if shutil.which("sudo") else ""
    install = f"{sudo}apt-get install -y --no-install-recommends {' '.join(packages)}"
    return f"{sudo}apt-get update && {install}"


def _say(sentence: str) -> None:
    print(sentence, flush=True)
