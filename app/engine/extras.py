"""Packages that only some people need, by extra, and the command that brings them."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess

from app.engine.errors import UserError
from app.engine.own_process import python

EXTRAS = {
    "search": ("optuna>=5,<6",),
    "cluster": ("submitit==1.5.4",),
    "serve": ("starlette==1.10.0", "uvicorn==0.54.0"),
    "mlflow": ("mlflow-skinny==3.17.2",),
    "export": ("onnx==1.23.2", "onnxscript==0.7.2", "onnxruntime==1.32.0"),
}
"""The extras of pyproject.toml that a command needs, with what it says of them."""

INSTALL_WITH = "Install with: "
"""Begins the remedy; what follows is the command alone."""


def missing(*modules: str) -> tuple[str, ...]:
    """Returns those modules that are not installed."""
    return tuple(name for name in modules if importlib.util.find_spec(name) is None)


def install_command(*packages: str) -> str:
    """Returns the command that installs packages, to be copied.

    It names the Python that runs and the packages themselves, and so is right for a clone, for an
    environment of one's own, and in any folder.
    """
    words = [python(), "-m", "pip", "install", *packages]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def not_installed(what: str, extra: str) -> UserError:
    """Returns the error for an extra that is not there. what: a sentence."""
    return UserError(what, f"{INSTALL_WITH}{install_command(*EXTRAS[extra])}")
