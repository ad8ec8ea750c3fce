"""An exported file in use: a process that answers examples from it without this program."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine import own_process
from app.engine.errors import UserError
from app.engine.export import loaders
from app.engine.files import json_line, open_regular

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

FOLDER = Path(loaders.__file__).parent
SCRIPT = FOLDER / "answer.py"


class ExportedFile:
    """Answers examples from an exported file; a context, at whose end nothing of it is left."""

    def __init__(self, loader: str, path: Path, threads: int) -> None:
        """loader: the script in `loaders`. threads: that compute."""
        self._arguments = [str(FOLDER / f"{loader}.py"), str(path), str(threads)]

    def __enter__(self) -> ExportedFile:
        self._stack = contextlib.ExitStack()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="netwright-"))
        self._folder = Path(folder)
        # What it writes to the standard error may be more than a pipe holds.
        self._errors = self._stack.enter_context(tempfile.TemporaryFile())

        self._process = subprocess.Popen(
            own_process.foreign_python(SCRIPT, *self._arguments),
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._stack.callback(self._end)
        try:
            self._reply()
        except BaseException:
            self._stack.close()
            raise

        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def answers(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the answers (B, ...) to inputs (B, ...). Raises UserError where it fails."""
        out = self._folder / "answers.npy"
        self._ask({"answer": self._saved(inputs), "out": str(out)})
        with open_regular(out) as file:
            answers: np.ndarray = np.load(file, allow_pickle=False)
        return answers

    def milliseconds(
        self, inputs: Sequence[np.ndarray], batches: Sequence[int]
    ) -> dict[str, float]:
        """Returns the milliseconds that an example takes, by batch size, in the fastest batch.

        Raises UserError where it fails.
        """
        reply = self._ask({"time": self._saved(inputs), "batches": list(batches)})
        return {str(size): float(value) for size, value in reply["milliseconds"].items()}

    def _saved(self, inputs: Sequence[np.ndarray]) -> list[str]:
        names = []
        for number, array in enumerate(inputs):
            name = self._folder / f"input{number}.npy"
            np.save(name, array, allow_pickle=False)
            names.append(str(name))

        return names

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json_line(request, ascii_only=True).decode())
            self._process.stdin.flush()
        except OSError:
            raise self._failed() from None

        return self._reply()

    def _reply(self) -> dict[str, Any]:
        """Returns the next line; what else is printed there is passed over. Raises UserError."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):
                reply = json.loads(line)
                if isinstance(reply, dict):
                    return reply

        raise self._failed()

    def _failed(self) -> UserError:
        """Returns the error for a process that ended before it answered."""
        self._process.wait()
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        reason = words[-1] if words else f"it ended with {self._process.returncode}"
        return UserError(
            f"The exported file does not answer: {reason}",
            "Nothing was exported. Please report it.",
        )

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            self._process.kill()

        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
