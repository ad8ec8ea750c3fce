"""What other rooms may import from the memory room."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
INTERFACE = {
    "app.engine.memory": {"ledger"},
    "app.engine.memory.ledger": {"predict", "measure"},
    "app.engine.memory.step_meter": {"StepMeter"},
    "app.engine.memory.device_monitor": {"DeviceMonitor"},
    "app.engine.memory.graph_measurement": {"BlockNumbers", "GraphMeasurement", "measure_graph"},
    "app.engine.memory.row_names": {"FULL_NAMES", "MEANING", "NAMES"},
    "app.engine.memory.block_cost": {"Conditions"},
    "app.engine.memory.inspection": {
        "BlockReport",
        "Inspection",
        "inspect",
        "inspection_of",
        "optimizer_floats",
    },
}


def test_other_rooms_use_only_the_interface() -> None:
    for path in ROOT.glob("app/**/*.py"):
        if "memory" in path.parts and "engine" in path.parts:
            continue

        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
                assert not any(name.startswith("app.engine.memory") for name in names), path
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "app.engine.memory"
            ):
                imported = {alias.name for alias in node.names}
                assert imported <= INTERFACE.get(node.module or "", set()), path
