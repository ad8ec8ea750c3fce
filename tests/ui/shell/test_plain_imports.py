"""The import statement is Python's own again once there is a window."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import linecache
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication
import quopri
assert quopri.__file__ in linecache.cache, "PySide6 reads no source: plain_imports.py can go"

from app.ui.shell.application import Window
application = QApplication([])
window = Window(Path(sys.argv[1]), [])
import wave
assert wave.__file__ not in linecache.cache, "its source was read"
window.close()
"""


def test_a_window_imports_as_python_does(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
