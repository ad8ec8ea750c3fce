"""What went wrong, in words; told as text, so that no exception keeps the tensors of its frames
alive.
"""

from __future__ import annotations

import gc
import threading
import traceback
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import torch

from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LESS_MEMORY = "Choose a smaller batch size, smaller examples or a smaller template."


def memory_called(device_type: str) -> str:
    return "memory" if device_type == "cpu" else "GPU memory"


def less_memory(device_type: str) -> str:
    """What to do where memory ran out on this device."""
    return LESS_MEMORY if device_type == "cpu" else f"{LESS_MEMORY[:-1]}, or train on the CPU."


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: a GPU's, NumPy's and Python's, or torch's on the CPU, which has no
    kind of its own.
    """
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True

    text = str(error).lower()
    signs = (
        "can't allocate memory",
        "cannot allocate memory",
        "not enough memory",
        "out of memory",
        "could not create a primitive",  # all that oneDNN says when its own memory is refused
    )
    return isinstance(error, RuntimeError) and any(sign in text for sign in signs)


def told(error: BaseException) -> tuple[str, str, str]:
    """What went wrong, what to try, and the traceback, all as text."""
    details = "".join(traceback.format_exception(error))
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
        "Try again; if it comes back, copy the details.",
        details,
    )


def let_go() -> None:
    """Gives memory back, once nothing refers to it any more. Call it outside every except block."""
    gc.collect()
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


@contextmanager
def warnings_to(log: Callable[[str], None]) -> Iterator[None]:
    """Warnings of this thread become lines of the log; those of other threads go where they went."""
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

    shown: Any = show
    warnings.showwarning = shown
    try:
        yield
    finally:
        if warnings.showwarning is shown:
            warnings.showwarning = before
