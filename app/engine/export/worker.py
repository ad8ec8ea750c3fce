"""Exports a trained network in a process of its own, which `exporting` starts.

A fresh process for each export: exporters keep state that spoils the next one, hold a second copy
of the weights, and cannot be cancelled from inside. The request is one argument, a JSON object;
without a path it asks what the formats cannot hold of the network. Its output is a JSON object a
line: {"stage", "done", "total"}, then {"proof"}, {"left_out"} or {"error"}.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.engine.errors import UserError
from app.engine.files import disk_error, json_line
from app.engine.own_process import end_with_the_program

Say = Callable[[dict[str, Any]], None]


def main() -> None:
    """Exports what the first argument asks for."""
    request = json.loads(sys.argv[1])
    say = _output()
    tempfile.tempdir = request["scratch"]
    threading.Thread(target=end_with_the_program, daemon=True).start()
    # What exporters warn of concerns those who write exporters; the proof finds what is wrong.
    warnings.simplefilter("ignore")

    try:
        say(_answer(request, say))
    except UserError as error:
        say({"error": [error.what, error.remedy, error.setting]})
    except OSError as error:
        told = disk_error(error, Path(str(error.filename or request.get("path", request["run"]))))
        say({"error": [told.what, told.remedy, told.setting]})
    except MemoryError:
        what = "There is not enough memory to export this network."
        say({"error": [what, "Close other programs, then try again.", ""]})


def _answer(request: dict[str, Any], say: Say) -> dict[str, Any]:
    from app.engine.export.formats import all_formats, format_called  # noqa: PLC0415 - loads torch
    from app.engine.export.proving import prove  # noqa: PLC0415 - loads torch
    from app.engine.export.trained_network import TrainedNetwork  # noqa: PLC0415 - loads torch
    from app.engine.runs.run import Run  # noqa: PLC0415 - with the others

    def progress(text: str, done: int, total: int) -> None:
        say({"stage": text, "done": done, "total": total})

    trained = TrainedNetwork.load(Run(Path(request["run"])), request["weights"], progress)
    if "path" not in request:
        ready = {kind: each for kind, each in all_formats().items() if not each.missing_packages()}
        return {"left_out": {kind: each.left_out(trained) for kind, each in ready.items()}}

    exported = format_called(request["format"])
    path = Path(request["path"])
    exported.write(trained, path, progress)
    proof = prove(trained, exported, path, progress, bool(request.get("whole")))
    return {"proof": proof.to_plain()}


def _output() -> Say:
    """Returns what writes a line of the output; all that others print goes to the errors."""
    descriptor = os.dup(1)
    os.dup2(2, 1)

    def say(message: dict[str, Any]) -> None:
        os.write(descriptor, json_line(message, ascii_only=True))

    return say


if __name__ == "__main__":
    main()
