"""Makes one system call of a forked child fail, or kills the child there, with strace.

Unlike tests/faults.py it sees every call, whoever makes it: Python, C or Rust. It takes half a
second a case and needs strace.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults import Fault

AVAILABLE = sys.platform == "linux" and shutil.which("strace") is not None

PATIENCE = 60
"""Seconds after which a child is ended that does not end by itself."""

CALLS = "%file,%desc,msync"
"""What strace calls the calls with a path or a handle."""

HARMLESS = ("ioctl", "execve", "poll", "select", "ppoll", "pselect6", "epoll_wait", "fcntl")
"""Calls that say nothing of the disk."""

LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
NUMBERS = re.compile(r"\.\d+-\d+\.tmp|\.\d+(\.gone)?\.tmp|-[0-9a-z_]{8}\b|#\d+")


@dataclass(frozen=True)
class Call:
    """A system call of the traced thread. number: among those of its name, from 1."""

    name: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.name} {self.text}"


def calls_of(work: Callable[[], object], folder: Path, trace: Path) -> list[Call]:
    """Runs the work in a child; returns the calls of its first thread about a folder.

    trace: the file that strace writes.
    """
    run_traced(work, ["-e", f"trace={CALLS}"], trace)
    numbers: dict[str, int] = {}
    calls = []
    thread = ""
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        found = LINE.match(line)
        if found is None:
            continue

        thread = thread or found[1]
        if found[1] != thread or found[2] in HARMLESS:
            continue

        numbers[found[2]] = numbers.get(found[2], 0) + 1
        if str(folder) in found[3]:
            calls.append(Call(found[2], numbers[found[2]], path_of(found[3], folder)))

    return calls


def path_of(arguments: str, folder: Path) -> str:
    """Returns the path within the folder that a call is about, without numbers of processes."""
    _, _, rest = arguments.partition(str(folder))
    path = re.split(r'["<>]', rest, maxsplit=1)[0]
    return NUMBERS.sub("", path).strip("/") or "."


def fail_call(
    work: Callable[[], object], call: Call, fault: Fault, folder: Path, trace: Path
) -> tuple[str, bool]:
    """Runs the work in a child in which one call fails, or which is killed there.

    Returns the path of the call that was hit, "" where none in the folder was, and whether the
    child was killed.
    """
    what = "signal=KILL" if fault == "kill" else f"error={errno.errorcode[int(fault)]}"
    options = ["-e", f"trace={call.name}", "-e", f"inject={call.name}:{what}:when={call.number}"]
    killed = run_traced(work, options, trace)

    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    hit = next((line for line in lines if "(INJECTED)" in line), "")
    if fault == "kill" and killed:
        own = [line for line in lines if LINE.match(line)]
        hit = next((line for line in reversed(own) if f" {call.name}(" in line), "")

    return (path_of(hit, folder) if str(folder) in hit else ""), killed


def run_traced(work: Callable[[], object], options: list[str], trace: Path) -> bool:
    """Runs the work in a child below strace; returns whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            os.kill(os.getpid(), signal.SIGSTOP)
            signal.alarm(PATIENCE)
            work()
        finally:
            os._exit(0)

    os.waitpid(child, os.WUNTRACED)
    command = ["strace", "-f", "-y", "-s", "1", "-p", str(child), "-o", str(trace), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr is not None
        attached = tracer.stderr.readline()
        assert b"attached" in attached, attached

        os.kill(child, signal.SIGCONT)
        _, how = os.waitpid(child, 0)
        tracer.communicate()

    assert not (os.WIFSIGNALED(how) and os.WTERMSIG(how) == signal.SIGALRM), "it hangs"
    return os.WIFSIGNALED(how)
