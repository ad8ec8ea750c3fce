"""A polite kill of the window while it trains ends the run saved, and the run goes on later."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from app.engine.runs import events
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training.trainer import resume

ROOT = Path(__file__).resolve().parents[3]

TRAINS = """
    import sys
    from PySide6.QtCore import QTimer
    import app.ui.shell.application as application
    from app.ui.state.action import Action

    class Trains(application.Window):
        def __init__(self, *given, **named):
            super().__init__(*given, **named)
            self.ticking = QTimer(self, interval=20)
            self.ticking.timeout.connect(self.look)
            self.ticking.start()
            self.pressed = False

        def look(self):
            inside = self.assembly
            if inside is None or not self.frame.filled:
                return

            if not self.pressed and inside.document.data_state == "ready":
                self.pressed = True
                inside.document.choose("model", "cnn")
                inside.document.replace("training", epochs=500, threads=1)
                inside.actions.do(Action.TRAIN)
            elif len(inside.session.record.losses) > 3:
                self.ticking.stop()
                print(inside.session.record.path, flush=True)

    application.Window = Trains
    sys.exit(application.main(["sample:digits"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no polite kill")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_run_that_a_signal_ends_is_saved_and_goes_on(
    folders: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(TRAINS)],
        cwd=folders,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            assert process.stdout is not None
            run = Run(Path(process.stdout.readline().strip()))
            process.send_signal(number)
            _, err = process.communicate(timeout=120)
        finally:
            process.kill()

    assert process.returncode == 0, err
    assert "Traceback" not in err and "QThread" not in err, err
    summary = json.loads((run.path / "summary.json").read_text(encoding="utf-8"))
    assert summary["status"] == "stopped" and summary["steps"] > 0

    steps: list[int] = []
    control = Control()

    def emit(event: events.Event) -> None:
        if isinstance(event, events.StepsDone):
            steps.extend(event.steps.tolist())
            control.stop(at_once=True)

    end = resume(run, emit, control)
    assert end.status == "stopped", end.reason
    assert steps[0] == summary["steps"] + 1
