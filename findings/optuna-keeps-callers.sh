#!/usr/bin/env bash
# Optuna 5.0.0, redis 8.1.0: where redis is not installed, importing optuna keeps alive the local variables of every
# function that is under way on that thread, for as long as the process lives.
#
# Expected: an import inside a function leaves nothing of the function behind.
#
# Seen: optuna/storages/journal/_redis.py tries to import redis and keeps the ModuleNotFoundError for later. Its
# traceback holds the frame of that module, the frame holds those that called it, through the import system up to the
# first function of the thread, and these hold their variables. A collection of garbage does not help: the error is
# reachable from the module. With redis installed nothing is kept.
#
# Here: the lock of a search outlived the object that held it, and the data of the first search of a process stayed in
# memory after it. Optuna is imported on a thread of its own now, where no function has any variables.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "optuna==5.0.0"

cat > "$folder/check.py" <<'PYTHON'
import gc
import sys
import threading
import weakref


class Data:
    pass


kept = []


def search() -> None:
    data = Data()
    kept.append(weakref.ref(data))
    read()


def read() -> None:
    import optuna  # noqa: F401


if sys.argv[1] == "here":
    search()
else:
    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    search()

gc.collect()
print("kept" if kept[0]() is not None else "let go")
PYTHON

without=$("$folder/venv/bin/python" "$folder/check.py" here)
apart=$("$folder/venv/bin/python" "$folder/check.py" apart)
"$folder/venv/bin/python" -m pip install --quiet "redis==8.1.0"
with=$("$folder/venv/bin/python" "$folder/check.py" here)

echo "a variable of a function whose callee imports optuna: $without without redis, $with with it"
echo "imported on another thread before: $apart"
[ "$without, $with, $apart" = "kept, let go, let go" ] || { echo "It is otherwise now."; exit 1; }
echo "As described."
