"""One guard around every reader that is not ours: whatever it raises becomes one kind of error.

Readers of tables, pictures and arrays raise exceptions of dozens of classes on a damaged file, and
those written in Rust panic with a class that is no Exception. A list of classes would never be
complete.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.files import NotRegular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def foreign_reader(damaged: Callable[[str], Exception]) -> Iterator[None]:
    """Goes around the calls of a foreign reader.

    damaged: makes the exception to raise, from the reader's own words in one line. What passes
    unchanged: UserError, MemoryError and errors of the operating system, which say something else
    than "damaged", and every BaseException but the panic of a Rust library (pyo3's PanicException).
    """
    try:
        yield
    except (UserError, MemoryError):
        raise
    except OSError as error:
        # Readers of pictures and of gzip make their own errors of it, which have no number; and a
        # place before the beginning of a file, which a damaged one names, is an invalid argument.
        if error.errno not in (None, errno.EINVAL) or isinstance(error, NotRegular):
            raise
        raise damaged(_line(error)) from error
    except Exception as error:
        raise damaged(_line(error)) from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise damaged(_line(error)) from error


def is_panic(error: BaseException) -> bool:
    """Returns whether this is the panic of a library written in Rust.

    The class is made anew by every such library, so it can only be told by its name.
    """
    kind = type(error)
    return kind.__name__ == "PanicException" and kind.__module__ == "pyo3_runtime"


def _line(error: BaseException) -> str:
    """Returns what an exception says, in one line that can be printed."""
    text = " ".join(str(error).split())
    return "".join(char if char.isprintable() else "?" for char in text)[:200]
