#!/usr/bin/env bash
# PySide6 6.11.0: QLayout.removeItem() of a layout leaves the wrappers of what is deep inside dead, and in memory.
#
# Expected: a layout that is taken out of another and put in again changes nothing for the widgets in it.
#
# Seen: the wrapper of a line edit that belongs to a number box in that layout is no longer valid ("Internal C++ object
# already deleted"), though the line edit lives on. The next lineEdit() makes another wrapper, and the dead one is never
# freed: a page that moves its columns when it is resized keeps one for every field and every time.
#
# Here: the columns of a page stand in a QBoxLayout whose direction is changed; no layout is taken out.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "PySide6-Essentials==6.11.0"

QT_QPA_PLATFORM=offscreen "$folder/venv/bin/python" - <<'PYTHON'
import gc

import shiboken6
from PySide6.QtWidgets import QApplication, QGridLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

application = QApplication([])


def wrappers(take_out):
    widget = QWidget()
    grid = QGridLayout(widget)
    column = QVBoxLayout()
    box = QSpinBox()
    column.addWidget(box)
    grid.addLayout(column, 0, 0)

    valid = True
    for _ in range(100):
        line = box.lineEdit()
        if take_out:
            grid.removeItem(column)
            grid.addLayout(column, 0, 0)
        valid = valid and shiboken6.isValid(line)
        del line

    gc.collect()
    count = sum(isinstance(known, QLineEdit) for known in gc.get_objects())
    return valid, count


seen = {"left alone": wrappers(False), "taken out": wrappers(True)}
print(seen)
assert seen["left alone"][0] and seen["left alone"][1] <= 1
assert not seen["taken out"][0] and seen["taken out"][1] >= 100
PYTHON
