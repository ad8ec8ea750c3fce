#!/usr/bin/env bash
# PySide6 6.11.0: the item that QLayout.takeAt() returns is never freed.
#
# Expected: takeAt() gives the item to who called it, as in C++, so Python frees it with the last reference.
#
# Seen: 96 bytes stay for every item that is taken, whatever becomes of the widget in it. shiboken6.delete(item) frees
# them. A view that is emptied and filled again, as Qt's documentation shows it with takeAt(), grows each time.
#
# Here: one helper empties layouts and deletes the items.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "PySide6-Essentials==6.11.0" "psutil==7.2.2"

QT_QPA_PLATFORM=offscreen "$folder/venv/bin/python" - <<'PYTHON'
import psutil
import shiboken6
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QWidget

application = QApplication([])
widget = QWidget()
layout = QHBoxLayout(widget)
label = QLabel("text", widget)


def bytes_an_item(delete):
    def take(times):
        for _ in range(times):
            layout.addWidget(label)
            item = layout.takeAt(0)
            if delete:
                shiboken6.delete(item)

    take(20_000)
    before = psutil.Process().memory_info().rss
    take(200_000)
    return (psutil.Process().memory_info().rss - before) / 200_000


left = bytes_an_item(delete=False)
deleted = bytes_an_item(delete=True)
print(f"bytes that stay for an item: {left:.0f}, deleted by hand {deleted:.0f}")
assert left > 80 and deleted < 8, "takeAt gives its item to Python now"

print("As described.")
PYTHON
