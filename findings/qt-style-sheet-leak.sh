#!/usr/bin/env bash
# Qt 6.11.0 (PySide6-Essentials 6.11.0): under a style sheet some bytes stay of every spin box and combo box that is
# deleted.
#
# Expected: what a style sheet keeps of a widget (the rules that apply to it) goes with the widget, as it does for a line
# edit; so a form that is built anew at every choice takes no more memory than the first one.
#
# Seen: about 800 bytes stay for each QSpinBox and 460 for each QComboBox, up to a kilobyte with more rules and items.
# Nothing stays of a QLineEdit, or without a style sheet.
#
# Here: a form keeps the fields of other choices instead of making them anew.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "PySide6-Essentials==6.11.0" "psutil==7.2.2"

QT_QPA_PLATFORM=offscreen "$folder/venv/bin/python" - <<'PYTHON'
import psutil
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QSpinBox, QVBoxLayout, QWidget

SHEET = "QLineEdit, QSpinBox, QComboBox { padding: 3px; }"
application = QApplication([])


def bytes_a_widget(kind, sheet):
    window = QWidget()
    window.setStyleSheet(sheet)
    column = QVBoxLayout(window)

    def build(times):
        for _ in range(times // 100):
            made = [kind() for _ in range(100)]
            for widget in made:
                column.addWidget(widget)
            for widget in made:
                widget.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QCoreApplication.processEvents()

    build(2_000)
    before = psutil.Process().memory_info().rss
    build(10_000)
    return (psutil.Process().memory_info().rss - before) / 10_000


for kind in (QLineEdit, QSpinBox, QComboBox):
    plain = bytes_a_widget(kind, "")
    styled = bytes_a_widget(kind, SHEET)
    print(f"{kind.__name__}: {plain:.0f} bytes stay without a style sheet, {styled:.0f} with one")
    leaks = kind is not QLineEdit
    assert plain < 200, "it leaks without a style sheet too"
    assert styled > 300 if leaks else styled < 200, "Qt frees it now"
print("As described.")
PYTHON
