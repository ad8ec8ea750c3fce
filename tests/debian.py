"""`python -m tests.debian [SUITE ...] --folder DIR`: the first start on bare Debian systems.

It makes a root for each suite with debootstrap (Debian: `apt-get install debootstrap`), with
Python, git and Xvfb in it and nothing of Qt's libraries, copies the code there, and runs the
commands of the README: first as an ordinary user, who can only read what is missing, then as root,
who has it installed, then as the user again; on a display and without. All that is said is printed,
to be read.

As root, on Linux, with a mirror of Debian and a package index; 5 GB a suite, 15 GB where the index
has only PyTorch for NVIDIA cards. The settings of pip on this machine are used there as well.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.test_first_start import copy_of_the_code

SUITES = {"bookworm": "3.11", "trixie": "3.13"}
"""Debian 12 and 13, with their Python."""

PACKAGES = "python3,python3-venv,git,ca-certificates,xvfb,xauth"
CERTIFICATES = Path("etc/ssl/certs/ca-certificates.crt")
USER = "person"
TESTS = "tests/test_launch.py tests/ui/shell/test_application.py"
WINDOW_SECONDS = 30
"""So long the window is open before it is asked to end."""

WITHOUT_A_DISPLAY = "python3 app"
ON_A_DISPLAY = f"xvfb-run -a timeout --preserve-status {WINDOW_SECONDS} python3 app"
THE_TESTS = f"python3 tests {TESTS}"


@dataclass(frozen=True)
class Step:
    """A command of a user: its exit code, and words that it is to say."""

    user: str
    command: str
    code: int
    words: str = ""


STEPS = (
    Step(USER, WITHOUT_A_DISPLAY, 0, "The curves:"),
    Step(USER, ON_A_DISPLAY, 1, "apt-get update && "),
    Step(USER, THE_TESTS, 1, "apt-get update && "),
    Step("root", WITHOUT_A_DISPLAY, 0, "The curves:"),
    Step("root", ON_A_DISPLAY, 0),
    Step("root", THE_TESTS, 0, " passed"),
    Step(USER, ON_A_DISPLAY, 0),
    Step(USER, THE_TESTS, 0, " passed"),
)


def make(suite: str, root: Path) -> None:
    """Makes a bare system, or takes what an earlier call made. Raises CalledProcessError."""
    if not (root / "usr" / "bin" / "python3").exists():
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, str(root)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    if f"\n{USER}:" not in (root / "etc" / "passwd").read_text(encoding="utf-8"):
        subprocess.run(["chroot", str(root), "useradd", "--create-home", USER], check=True)

    for name in (Path("etc/resolv.conf"), CERTIFICATES):
        shutil.copy(Path("/") / name, root / name)


def home_of(user: str) -> str:
    return "/root" if user == "root" else f"/home/{user}"


def give_code(root: Path, user: str) -> None:
    """Puts the code into the home of a user, as a fresh clone of theirs."""
    folder = root / home_of(user)[1:] / "netwright"
    shutil.rmtree(folder, ignore_errors=True)
    copy_of_the_code(folder, with_tests=True)
    subprocess.run(["chroot", str(root), "chown", "-R", f"{user}:", home_of(user)], check=True)


def run(root: Path, user: str, command: str) -> tuple[int, str]:
    """Runs a command of a user in the code's folder; returns exit code and what was said.

    The mounts that it needs are in a namespace of their own and go with it.
    """
    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    settings |= {"PIP_CERT": f"/{CERTIFICATES}", "SSL_CERT_FILE": f"/{CERTIFICATES}"}
    mounts = [("--rbind", "/dev", "/dev"), ("--bind", "/proc", "/proc")]
    links = [Path(link) for link in settings.get("PIP_FIND_LINKS", "").split()]
    for link in links:
        (root / str(link).lstrip("/")).mkdir(parents=True, exist_ok=True)
        mounts.append(("--bind", str(link), str(link)))

    script = [f"mount {how} {shlex.quote(what)} {root}{where}" for how, what, where in mounts]
    inner = f"cd {home_of(user)}/netwright && {command}"
    variables = [f"{name}={value}" for name, value in settings.items()]
    path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
    chroot = [
        *("chroot", f"--userspec={user}", str(root), "env", "-i", f"HOME={home_of(user)}"),
        *(f"USER={user}", "LANG=C.UTF-8", path, *variables, "sh", "-c", inner),
    ]
    script.append(f"exec {shlex.join(chroot)}")

    ended = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", "\n".join(script)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return ended.returncode, ended.stdout


def try_suite(suite: str, folder: Path) -> list[str]:
    """Goes through all steps on a suite and prints them; returns what was not as it should be."""
    root = folder / suite
    make(suite, root)
    for user in (USER, "root"):
        give_code(root, user)

    wrong = []
    for step in STEPS:
        begun = time.monotonic()
        code, output = run(root, step.user, step.command)
        title = f"{suite}, {step.user}: {step.command}"
        print(
            f"\n--- {title}\n{output}\n--- exit {code}, {time.monotonic() - begun:.0f} s",
            flush=True,
        )
        if code != step.code or step.words not in output or "Traceback" in output:
            wrong.append(f"{title}: exit {code}, not {step.code} with '{step.words}'")

    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.debian", description=__doc__)
    parser.add_argument("suite", nargs="*", default=list(SUITES), help=", ".join(SUITES))
    parser.add_argument("--folder", type=Path, required=True, help="where the roots are made")
    chosen = parser.parse_args()
    wrong = [line for suite in chosen.suite for line in try_suite(suite, chosen.folder.resolve())]
    print("\n" + ("\n".join(wrong) or "All as it should be."))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
