"""Pictures of the comparison of runs for tests.screens: few, many, grouped, cut off, seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.report.page import write_report
from app.engine.runs.logs.foreign_run import read_log
from app.ui.pages.runs.page import RunsPage
from tests.engine.runs.test_logs import curve, event_file
from tests.written_runs import Shape, write_run

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.run import Run

SHAPE = Shape(("bag", "boot", "coat", "shirt"), steps=2000, epochs=20, examples=800)


def write_runs(folder: Path) -> list[Run]:
    """Writes 14 runs: three seeds of four widths, one that is short, one that is lost."""
    runs = [
        write_run(
            folder,
            f"fashion width {width}, seed {seed}",
            Shape(SHAPE.classes, 2000, 20, 800, floor=0.1 + 2 / width),
            {"model": {"width": width}, "training": {"seed": seed}},
        )
        for width in (8, 16, 32, 64)
        for seed in range(3)
    ]
    short = Shape(SHAPE.classes, 800, 8, 800)
    runs.append(write_run(folder, "fashion short", short, {"optimizer": {"kind": "sgd"}}))
    lost = Shape(SHAPE.classes, 2000, 20, 800, floor=900.0)
    runs.append(
        write_run(
            folder, "fashion lost", lost, {"optimizer": {"kind": "sgd", "learning_rate": 9.0}}
        )
    )
    return runs


def write_logs(folder: Path) -> list[Path]:
    """Writes logs of other tools: a CSV file of Keras and a folder of TensorBoard."""
    folder.mkdir()
    lines = ["epoch,accuracy,loss,val_accuracy,val_loss"]
    for epoch in range(20):
        loss = 2.2 / (1 + 0.3 * epoch) + 0.2
        lines.append(f"{epoch},{0.9 - loss / 4},{loss},{0.85 - loss / 4},{loss + 0.1}")

    keras = folder / "keras baseline.csv"
    keras.write_text("\n".join(lines))
    board = folder / "lightning version 3" / "a.tfevents.1"
    losses = [3 / (1 + step / 300) for step in range(0, 2000, 10)]
    judged = [losses[at] + 0.15 for at in range(19, 200, 20)]
    scalars = curve("train/loss", losses, every=10) + curve("val/loss", judged, 199, 200)
    epochs = curve("epoch", [step // 100 for step in range(0, 2000, 10)], every=10)
    event_file(board, scalars + epochs)
    return [keras, board.parent]


def take_compare(camera: Any) -> None:
    """Photographs the list and the comparison in every appearance, and writes two reports."""
    camera.open()
    runs = write_runs(camera.inside.parts.runs_folder)
    write_report(runs[:1], camera.out / "one.html")
    write_report(runs, camera.out / "many.html")
    logs = write_logs(camera.home / "logs")
    write_report([*runs[:3], *map(read_log, logs)], camera.out / "elsewhere.html")
    page = camera.window.frame.pages["runs"]
    assert isinstance(page, RunsPage)
    camera.window.frame.go("runs")
    camera.wait(lambda: len(page.table.runs.entries) == len(runs))
    paths = {entry.name: entry.path for entry in page.table.runs.entries}
    page.table.choose(list(paths.values())[:3])
    camera.settle(600)
    camera.photograph("compare-list", ("runs",))

    page.table.choose(list(paths.values()))
    page.compare_chosen()
    full = page.pages.full
    camera.wait(lambda: len(full.runs.subjects) == len(runs))
    camera.settle(800)
    camera.photograph("compare-many", ("runs",))

    full.curves.tools_row.quantities.buttons["training"].click()
    full.curves.tools_row.axes.buttons["time"].click()
    full.curves.tools_row.bands.setChecked(False)
    full.table.group.setCurrentIndex(1)
    full.table.group.activated.emit(1)
    full.table.view.selectRow(1)
    camera.settle(800)
    camera.photograph("compare-grouped", ("runs",))
    full.curves.all.click()
    camera.settle(400)
    camera.photograph("compare-all", ("runs",))
    full.curves.all.click()

    page.table.choose(
        [path for name, path in paths.items() if "width 8" in name or "short" in name]
    )
    full.table.group.setCurrentIndex(0)
    full.table.group.activated.emit(0)
    full.curves.tools_row.quantities.buttons["figure"].click()
    full.curves.tools_row.axes.buttons["epoch"].click()
    full.curves.tools_row.bands.setChecked(True)
    camera.settle(800)
    camera.photograph("compare-seeds", ("runs",))

    full.elsewhere.take([*logs, camera.home / "logs" / "gone.csv"])
    camera.wait(lambda: len(full.runs.subjects) == 4 + len(logs))
    full.curves.tools_row.quantities.buttons["validation"].click()
    camera.settle(800)
    camera.photograph("compare-elsewhere", ("runs",))
    full.elsewhere.menu().aboutToShow.emit()
    full.elsewhere.menu().grab().save(str(camera.out / "compare-elsewhere-menu.png"))
