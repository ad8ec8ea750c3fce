"""The packages of the extra `serve`, and what is told where they are missing."""

from __future__ import annotations

import importlib.util

from app.engine.errors import UserError

PACKAGES = ("starlette", "uvicorn")
INSTALL = "pip install 'netwright[serve]'"


def require_packages() -> None:
    """Raises UserError, with the command to copy, where one is not installed."""
    if any(importlib.util.find_spec(package) is None for package in PACKAGES):
        raise UserError(
            "The service needs Starlette and uvicorn, which are not installed.",
            f"Install them: {INSTALL}",
        )
