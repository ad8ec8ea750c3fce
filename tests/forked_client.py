"""The command of a program that runs in a fork: asks for it, and ends as it ends. See `forked`.

It is read by a Python that looks into no folder of packages, which takes 15 ms.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


def is_known(arguments: list[str]) -> bool:
    """Returns whether a fork can do this: -P, then -c, -m or a script, and its arguments."""
    first, *rest = [each for each in arguments if each != "-P"] or [""]
    return bool(rest) if first in ("-c", "-m") else first.endswith(".py")


def main(address: str, arguments: list[str]) -> None:
    """Asks the process that forks, hands signals on, and ends as the program ended.

    Whatever it does not know is started as a process of its own.
    """
    if not is_known(arguments):
        os.execv(sys.executable, [sys.executable, *arguments])

    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    request = {
        "arguments": arguments,
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "leads": os.getsid(0) == os.getpid(),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
        link.connect(address)
        socket.send_fds(link, [json.dumps(request).encode()], [0, 1, 2])
        program = json.loads(link.recv(64))
        for number in FORWARDED:
            signal.signal(number, lambda number, _: os.kill(program, number))

        for stream in (0, 1, 2):
            os.close(stream)  # their other ends are to see the end of the program
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        code = json.loads(link.recv(64))

    if code < 0:
        with contextlib.suppress(OSError):  # SIGKILL has no handler
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
