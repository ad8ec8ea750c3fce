"""One SSH connection to another computer, over which requests are answered one after the other."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import queue
import shlex
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine import files
from app.engine.errors import UserError
from app.engine.remote.failures import Disconnected, failure
from app.engine.sources.format import Check, no_check

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import IO, Self

HELPER = Path(__file__).with_name("helper.py")

CONFIG = "NETWRIGHT_SSH_CONFIG"
"""A variable that names a configuration of OpenSSH in place of the person's own."""

PATIENCE = 60.0
"""Seconds after which a request without any answer counts as cut off."""

CHECK_EVERY = 0.2
"""Seconds between two looks whether it was given up, while an answer is waited for."""

ENDING_SECONDS = 2.0

OPTIONS = {
    "BatchMode": "yes",  # asks for nothing: no terminal is there
    "ConnectTimeout": "10",
    "ServerAliveInterval": "5",
    "ServerAliveCountMax": "3",
}


def ssh_command(host: str, remote: str) -> list[str]:
    """Returns the command that runs a shell command on another computer."""
    return [*ssh_program(), "--", host, remote]


def ssh_program() -> list[str]:
    """Returns ssh with its options, to which a host is to be added."""
    config = os.environ.get(CONFIG)
    options = [part for name, value in OPTIONS.items() for part in ("-o", f"{name}={value}")]
    return ["ssh", *(("-F", config) if config else ()), *options]


class Connection:
    """A connection with a helper at its other end, see helper.py. A context manager.

    Raises UserError, or Disconnected where trying again may help, from every method.
    """

    def __init__(self, host: str, check: Check = no_check) -> None:
        """check: may raise to give up, while an answer is waited for."""
        if not host or host.startswith("-") or any(sign.isspace() for sign in host):
            raise UserError(
                f"'{host}' is not the name of a computer.",
                "Write it as for ssh: name or user@name.",
            )

        self.host = host
        self._check = check
        self._frames: queue.Queue[tuple[dict[str, Any], bytes] | None] = queue.Queue()
        self._errors: list[str] = []
        remote = f"python3 -u -c {shlex.quote(HELPER.read_text(encoding='utf-8'))}"
        try:
            self._process = subprocess.Popen(
                ssh_command(host, remote),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except FileNotFoundError as error:
            raise UserError(
                "The program 'ssh' is not installed.", "Install the client of OpenSSH."
            ) from error

        assert self._process.stdout is not None and self._process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_errors, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

        try:
            self._next()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection and the helper with it; what was started there goes on."""
        self._end()
        for reader in self._readers:
            reader.join()

    def ask(
        self,
        question: str,
        on_line: Callable[[str], object] = str,
        patience: float = PATIENCE,
        **values: Any,
    ) -> dict[str, Any]:
        """Asks the helper and returns its answer; see OPERATIONS there.

        on_line: given each line that a command prints. patience: seconds without any answer. Bytes
        stand under "content". Raises UserError where the disk there refuses.
        """
        assert self._process.stdin is not None
        request = files.json_line({"ask": question, **values}, ascii_only=True)
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
        except OSError as error:
            raise self._lost() from error

        while True:
            plain, content = self._next(patience)
            if "line" in plain:
                on_line(str(plain["line"]))
            elif "error" in plain:
                raise _disk_there(self.host, plain)
            else:
                return {**plain, "content": content}

    def _next(self, patience: float = PATIENCE) -> tuple[dict[str, Any], bytes]:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self._check()
            try:
                frame = self._frames.get(timeout=CHECK_EVERY)
            except queue.Empty:
                continue

            if frame is None:
                raise self._lost()

            return frame

        raise Disconnected(
            f"'{self.host}' has not answered for {patience:.0f} seconds.",
            "What runs there goes on.",
        )

    def _lost(self) -> UserError:
        """Returns why the connection ended, from what ssh said."""
        self._end()
        self._readers[1].join()
        return failure(self.host, "\n".join(self._errors))

    def _end(self) -> None:
        """Ends ssh: by the end of its input, which ends the helper too, else by a kill."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # what was not sent yet is of no use
            self._process.stdin.close()
        try:
            self._process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self, stream: IO[bytes]) -> None:
        """Reads answers on a thread of its own; None at the end, or where one is no answer."""
        with stream:
            try:
                while line := stream.readline():
                    plain = json.loads(line)
                    self._frames.put((plain, stream.read(int(plain.get("bytes", 0)))))
            except (OSError, ValueError, TypeError, AttributeError):
                self._errors.append("it answered with something else")  # a login that prints a text

        self._frames.put(None)

    def _read_errors(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._errors.append(line.decode("utf-8", "replace").rstrip())
                del self._errors[:-200]


def _disk_there(host: str, plain: dict[str, Any]) -> UserError:
    """Returns what the system of the other computer refused."""
    if plain.get("number") in (errno.ENOSPC, errno.EDQUOT):
        return UserError(f"The disk of '{host}' is full.", "Make room there, then try again.")

    return UserError(f"'{host}' refuses it: {plain['error']}.", "Check the folders there.")
