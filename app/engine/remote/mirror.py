"""The folder of a run that grows on another computer, brought here; requests go the other way."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from app.engine import files
from app.engine.errors import UserError
from app.engine.remote.place import RUNS
from app.engine.runs.storage.own_names import CONTROL, EVENTS, FOLDERS, REMOTE
from app.engine.runs.storage.run_lock import LOCK, OWNER

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.remote.connection import Connection

GROWING = ("metrics.jsonl", "memory.jsonl", EVENTS, "log.txt")
STAYING = (OWNER, LOCK, CONTROL, REMOTE, "note.txt")
"""Of these each computer has its own."""

STATES = "checkpoints/state-"
"""What a run goes on from: as large as the optimizer, and of use here only at the end."""

MANIFEST = "manifest.json"
PIECE = 1 << 22

Stamp = tuple[int, int]


class Mirror:
    """Makes a folder here like that of a run there, round by round.

    Files are exchanged whole, manifests last, so that a reader never finds half of one. Raises
    UserError where a disk refuses, and Disconnected.
    """

    def __init__(self, connection: Connection, there: str, here: Path) -> None:
        self._connection = connection
        self._there = there
        self._here = here
        self._known: dict[str, Stamp] = {}
        self._sent = 0

    def round(self, everything: bool = False) -> None:
        """Brings what is new, and passes new requests on. everything: also what is large."""
        self.pass_on_requests()
        found = self._connection.ask("list", folder=self._there)["files"]
        names = sorted(found, key=lambda name: (name.endswith(MANIFEST), name))
        for name in names:
            if not self._is_wanted(name, everything):
                continue
            if name in GROWING:
                self._grow(name, found[name][0])
                continue

            stamp = (found[name][0], found[name][1])
            if self._known.get(name) != stamp and self._replace(name):
                self._known[name] = stamp

        self._remove_others(set(found))

    def is_trained(self) -> bool:
        """Returns whether a process trains the run there."""
        return bool(self._connection.ask("held", path=f"{self._there}/{LOCK}")["held"])

    def is_there(self) -> bool:
        """Returns whether the run was begun there."""
        answer = self._connection.ask(
            "read", path=f"{self._there}/experiment.toml", start=0, most=1
        )
        return not answer.get("missing")

    def pass_on_requests(self) -> None:
        """Appends what was asked here to the control file there, as soon as that listens."""
        try:
            with files.open_regular(self._here / CONTROL) as file:
                file.seek(self._sent)
                new = file.read(PIECE)
        except OSError:
            return

        whole = new[: new.rfind(b"\n") + 1]
        if not whole:
            return

        answer = self._connection.ask(
            "append", path=f"{self._there}/{CONTROL}", text=whole.decode("utf-8", "replace")
        )
        if not answer.get("missing"):
            self._sent += len(whole)

    def _is_wanted(self, name: str, everything: bool) -> bool:
        if name in STAYING or name.endswith(".tmp"):
            return False

        # Names of another computer are not believed: they stay within the folder.
        parts = name.split("/")
        if ".." in parts or name.startswith("/") or any(":" in part for part in parts):
            return False

        return everything or not name.startswith(STATES)

    def _grow(self, name: str, size: int) -> None:
        """Appends what came to a file that only grows; one that was cut there is read anew."""
        path = self._here / name
        have = path.stat().st_size if path.exists() else 0
        if have > size:
            path.unlink()
            have = 0

        while have < size:
            piece = self._read(name, have)
            if not piece["content"]:
                return
            try:
                with files.open_to_append(path) as file:
                    file.write(piece["content"])
            except OSError as error:
                raise files.disk_error(error, path) from error

            have += len(piece["content"])

    def _read(self, name: str, start: int) -> dict[str, Any]:
        path = f"{self._there}/{name}"
        return self._connection.ask("read", path=path, start=start, most=PIECE)

    def _replace(self, name: str) -> bool:
        """Exchanges a file for that of there; False where it has gone in the meantime."""
        content = b""
        while True:
            answer = self._read(name, len(content))
            if answer.get("missing"):
                return False

            content += answer["content"]
            if len(answer["content"]) < PIECE:
                break

        files.write_atomically(self._here.joinpath(*name.split("/")), content)
        return True

    def _remove_others(self, found: set[str]) -> None:
        """Removes old checkpoints and the like that have gone there."""
        for inner in FOLDERS:
            for path in sorted((self._here / inner).rglob("*"), reverse=True):
                name = path.relative_to(self._here).as_posix()
                with contextlib.suppress(OSError):
                    if path.is_dir():
                        path.rmdir()  # only where it is empty
                    elif name not in found:
                        path.unlink()
                        self._known.pop(name, None)


def begin(connection: Connection, name: str) -> None:
    """Starts the run there, as a process of its own. Raises UserError with what is said there."""
    from app.engine.remote.computer import program  # noqa: PLC0415 - hashlib and more, for a start
    from app.engine.remote.place import CODE  # noqa: PLC0415 - see above

    lines: list[str] = []
    arguments = ("train", f"../runs/{name}.toml", "--run-dir", f"../runs/{name}")
    code = connection.ask(
        "run",
        lines.append,
        600.0,
        folder=CODE,
        command=program(*arguments, "--detach", "--json"),
    )["code"]
    if code:
        said = " ".join(line.strip() for line in lines[-4:] if line.strip())
        raise UserError(
            f"'{connection.host}' did not start the run: {said or 'it said nothing'}",
            f"Look there, in {RUNS}/{name}/log.txt.",
        )
