"""Runs in MLflow, written and read back by its own client."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest

from app import cli
from app.engine.extras import EXTRAS, install_command
from app.engine.report.mlflow_store import EXPERIMENT
from app.engine.runs.history import read_history
from tests.ui.trained_runs import trained_run

if TYPE_CHECKING:
    from app.engine.runs.run import Run

mlflow = pytest.importorskip("mlflow")

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


@pytest.fixture
def run(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained_run(tmp_path_factory, tmp_path)


def written(store: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[object, list[object]]:
    """Returns MLflow's client and the runs that it finds in a folder."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    client = mlflow.MlflowClient(store.as_uri())
    experiment = client.get_experiment_by_name(EXPERIMENT)
    return client, list(client.search_runs([experiment.experiment_id]))


def test_its_own_client_reads_all_of_it(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run.note = "the first"
    store = tmp_path / "store"
    assert cli.main(["mlflow", str(run.path), "--out", str(store), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    client, (found,) = written(store, monkeypatch)
    assert found.info.run_id == told["runs"][0]["id"] and found.info.run_name == run.name
    assert found.info.status == "FINISHED" and found.info.end_time > found.info.start_time
    assert found.data.tags["mlflow.note.content"] == "the first"
    assert found.data.tags["netwright.weights_sha256"] == run.summary()["weights_sha256"]
    assert found.data.params["data.source"] == "sample:digits"
    assert found.data.params["training.seed"] == "0"

    history = read_history(run.path)
    losses = client.get_metric_history(found.info.run_id, "loss/training")
    assert [each.step for each in losses] == history.steps.tolist()
    assert [each.value for each in losses] == history.losses.tolist()
    times = [each.timestamp for each in losses]
    assert times == sorted(times) and times[0] >= found.info.start_time
    accuracy = client.get_metric_history(found.info.run_id, "validation/accuracy")
    assert [each.value for each in accuracy] == [
        line["metrics"]["accuracy"] for line in history.epochs
    ]

    artifacts = {each.path for each in client.list_artifacts(found.info.run_id)}
    assert artifacts == {"report.html", "README.md", "DATA-CARD.md"}
    report = Path(url2pathname(urlparse(found.info.artifact_uri).path)) / "report.html"
    assert "digits cnn" in report.read_text(encoding="utf-8")


def test_writing_again_replaces_and_changes_no_setting_of_the_process(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dict(os.environ)
    for _ in range(2):
        assert cli.main(["mlflow", str(run.path), "--out", str(tmp_path / "store")]) == 0
    assert dict(os.environ) == before
    assert len(written(tmp_path / "store", monkeypatch)[1]) == 1


def test_what_cannot_be_is_a_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["mlflow", str(run.path), "--out", str(tmp_path / "file" / "store")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert cli.main(["mlflow", str(run.path), "--out", "http://127.0.0.1:9"]) == 1
    told = capsys.readouterr().err
    assert "http://127.0.0.1:9" in told and len(told.splitlines()) == 1

    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "mlflow" else find_spec(name)
    )
    assert cli.main(["mlflow", str(run.path), "--out", str(tmp_path / "store")]) == 1
    assert install_command(*EXTRAS["mlflow"]) in capsys.readouterr().err
