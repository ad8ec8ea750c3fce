#!/usr/bin/env bash
# PySide6 6.11.0: the source of every module that is imported after it is read, and kept for ever.
#
# Expected: to import PySide6 changes nothing about later imports of modules that do not use it.
#
# Seen: at each later import its hook asks inspect for the module's source, to look for its own name in it. The standard
# library's linecache keeps the lines: 488 files with 11 million letters after `import sympy`, where it keeps none without
# PySide6. With torch 2.13.0 and its compiler it is 36 million letters of 1,500 files, and a seventh more processor time.
#
# Here: the window empties linecache once the engine is loaded, which gives 20 MB back; a message reads what it needs again.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "PySide6-Essentials==6.11.0" "sympy==1.14.0"

kept() {
    "$folder/venv/bin/python" - "$1" <<'PYTHON'
import linecache
import sys

if sys.argv[1] == "after":
    import PySide6.QtCore  # noqa: F401

import sympy  # noqa: F401

letters = sum(len(line) for entry in linecache.cache.values() for line in entry[2])
print(f"sympy {sys.argv[1]} PySide6: {len(linecache.cache)} files, {letters:,} letters kept")
many = len(linecache.cache) > 300 and letters > 5_000_000
assert many == (sys.argv[1] == "after"), "it is otherwise now"
PYTHON
}

kept without
kept after
echo "As described."
