"""Leads exceptions of every thread, and messages of Qt, to the list of problems."""

from __future__ import annotations

import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QMessageLogContext, QtMsgType, qInstallMessageHandler

from app.ui.state.background import Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from app.ui.shell.problems import Problems

HARMLESS = (
    "This plugin does not support propagateSizeHints",
    "QFontDatabase: Cannot find font directory",
)


def install(problems: Problems) -> Callable[[], None]:
    """Leads every hook to `problems`; returns what puts the old hooks back."""
    hooks_before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    reporting = threading.local()

    def main_thread(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.exit(0)
            return

        _print(kind, error, trace)
        problems.report(Failure.of(error))

    def any_thread(args: Any) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            _print(args.exc_type, args.exc_value, args.exc_traceback)
            problems.report(Failure.of(args.exc_value))

    def unraisable(args: Any) -> None:
        if args.exc_value is not None:
            details = "".join(traceback.format_exception(args.exc_value))
            problems.report_quietly(
                Failure(f"Something failed while it was put away: {args.exc_value}.", "", details)
            )

    def qt(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if message.startswith(HARMLESS) or kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
            return

        if sys.stderr is not None:
            sys.stderr.write(f"{message}\n")
        if getattr(reporting, "now", False):
            return  # to report the last message made Qt write this one

        reporting.now = True
        try:
            problems.report_quietly(Failure(f"Qt says: {message}", "", str(context.category or "")))
        finally:
            reporting.now = False

    sys.excepthook = main_thread
    threading.excepthook = any_thread
    sys.unraisablehook = unraisable

    qt_before = qInstallMessageHandler(qt)

    def uninstall() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks_before
        qInstallMessageHandler(qt_before)

    return uninstall


def _print(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if sys.stderr is not None:  # a windowed program on Windows has none
        traceback.print_exception(kind, error, trace)
