#!/usr/bin/env bash
# pyqtgraph 0.14.0 (PySide6 6.11.0): a scatter plot keeps the picture of every look that its points ever had.
#
# Expected: the pictures of the symbols (one for each mix of symbol, size, pen and brush) are a cache; those that no point
# has any more are dropped when another takes their place, or at some size.
#
# Seen: setBrush() with a new colour adds a picture and drops none: after 300 colours of three points there are 301
# pictures, and a memory block that grows with them. A plot whose colours follow the data, or the light and dark of its
# window, grows for as long as it lives. setData() keeps the pictures too.
#
# Here: points get a new brush only when the colours really change.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "pyqtgraph==0.14.0" "PySide6-Essentials==6.11.0"

QT_QPA_PLATFORM=offscreen "$folder/venv/bin/python" - <<'PYTHON'
import pyqtgraph as pg

application = pg.mkQApp()
plot = pg.PlotWidget()
points = pg.ScatterPlotItem([1, 2, 3], [1, 2, 3], brush=pg.mkBrush(0, 0, 0))
plot.addItem(points)
plot.show()
application.processEvents()
before = len(points.fragmentAtlas)

for shade in range(1, 301):
    points.setBrush(pg.mkBrush(shade % 256, shade // 256, 0))
    application.processEvents()

after = len(points.fragmentAtlas)
points.setData([1, 2], [1, 2])
application.processEvents()
kept = len(points.fragmentAtlas)
print(f"pictures: {before} at first, {after} after 300 colours, {kept} after new data")
assert before == 1 and after == 301 and kept >= 301, "pyqtgraph drops pictures now"
print("As described.")
PYTHON
