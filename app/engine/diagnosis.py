"""A diagnosis of this computer: versions, devices, memory, what is missing.

It is shown by `netwright doctor` and copied by "Copy diagnostics".
"""

from __future__ import annotations

import platform
import shutil
import sys
from importlib import metadata
from typing import Any

import psutil

from app import __version__
from app.engine import folders
from app.engine.compute import device
from app.engine.runs.run import default_folder
from app.engine.text import bytes_text

PACKAGES = (
    "torch",
    "numpy",
    "PySide6-Essentials",
    "pyqtgraph",
    "pillow",
    "pydantic",
    "safetensors",
    "nvidia-ml-py",
    "clevercsv",
    "QtAwesome",
)
"""The packages whose versions matter when something does not work."""


def diagnose() -> dict[str, Any]:
    """Returns what is known of this computer as plain data. Loads torch; starts no GPU."""
    versions = {name: _version(name) for name in PACKAGES}
    memory = psutil.virtual_memory()

    facts: dict[str, Any] = {
        "netwright": __version__,
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "packages": versions,
        "missing_packages": [name for name, version in versions.items() if version is None],
        "cores": device.cores(),
        "memory": {"total": memory.total, "available": memory.available},
        "runs": {"folder": str(default_folder()), "free": _free()},
        "written": {
            "settings": str(folders.config()),
            "cache": str(folders.cache()),
            "log": str(folders.log()),
        },
    }
    try:
        probe = device.probe_machine()
        chosen = device.choose("auto", probe)
        facts["device"] = {"name": chosen.name, "label": chosen.label, "reason": chosen.reason}
        facts["cards"] = [vars(card) for card in probe.cards]
    except Exception as error:  # a broken torch raises anything, and that is to be shown here
        facts["device"] = {
            "name": "",
            "label": "none",
            "reason": f"PyTorch could not be used: {error}",
        }
        facts["cards"] = []

    return facts


def lines(facts: dict[str, Any]) -> list[str]:
    """Returns the diagnosis in words, a line for each fact."""
    memory = facts["memory"]
    runs = facts["runs"]

    text = [
        f"Netwright {facts['netwright']}, Python {facts['python']}, {facts['system']}",
        ", ".join(f"{name} {version or 'missing'}" for name, version in facts["packages"].items()),
        f"Device: {facts['device']['label']} ({facts['device']['reason']})",
        *(
            f"GPU {card['index']}: {card['name']} {card['trouble']}".rstrip()
            for card in facts["cards"]
        ),
        f"CPU cores: {facts['cores']}",
        f"Memory: {bytes_text(memory['available'])} free of {bytes_text(memory['total'])}",
        f"Runs: {runs['folder']}"
        + (f", {bytes_text(runs['free'])} free" if runs["free"] is not None else ""),
        "Also written, and left where Netwright is removed: "
        + ", ".join(f"{name} in {folder}" for name, folder in facts["written"].items()),
    ]
    if "display" in facts:
        text.append(
            "Display: "
            + ("found" if facts["display"] else "none; trainings run on the command line")
        )

    if facts["missing_packages"]:
        text.append(f"Missing packages: {', '.join(facts['missing_packages'])}")
    if facts.get("missing_system_libraries"):
        missing = facts["missing_system_libraries"]
        text.append(f"Missing system libraries: {' '.join(missing)}.")
        text += facts["install_them"].splitlines()

    return text


def _version(name: str) -> str | None:
    """Returns the installed version of a package; None where it is missing."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _free() -> int | None:
    """Returns the free bytes on the disk of the runs; None where the system does not say."""
    runs = default_folder()
    for folder in (runs, *runs.parents):  # the folder itself may not be made yet
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            continue

    return None
