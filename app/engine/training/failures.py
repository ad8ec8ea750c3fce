"""Errors and warnings of a training as text, so that no exception keeps the tensors alive."""

from __future__ import annotations

import threading
import traceback
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from app.engine.errors import UserError
from app.engine.files import as_user_error
from app.engine.training.memory_shortage import LESS_MEMORY, out_of_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ErrorText = tuple[str, str, str]
"""(what went wrong, what to try, the traceback)."""


def error_text(error: BaseException, folder: Path | None = None) -> ErrorText:
    """Returns what went wrong, what to try, and the traceback.

    folder: of the run, for errors of the operating system that name no file.
    """
    details = "".join(traceback.format_exception(error))
    if isinstance(error, OSError) and folder is not None:
        error = as_user_error(error, folder)
    if isinstance(error, UserError):
        return error.what, error.remedy, details
    if out_of_memory(error):
        return "There was not enough memory.", LESS_MEMORY, details
    if isinstance(error, RuntimeError) and "device-side assert" in str(error):
        return (
            "The GPU refused a computation and is unusable until the program ends.",
            "Start the program again, then resume the run.",
            details,
        )

    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return (
        f"Training failed: {text.rstrip('.')}.",
        "Try again; if it happens again, copy the details.",
        details,
    )


@contextmanager
def warnings_to(log: Callable[[str], None]) -> Iterator[None]:
    """Turns warnings of this thread into lines of the log; those of others stay as they are."""
    owner = threading.get_ident()
    before = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if threading.get_ident() == owner:
            log(f"warning: {message} ({category.__name__}, {filename}:{lineno})")
        else:
            before(message, category, filename, lineno, file, line)

    handler: Any = show
    warnings.showwarning = handler
    try:
        yield
    finally:
        if warnings.showwarning is handler:
            warnings.showwarning = before
