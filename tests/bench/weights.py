"""Proof that a change changes no result: every template, trained by two versions of this program.

The earlier version is checked out beside this one. Both train the same experiment files with the
same seed on one thread. The weights, the figures, the reports and the predictions must be equal.
The earlier version's runs must also open here, give the same answers, and train longer to the same
weights.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import tomli_w

ROOT = Path(__file__).resolve().parent.parent.parent
BASELINE = "2f32af6"
"""The version before the rooms were made: format version 1 of experiments."""

DIGITS = {"source": "sample:digits", "test_share": 0.2}
GLOSSES = {"source": "sample:glosses", "test_share": 0.7, "validation_share": 0.2, "context": 16}

EXPERIMENTS: dict[str, dict[str, Any]] = {
    "cnn": {
        "data": DIGITS,
        "augmentation": {"shift": 0.1, "rotate": 10.0},
        "model": {"width": 8, "dropout": 0.1},
        "loss": {"kind": "cross-entropy", "label_smoothing": 0.1},
        "optimizer": {"kind": "adamw"},
        "schedule": {"kind": "one-cycle"},
    },
    "resnet": {
        "data": DIGITS,
        "model": {"width": 8, "depth": 1},
        "optimizer": {"kind": "sgd-momentum"},
        "schedule": {"kind": "cosine"},
    },
    "convnext": {
        "data": {"source": "sample:shapes", "test_share": 0.6, "task": "metric-learning"},
        "model": {"width": 16, "depth": 1},
        "loss": {"kind": "supervised-contrastive"},
        "optimizer": {"kind": "adam"},
        "training": {"embedding": 16},
    },
    "vit": {
        "data": DIGITS,
        "model": {"width": 16, "depth": 1, "heads": 2, "patch_size": 2},
        "optimizer": {"kind": "muon"},
        "schedule": {"kind": "step"},
    },
    "mlp": {
        "data": {"source": "sample:breast-cancer", "test_share": 0.2},
        "loss": {"kind": "binary-cross-entropy"},
        "optimizer": {"kind": "rmsprop"},
        "schedule": {"kind": "plateau"},
        "training": {"accumulation": 2, "gradient_clip": 1.0},
    },
    "text-cnn": {
        "data": {**GLOSSES, "tokens": "bytes"},
        "model": {"width": 16, "filters": 8},
        "optimizer": {"kind": "nadam"},
        "schedule": {"kind": "exponential"},
    },
    "cnn-1d": {
        "data": {"source": "sample:signals", "test_share": 0.2},
        "model": {"width": 8},
        "optimizer": {"kind": "adagrad"},
        "schedule": {"kind": "constant"},
    },
    "conv-autoencoder": {
        "data": {**DIGITS, "task": "reconstruction"},
        "model": {"width": 8},
        "loss": {"kind": "l1"},
        "optimizer": {"kind": "radam"},
        "training": {"recompute": True},
    },
    "text-encoder": {
        "data": {**GLOSSES, "tokens": "bpe", "vocabulary": 512},
        "model": {"width": 16, "depth": 1, "heads": 2},
        "optimizer": {"kind": "adafactor"},
    },
    "gpt": {
        "data": {
            "source": "book.txt",
            "task": "language-modelling",
            "context": 32,
            "tokens": "bytes",
        },
        "model": {"width": 16, "depth": 1, "heads": 2},
        "optimizer": {"kind": "adamw", "learning_rate": 2e-3, "weight_decay": 0.1},
    },
    "ft-transformer": {
        "data": {"source": "sample:diabetes", "test_share": 0.2},
        "model": {"width": 16, "depth": 1, "heads": 2},
        "loss": {"kind": "huber"},
        "optimizer": {"kind": "adamw"},
        "schedule": {"kind": "cosine-restarts"},
    },
    "masked-autoencoder": {
        "data": {**DIGITS, "task": "reconstruction"},
        "model": {"width": 16, "depth": 1, "heads": 2, "patch_size": 2, "decoder_depth": 1},
        "loss": {"kind": "l2"},
        "optimizer": {"kind": "sgd"},
    },
    "two-tower": {
        "data": {"source": "sample:emoji", "test_share": 0.4},
        "model": {"width": 16},
        "optimizer": {"kind": "adamw"},
        "training": {"embedding": 16, "epochs": 1},
    },
}
"""By template: an experiment of seconds, with other losses, optimizers and schedules in turn."""

TABLES = {"cells.csv": "sample:breast-cancer", "patients.csv": "sample:diabetes"}
"""New rows to predict, and the built-in table whose columns they have."""

VARYING = ("seconds", "examples_per_second", "run", "memory", "started", "environment", "path")
"""Keys whose values differ from run to run: times, folders, what the allocator happened to hold."""

WORDS = ("answer", "reason", "title", "text", "error", "remedy", "label", "verdict")
"""Keys of sentences, which may be worded anew."""

WORKER = """
import contextlib, io, json, os, sys, time
os.fsync = lambda handle: None
from app import cli

def call(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(list(arguments))
    lines = out.getvalue().splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else None
    except ValueError:
        answer = lines
    return {"code": code, "error": err.getvalue()[-2000:] if code else "", "json": answer}

for line in sys.stdin:
    name, *arguments = json.loads(line)
    print(json.dumps([name, call(*arguments)]), flush=True)
"""


def main(against: str = BASELINE, cache: Path | None = None, only: list[str] | None = None) -> int:
    """Trains all in both versions and prints what differs. Returns 0 where nothing does.

    against: the earlier version, a revision of git. cache: a folder in which the earlier version's
    runs and answers stay for the next comparison. only: some of the templates.
    """
    names = only or list(EXPERIMENTS)
    with tempfile.TemporaryDirectory() as temporary:
        earlier = cache or Path(temporary) / "earlier"
        before = _earlier(against, earlier)
        after = _answers(ROOT, Path(temporary) / "now", earlier, names)

    failures = 0
    for name in names:
        for step, answer in after[name].items():
            same = _comparable(before[name][step]) == _comparable(answer)
            failures += not same
            figure = (
                answer["json"].get("weights_sha256", "") if isinstance(answer["json"], dict) else ""
            )
            print(
                f"{name:<20} {step:<10} {'equal' if same else 'DIFFERS'} {figure[:16]}", flush=True
            )

            if not same:
                print(
                    "\n".join(
                        _differences(_comparable(before[name][step]), _comparable(answer))[:12]
                    )
                )

    print(f"{failures} differences from {against}")
    return int(failures > 0)


def _earlier(revision: str, folder: Path) -> dict[str, Any]:
    """Returns the earlier version's answers, which stand beside its runs."""
    record = folder / "answers.json"
    if not record.exists():
        with tempfile.TemporaryDirectory() as folder_of_tree:
            tree = Path(folder_of_tree) / "tree"
            git = ["git", "-C", str(ROOT), "worktree"]
            subprocess.run(
                [*git, "add", "--detach", str(tree), revision], check=True, capture_output=True
            )

            try:
                answers = _answers(tree, folder, folder, list(EXPERIMENTS))
            finally:
                subprocess.run(
                    [*git, "remove", "--force", str(tree)], check=True, capture_output=True
                )
        record.write_text(json.dumps(answers), encoding="utf-8")

    return json.loads(record.read_text(encoding="utf-8"))


def _answers(tree: Path, folder: Path, earlier: Path, names: list[str]) -> dict[str, Any]:
    """Returns the answers of the version in `tree`.

    It trains every experiment, and goes on with copies of the earlier version's runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_files(folder)

    environment = {**os.environ, "OMP_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"}
    for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        environment[variable] = str(folder / "home")

    with subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=tree,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as worker:
        assert worker.stdin is not None and worker.stdout is not None

        def call(*arguments: str) -> Any:
            worker.stdin.write(json.dumps(["", *arguments]) + "\n")
            worker.stdin.flush()
            return json.loads(worker.stdout.readline())[1]

        if earlier == folder:
            for file, source in TABLES.items():
                _write_table(folder / file, call("describe", source, "--json")["json"]["columns"])

        answers: dict[str, Any] = {}
        for name in names:
            run = folder / "runs" / name
            trained = call("train", str(folder / f"{name}.toml"), "--run-dir", str(run), "--json")
            if trained["code"]:
                raise RuntimeError(f"{name} was not trained: {trained['error']}")

            old = earlier / "runs" / name
            longer = folder / "longer" / name
            shutil.copytree(old, longer, dirs_exist_ok=True)
            answers[name] = {
                "train": trained,
                "evaluate": call("evaluate", str(old), "--json"),
                "predict": call("predict", str(old), *_predict_arguments(earlier, name), "--json"),
                "resume": call("resume", str(longer), "--epochs", "3", "--json"),
            }

        worker.stdin.close()

    return answers


def _predict_arguments(folder: Path, name: str) -> list[str]:
    """Returns the arguments of `predict` for a template's run: a file, or a text."""
    if name == "gpt":
        return ["--prompt", "the river", "--tokens", "20"]
    if name in ("text-cnn", "text-encoder"):
        return ["--text", "a small animal with long ears"]
    if name == "two-tower":
        return [str(folder / "picture.png"), "--text", "red heart"]
    if name == "mlp":
        return [str(folder / "cells.csv")]
    if name == "ft-transformer":
        return [str(folder / "patients.csv")]
    if name == "cnn-1d":
        return [str(folder / "signal.npy")]

    return [str(folder / "picture.png")]


def _write_files(folder: Path) -> None:
    """Writes the experiments, and new examples for their networks."""
    import numpy as np
    from PIL import Image

    generator = random.Random(7)
    words = [
        "the",
        "river",
        "stone",
        "and",
        "apple",
        "of",
        "a",
        "king",
        "went",
        "down",
        "to",
        "house",
    ]

    text = " ".join(generator.choice(words) for _ in range(12_000))
    (folder / "book.txt").write_text(text, encoding="utf-8")
    pixels = np.random.default_rng(7).integers(0, 256, (8, 8), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "picture.png")
    np.save(folder / "signal.npy", np.sin(np.linspace(0, 20, 128)).astype(np.float32)[None])

    common = {
        "epochs": 2,
        "batch_size": 64,
        "seed": 3,
        "threads": 1,
        "device": "cpu",
        "precision": "float32",
    }
    for name, experiment in EXPERIMENTS.items():
        plain = {**experiment, "model": {"template": name, **experiment.get("model", {})}}
        plain["training"] = {**common, **experiment.get("training", {})}
        (folder / f"{name}.toml").write_text(
            tomli_w.dumps({"netwright": 1, **plain}), encoding="utf-8"
        )


def _write_table(path: Path, columns: list[dict[str, str]]) -> None:
    """Writes four rows of the inputs among these columns, in numbers."""
    names = [column["name"] for column in columns if column["role"] != "target"]
    rows = [[f"{0.05 * (row + column):.3f}" for column in range(len(names))] for row in range(4)]
    lines = [",".join(f'"{name}"' for name in names), *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _comparable(value: Any) -> Any:
    """Returns an answer without what differs from run to run, and without sentences."""
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items() if key not in VARYING + WORDS}
    if isinstance(value, list):
        return [_comparable(item) for item in value]

    return value


def _differences(before: Any, after: Any, key_path: str = "") -> list[str]:
    """Returns where two answers differ, a line each."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = list(dict.fromkeys([*before, *after]))
        return [
            line
            for key in keys
            if before.get(key) != after.get(key)
            for line in _differences(before.get(key), after.get(key), f"{key_path}.{key}")
        ]

    return [f"    {key_path}: {json.dumps(before)[:200]} -> {json.dumps(after)[:200]}"]
