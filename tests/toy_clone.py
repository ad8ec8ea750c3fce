"""A clone whose set-up takes seconds and needs no network: our launcher, and two tiny packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = (
    "__init__.py",
    "__main__.py",
    "launch.py",
    "installation.py",
    "installed.py",
    "system_libraries.py",
)
PACKAGES = ("toy_one", "toy_two")
FILES = 400
"""Of each package: so many that installing them takes a moment, in which it can be cut off."""

RUNS = "The toy runs."
CLI = f"""\
def main():
    import toy_one.last, toy_two.last
    print({RUNS!r})
"""
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["app"]
[project]
name = "toy"
version = "1"
requires-python = ">=3.11"
dependencies = ["toy_one==1", "toy_two==1"]
[project.scripts]
netwright = "app.cli:main"
"""
BACKEND = '''\
"""Builds the clone as a package that needs the two others."""

import os
import zipfile


def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "toy-1-py3-none-any.whl"
    needs = "".join(f"Requires-Dist: {package}==1\\n" for package in ("toy_one", "toy_two"))
    files = {
        "METADATA": "Metadata-Version: 2.1\\nName: toy\\nVersion: 1\\n" + needs,
        "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "entry_points.txt": "[console_scripts]\\nnetwright = app.cli:main\\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(f"toy-1.dist-info/{file}", text)
        wheel.writestr("toy.pth", os.getcwd() + "\\n")

    return name
'''


class ToyClone:
    """A folder that `python3 app` sets up, and the folder of its packages."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self.folder = folder
        self.environment = folder / ".venv"
        self._wheels = wheels
        (folder / "app").mkdir(parents=True)
        for name in LAUNCHER:
            shutil.copy(ROOT / "app" / name, folder / "app")

        # It is small: the room that the real packages need does not matter here.
        installation = folder / "app" / "installation.py"
        text = installation.read_text(encoding="utf-8")
        assert "SMALL_GB = 1.7\n" in text
        installation.write_text(text.replace("SMALL_GB = 1.7\n", "SMALL_GB = 0\n"), "utf-8")
        (folder / "app" / "cli.py").write_text(CLI, encoding="utf-8")
        (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
        (folder / "app" / "backend.py").write_text(BACKEND, encoding="utf-8")

    def start(
        self, connected: bool = True, command: Sequence[str] = (), **more: str
    ) -> subprocess.Popen[str]:
        """Starts `python3 app` as the leader of a process group; its output is piped.

        connected: whether the packages can be reached; where not, nothing answers. command: what
        to run instead. more: variables of the process.
        """
        reach = (
            {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self._wheels)}
            if connected
            else {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
        )
        own = ("PIP_", "UV_", "DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "PYTHON")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        return subprocess.Popen(
            [*(command or (sys._base_executable, "app"))],
            cwd=self.folder,
            env={**kept, **reach, "PIP_CONFIG_FILE": os.devnull, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def run(
        self, connected: bool = True, command: Sequence[str] = (), **more: str
    ) -> tuple[int, str]:
        """Starts it and waits for its end; returns exit code and output."""
        with self.start(connected, command, **more) as process:
            output, _ = process.communicate()
            return process.returncode, output


def write_wheels(folder: Path, files: int = FILES) -> Path:
    """Writes the two packages, of so many files each; returns their folder."""
    for name in PACKAGES:
        info = f"{name}-1.dist-info"
        texts = {f"{name}/__init__.py": ""}
        texts |= {f"{name}/part_{number}.py": f"X = {number}\n" for number in range(files)}
        texts |= {
            f"{name}/last.py": "",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        listed = [f"{file},,{len(text)}\n" for file, text in texts.items()]
        texts[f"{info}/RECORD"] = "".join([*listed, f"{info}/RECORD,,\n"])
        with zipfile.ZipFile(folder / f"{name}-1-py3-none-any.whl", "w") as wheel:
            for file, text in texts.items():
                wheel.writestr(file, text)

    return folder
