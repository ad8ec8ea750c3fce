"""The computers that a person's configuration of OpenSSH names, and what one of them has."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine import files
from app.engine.remote.computer import program
from app.engine.remote.connection import CONFIG, Connection
from app.engine.remote.place import CODE
from app.engine.sources.format import Check, no_check
from app.engine.text import bytes_text, count_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 1 << 20
MOST_FILES = 32
"""Files that a configuration may include; those that include each other end there."""

DOCTOR_SECONDS = 120.0


@dataclass(frozen=True)
class Computer:
    """What another computer has. free: bytes of its disk.

    doctor: what the program there says of it; None where it is not set up yet.
    """

    host: str
    python: str
    free: int
    doctor: dict[str, Any] | None

    def lines(self) -> list[str]:
        """Returns it in sentences for a person."""
        first = f"Python {self.python}, {bytes_text(self.free)} free."
        if self.doctor is None:
            return [
                first,
                "Netwright is not set up there yet. The first training sends it, and sets it up "
                "there: some minutes, and 1.7 GB or more.",
            ]

        doctor = self.doctor
        torch = doctor.get("packages", {}).get("torch") or "none"
        cores = doctor.get("cores")
        memory = doctor.get("memory", {}).get("total")
        has = [count_text(cores, "core")] if isinstance(cores, int) else []
        has += [f"{bytes_text(memory)} of memory"] if isinstance(memory, int) else []
        device = doctor.get("device", {}).get("label", "")
        return [
            first,
            f"Netwright {doctor.get('netwright', '')} is set up there, with PyTorch {torch}.",
            ", ".join([*has, f"trains on: {device}" if device else ""]).strip(", ") + ".",
        ]


def look_at(host: str, check: Check = no_check) -> Computer:
    """Looks at what is there; nothing is sent or set up.

    Raises UserError, Disconnected, or whatever `check` raises.
    """
    with Connection(host, check) as connection:
        facts = connection.ask("facts")
        is_set_up = connection.ask("read", path=f"{CODE}/.venv/pyvenv.cfg", start=0, most=1)
        doctor = _doctor(connection) if is_set_up.get("bytes") else None

    return Computer(
        host, ".".join(str(part) for part in facts["python"]), int(facts["free"]), doctor
    )


def _doctor(connection: Connection) -> dict[str, Any] | None:
    lines: list[str] = []
    connection.ask(
        "run", lines.append, DOCTOR_SECONDS, folder=CODE, command=program("doctor", "--json")
    )
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError):
        return None

    return found if isinstance(found, dict) else None


def configured_hosts() -> list[str]:
    """Returns the names of the hosts in the configuration, in its order; patterns are left out."""
    path = Path(os.environ.get(CONFIG) or Path.home() / ".ssh" / "config")
    names = [
        name
        for line in _lines(path, [])
        if (found := re.fullmatch(r"\s*host\s*[\s=]\s*(.+)", line, re.IGNORECASE))
        for name in re.findall(r'"[^"]*"|\S+', found.group(1))
    ]
    plain = [name.strip('"') for name in names]
    return list(dict.fromkeys(name for name in plain if name and not set(name) & set("*?!")))


def _lines(path: Path, seen: list[Path]) -> Iterator[str]:
    """Yields the lines of a configuration and of those that it includes, as far as readable."""
    if path in seen or len(seen) > MOST_FILES:
        return

    seen.append(path)
    try:
        text = files.read_regular(path, MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return

    for line in text.splitlines():
        yield line
        included = re.fullmatch(r"\s*include\s*[\s=]\s*(.+)", line, re.IGNORECASE)
        for pattern in included.group(1).split() if included else ():
            for inner in _included(pattern.strip('"')):
                yield from _lines(inner, seen)


def _included(pattern: str) -> list[Path]:
    """Returns the files that a pattern names, from ~/.ssh where it does not say otherwise."""
    try:
        path = Path(pattern).expanduser()
    except RuntimeError:  # of a person whom the system does not know
        return []

    folder = Path.home() / ".ssh" / path.parent  # an absolute parent stays what it is
    return sorted(folder.glob(path.name)) if path.name else []
