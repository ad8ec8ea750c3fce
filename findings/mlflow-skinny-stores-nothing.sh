#!/usr/bin/env bash
# mlflow-skinny 3.17.2: installed alone, its client has no place on the same computer to which it would write.
#
# Expected: MlflowClient() as it is, or with a folder, writes runs: skinny is described as the client without the
# server, and folders ("mlruns") were its default for years.
#
# Seen: the default is now sqlite:///mlflow.db, which needs SQLAlchemy, and that is none of its requirements: the client
# raises UnsupportedModelRegistryStoreURIException, which speaks of a registry of models that nobody asked for. With the
# address of a folder it raises MlflowException: folders are in maintenance mode; the environment variable
# MLFLOW_ALLOW_FILE_STORE=true, read each time, is needed. With it runs are written and read back as before.
#
# Here: `netwright mlflow` sets that variable while it writes into a folder, and its help says how to look at it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "mlflow-skinny==3.17.2"

cd "$folder"
export MLFLOW_DISABLE_TELEMETRY=true
"$folder/venv/bin/python" - <<'PYTHON'
import os
import pathlib

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


def refusal(address):
    try:
        MlflowClient(address).create_experiment("new")
    except (ImportError, MlflowException) as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:110]}"
    return ""


folder = pathlib.Path("runs").absolute().as_uri()
default, alone = refusal(None), refusal(folder)
print("default:", default)
print("a folder:", alone)
assert "sqlite" in default, "the default can be used now"
assert "maintenance mode" in alone, "folders can be used now"

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
assert refusal(folder) == ""
assert MlflowClient(folder).get_experiment_by_name("new") is not None
print("As described.")
PYTHON
