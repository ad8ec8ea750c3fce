#!/usr/bin/env bash
# torch 2.13.0: to build a network without memory, and to give it memory, loads SymPy, and an embedding loads the compiler.
#
# Expected: layers on the device "meta" are there to save time and memory, before trained weights are put in; nothing is
# computed or compiled.
#
# Seen: a linear layer on "meta" loads nothing more. `to_empty` on it goes through a Python reference of `empty_like`, which
# imports SymPy (500 modules). An embedding fills itself with normal numbers, by a Python reference too, whose decorator
# imports torch._dynamo, 300 more. Together 0.9 s of the processor, in each process that only predicts.
#
# Here: `models/memory/without_memory.py` leaves out what only fills new weights, and gives them memory by torch.empty.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "torch==2.13.0"

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
import time

import torch
from torch import nn

COMPILER = "torch._dynamo.convert_frame"


def loaded() -> tuple[bool, bool]:
    return "sympy" in sys.modules, COMPILER in sys.modules


def told(what: str, begun: float, modules: int) -> None:
    seconds = time.process_time() - begun
    print(f"{what}: {seconds:.2f} s of the processor, {len(sys.modules) - modules} more modules, SymPy and compiler: {loaded()}")


begun, modules = time.process_time(), len(sys.modules)
with torch.device("meta"):
    layer = nn.Linear(3, 4)
told("a linear layer", begun, modules)
assert loaded() == (False, False), "it is otherwise now"

begun, modules = time.process_time(), len(sys.modules)
layer.to_empty(device="cpu")
told("memory for it", begun, modules)
assert loaded()[0], "it is otherwise now"

begun, modules = time.process_time(), len(sys.modules)
with torch.device("meta"):
    nn.Embedding(5, 2)
told("an embedding", begun, modules)
assert loaded() == (True, True), "it is otherwise now"
PYTHON
echo "As described."
