#!/usr/bin/env bash
# PySide6 6.11.0: the source of every module that is imported after it is read and kept for ever, and each import statement
# takes several times as long, also of modules that are loaded already.
#
# Expected: to import PySide6 changes nothing about later imports of modules that do not use it.
#
# Seen: at each later import its hook asks inspect for the module's source, to look for its own name in it. The standard
# library's linecache keeps the lines: 488 files with 11 million letters after `import sympy`, where it keeps none without
# PySide6. With torch 2.13.0 and its compiler it is 36 million letters of 1,500 files, and a seventh more processor time. An
# import statement inside a function, of a module that is there, takes five to fourteen times as long. Torch's fake tensors
# pass 250,000 of them to follow 20 training steps.
#
# Here: the window puts the import back that PySide6 itself keeps as `builtins.__orig_import__`, as nothing here asks for
# `__feature__`. Nothing is read then, and the statement takes little more than Python's own.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "PySide6-Essentials==6.11.0" "sympy==1.14.0"

seen() {
    "$folder/venv/bin/python" - "$1" <<'PYTHON'
import builtins
import linecache
import sys
import time


def pass_imports() -> float:
    begun = time.process_time()
    for _ in range(100_000):
        import json  # noqa: F401

    return time.process_time() - begun


plain = min(pass_imports() for _ in range(5))
if sys.argv[1] != "without":
    import PySide6.QtCore  # noqa: F401

if sys.argv[1] == "put back":
    builtins.__import__ = builtins.__orig_import__

import sympy  # noqa: F401

letters = sum(len(line) for entry in linecache.cache.values() for line in entry[2])
times = min(pass_imports() for _ in range(5)) / plain
print(
    f"PySide6 {sys.argv[1]}: {len(linecache.cache)} files with {letters:,} letters kept, an import statement takes "
    f"{times:.1f} times as long"
)
is_kept = len(linecache.cache) > 300 and letters > 5_000_000
assert (is_kept, times > 2.2) == ((True, True) if sys.argv[1] == "loaded" else (False, False)), "it is otherwise now"
PYTHON
}

seen without
seen loaded
seen "put back"
echo "As described."
