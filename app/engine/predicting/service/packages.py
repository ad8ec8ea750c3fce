"""The packages of the extra `serve`, and what is told where they are missing."""

from __future__ import annotations

from app.engine.extras import missing, not_installed

PACKAGES = ("starlette", "uvicorn")


def require_packages() -> None:
    """Raises UserError, with the command to copy, where one is not installed."""
    if missing(*PACKAGES):
        raise not_installed(
            "The service needs Starlette and uvicorn, which are not installed.", "serve"
        )
