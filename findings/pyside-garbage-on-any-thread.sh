#!/usr/bin/env bash
# PySide6 6.11.0: widgets and timers are destroyed on whichever thread Python collects garbage.
#
# Expected: objects that refer to each other are destroyed on the thread they live on, or later there by deleteLater(), for
# Qt allows no other thread to destroy a widget or to stop a timer.
#
# Seen: a collection on a thread runs their destructors on that thread. Python starts collections by itself on whichever
# thread makes the next object, so beside a window it is the thread of a long computation as a rule.
#
# Here: the window turns automatic collection off and collects on its own thread.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "PySide6-Essentials==6.11.0"

QT_QPA_PLATFORM=offscreen "$folder/venv/bin/python" - <<'PYTHON'
import gc
import threading

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget


class Panel(QWidget):
    pass


def leave(kind):
    made = kind()
    made.itself = made
    made.destroyed.connect(
        lambda: destroyed_on.append((kind.__name__, threading.current_thread().name)),
        Qt.ConnectionType.DirectConnection,
    )


application = QApplication([])
gc.disable()
destroyed_on = []
leave(Panel)
leave(QTimer)

worker = threading.Thread(target=gc.collect, name="worker")
worker.start()
worker.join()
print("destroyed on:", destroyed_on)
assert sorted(destroyed_on) == [("Panel", "worker"), ("QTimer", "worker")], "elsewhere now"
print("As described.")
PYTHON
