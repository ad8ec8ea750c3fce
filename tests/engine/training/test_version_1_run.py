"""A run that the version before left: it opens, predicts and goes on to the same weights."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from app.engine.results.predictor import Predictor
from app.engine.runs import checkpoint
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer
from models.graph import Graph
from tests.engine.training.small import Listener, at_step, experiment, pictures
from tests.models.test_old_names import in_version_1

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_of_version_1_is_resumed_to_the_same_bits_and_can_be_used(tmp_path: Path) -> None:
    requested = experiment(
        pictures(tmp_path / "a.npz", 60),
        data={"task": "reconstruction"},
        model={"template": "conv-autoencoder", "width": 8, "latent_channels": 4, "dropout": 0.2},
    )
    whole = Run.create(tmp_path / "runs", requested)
    reference = trainer.train(requested, whole, Listener(), Control())

    run = Run.create(tmp_path / "runs", requested)
    control = Control()
    with at_step(reference.summary["steps"] // 2 + 1, control.stop):
        trainer.train(requested, run, Listener(), control)

    best = checkpoint.read_best(run)
    as_version_1(run.path)
    states = list(run.path.glob("checkpoints/state-*/state.json"))
    assert states and all('"enlarging"' in path.read_text(encoding="utf-8") for path in states)
    assert checkpoint.read_best(run).graph == best.graph
    assert Predictor.load(run).network.graph == best.graph
    assert run.experiment() == requested

    finished = trainer.resume(run, Listener(), Control())
    assert finished.status == "completed"
    for key in ("weights_sha256", "best_epoch", "loss", "metrics", "epochs", "steps"):
        assert finished.summary[key] == reference.summary[key]


def as_version_1(run: Path) -> None:
    """Writes a run's files under the names of format version 1."""
    path = run / "experiment.toml"
    text = path.read_text(encoding="utf-8")
    assert "netwright = 2" in text and "latent_channels = 4" in text
    text = text.replace("netwright = 2", "netwright = 1").replace("latent_channels", "code")
    path.write_text(text, encoding="utf-8")

    (run / "manifest.json").unlink()
    for manifest in run.glob("checkpoints/*/manifest.json"):
        entries = json.loads(manifest.read_text(encoding="utf-8"))
        for name in entries["files"]:
            file = manifest.parent / name
            if file.suffix != ".json":
                continue

            data = json.loads(file.read_text(encoding="utf-8"))
            old = in_version_1(Graph.from_plain(data)) if name == "graph.json" else older(data)
            content = json.dumps(old).encode()
            file.write_bytes(content)
            entries["files"][name] = {
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
            }

        manifest.write_text(json.dumps({**entries, "netwright": 1}), encoding="utf-8")


def older(value: Any) -> Any:
    """Returns a state with the graphs and experiments in it as version 1 wrote them."""
    if isinstance(value, list):
        return [older(item) for item in value]
    if not isinstance(value, dict):
        return value

    plain = {key: older(item) for key, item in value.items()}
    if isinstance(plain.get("graph"), list):
        plain["graph"] = in_version_1(Graph.from_plain(plain["graph"]))
    if plain.get("netwright") == 2:
        plain["netwright"] = 1
        plain["model"]["code"] = plain["model"].pop("latent_channels")

    return plain
