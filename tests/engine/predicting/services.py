"""The service in a process of its own, and what asks it."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.forked import python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 60.0


@dataclass
class Service:
    """A service that runs. lines: what it printed when it began."""

    process: subprocess.Popen[str]
    host: str
    port: int
    lines: list[str] = field(default_factory=list)

    def ask(
        self,
        method: str = "POST",
        path: str = "/predict",
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Returns the status of an answer, and its JSON. body: sent as JSON, bytes as they are."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        usual = {"Content-Type": "application/json"} if method == "POST" else {}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, content, {**usual, **(headers or {})})
            response = connection.getresponse()
            text = response.read()
            kind = response.headers.get("content-type", "")
            return response.status, json.loads(text) if "json" in kind else text.decode()
        finally:
            connection.close()


@contextmanager
def serving(run: Path, *options: str) -> Iterator[Service]:
    """Starts `netwright serve` on a free port and ends it at the end."""
    command = [*python(), "-m", "app", "serve", str(run), "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(2)]
            found = re.search(r"http://([^/]+):(\d+)/", lines[0])
            assert found, [*lines, process.stderr.read() if process.stderr else ""]
            if options:
                lines += [process.stdout.readline() for _ in range(2)]
            yield Service(process, found[1].strip("[]"), int(found[2]), lines)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)
