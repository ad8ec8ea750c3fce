"""The command line as a person or a script meets it, with real processes, runs and exit codes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app import cli
from app.engine.data.names import visible_lines
from app.engine.runs.run import Run, default_folder, list_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
EXPERIMENT = """\
netwright = 1
[data]
source = "pictures"
[model]
template = "cnn"
width = 8
[training]
epochs = 2
batch_size = 16
threads = 1
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder with pictures of two classes and an experiment on them."""
    folder = tmp_path_factory.mktemp("Übung 1 – 数据 (é)")
    random = np.random.default_rng(0)
    for name, half in (("left", np.s_[:, :6]), ("right", np.s_[:, 6:])):
        (folder / "pictures" / name).mkdir(parents=True)
        for index in range(40):
            pixels = random.integers(0, 80, (12, 12), dtype=np.uint8)
            pixels[half] += 150
            Image.fromarray(pixels).save(folder / "pictures" / name / f"{index}.png")

    (folder / "ours.toml").write_text(EXPERIMENT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def finished_run(workspace: Path) -> Iterator[Path]:
    run = workspace / "run"
    assert cli.main(["train", str(workspace / "ours.toml"), "--run-dir", str(run)]) == 0
    yield run


def process(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    surroundings = {
        key: value for key, value in os.environ.items() if key not in ("QT_QPA_PLATFORM", "DISPLAY")
    }
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**surroundings, "PYTHONIOENCODING": "utf-8", **more},
    )


# --- training


def test_train_prints_plain_lines_and_one_json_object_last(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    code = cli.main(
        [
            "train",
            str(workspace / "ours.toml"),
            "--set",
            "training.epochs=1",
            "--run-dir",
            str(run),
            "--json",
        ]
    )

    out, err = capsys.readouterr()
    assert code == 0
    summary = json.loads(out.splitlines()[-1])
    assert summary == json.loads((run / "summary.json").read_text(encoding="utf-8"))
    assert (summary["status"], summary["epochs"], summary["run"]) == ("completed", 1, str(run))
    assert "Epoch 1/1" in err
    assert "\x1b" not in err
    assert Run(run).experiment().training.epochs == 1


def test_train_takes_a_folder_of_its_own_if_none_is_named(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["train", str(workspace / "ours.toml"), "--set", "training.epochs=1"]) == 0
    (run,) = list_runs(default_folder())
    assert run.status == "completed"
    assert str(run.path) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[data]\nsource = 3\n", "data.source"),
        ("[training]\nepoch = 3\n", "epochs"),
        ("netwright = 99\n", "newer Netwright"),
        ("not toml", "TOML"),
        ('[data]\nsource = "nowhere"\n', "nowhere"),
        ("", "No data"),
    ],
)
def test_a_wrong_experiment_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    (tmp_path / "wrong.toml").write_text(text, encoding="utf-8")
    assert (
        cli.main(["train", str(tmp_path / "wrong.toml"), "--run-dir", str(tmp_path / "run")]) == 1
    )
    err = capsys.readouterr().err
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


def test_wrong_usage_is_explained_and_ends_with_two(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        ["trian"],
        ["train"],
        ["predict", "x"],
        ["train", str(workspace / "ours.toml"), "--set", "model.widht=3"],
    ):
        assert cli.main(arguments) == 2
        assert capsys.readouterr().err.strip()

    assert cli.main(["train", str(workspace / "ours.toml"), "--set", "training.epochs"]) == 2
    assert "section.field=value" in capsys.readouterr().err


def test_a_missing_file_or_run_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for arguments in (
        ["train", "no.toml"],
        ["resume", "no run"],
        ["evaluate", str(tmp_path)],
        ["describe", "nowhere"],
    ):
        assert cli.main(arguments) == 1
        assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_data_in_place_of_an_experiment_are_refused_with_advice(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (str(workspace / "pictures"), "sample:digits"):
        assert cli.main(["train", name]) == 1
        err = capsys.readouterr().err
        assert f"source = '{name}'" in err and len(err.strip().splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C cannot be sent to one process there")
def test_ctrl_c_stops_keeps_the_best_and_the_run_goes_on(workspace: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "app",
        "train",
        str(workspace / "ours.toml"),
        "--run-dir",
        str(run),
    ]
    with subprocess.Popen(
        [*command, "--set", "training.epochs=3000"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("Epoch"):
                break

        child.send_signal(signal.SIGINT)
        rest = child.stdout.read()

    assert child.returncode == 130
    assert "Stopped" in rest
    assert Run(run).status == "stopped"
    assert Run(run).best_folder is not None

    done = Run(run).summary()["epochs"]
    assert cli.main(["resume", str(run), "--epochs", str(done + 2)]) == 0
    assert Run(run).summary()["epochs"] == done + 2


# --- judging and using


def test_evaluate_shows_figures_and_classes(
    finished_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["evaluate", str(finished_run)]) == 0
    out = capsys.readouterr().out
    assert "95 % interval" in out
    assert "left" in out
    assert cli.main(["evaluate", str(finished_run), "--json"]) == 0

    facts = json.loads(capsys.readouterr().out)
    assert set(facts["splits"]) == {"validation", "test"}
    assert facts["classes"] == ["left", "right"]
    assert facts["splits"]["test"]["metrics"] == Run(finished_run).summary()["metrics"]["test"]


def test_evaluate_on_other_data(
    finished_run: Path, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        cli.main(["evaluate", str(finished_run), "--data", str(workspace / "pictures"), "--json"])
        == 0
    )
    assert json.loads(capsys.readouterr().out)["splits"]["data"]["examples"] == 80
    assert cli.main(["evaluate", str(finished_run), "--data", "sample:shapes"]) == 1
    assert "'star'" in capsys.readouterr().err


def test_predict_names_each_file(
    finished_run: Path, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = workspace / "pictures" / "left" / "1.png"
    bad = workspace / "ours.toml"
    assert cli.main(["predict", str(finished_run), str(good), "--json"]) == 0

    (answer,) = json.loads(capsys.readouterr().out)["predictions"]
    assert answer["file"] == str(good)
    assert answer["class"] in ("left", "right")
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert cli.main(["predict", str(finished_run), str(bad), str(good)]) == 1

    out, err = capsys.readouterr()
    assert str(good) in out
    assert "ours.toml" in err


@pytest.fixture(scope="module")
def flats(workspace: Path) -> Path:
    """Returns a finished run that predicts an amount, with its table beside it."""
    lines = ["size;where;rent (€)"] + [
        f"{20 + k}{',5' if k % 2 else ''};{'in' if k % 3 else 'out'};{9 * k + 200}"
        for k in range(90)
    ]
    (workspace / "flats.csv").write_text("\n".join(lines), encoding="utf-8")
    text = EXPERIMENT.replace('"pictures"', '"flats.csv"').replace(
        'template = "cnn"\nwidth = 8', 'template = "mlp"'
    )
    (workspace / "flats.toml").write_text(text, encoding="utf-8")

    assert (
        cli.main(["train", str(workspace / "flats.toml"), "--run-dir", str(workspace / "flats")])
        == 0
    )
    return workspace / "flats"


def test_a_table_of_amounts_from_beginning_to_end(
    flats: Path, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = Run(flats).summary()
    assert set(summary["metrics"]["test"]) == {"r2", "mae", "rmse"}
    assert cli.main(["describe", str(workspace / "flats.csv")]) == 0

    out = capsys.readouterr().out
    assert "90 rows" in out
    assert "Amount (regression)" in out
    assert cli.main(["evaluate", str(flats)]) == 0
    assert "would be off by" in capsys.readouterr().out
    assert cli.main(["evaluate", str(flats), "--data", str(workspace / "flats.csv"), "--json"]) == 0

    facts = json.loads(capsys.readouterr().out)
    assert facts["splits"]["data"]["amounts"][0]["unit"] == "€"
    assert len(facts["splits"]["data"]["worst"]) == 20

    out_file = tmp_path / "answers.csv"
    assert (
        cli.main(["predict", str(flats), str(workspace / "flats.csv"), "--out", str(out_file)]) == 0
    )
    assert "90 answers" in capsys.readouterr().out
    assert (
        out_file.read_text(encoding="utf-8-sig").splitlines()[0]
        == "size;where;rent (€);predicted rent (€)"
    )

    assert cli.main(["predict", str(flats), str(workspace / "flats.csv"), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["predictions"][0]
    assert (first["example"], first["units"]) == ("row 2", {"rent (€)": "€"})
    assert isinstance(first["amounts"]["rent (€)"], float)
    assert cli.main(["predict", str(flats), "--text", "a large flat"]) == 1
    assert "does not read texts" in capsys.readouterr().err


def test_rows_without_an_answer_and_units_are_told(
    flats: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = tmp_path / "later.csv"
    rows = ["Flats of May;", "size;where;rent (€)", "30 m²;in;450 €", "35 m²;out;500 €", "40;in"]
    later.write_text("\n".join([*rows, "Total;;950 €", ""]), encoding="utf-8")

    assert cli.main(["predict", str(flats), str(later)]) == 0
    out, err = capsys.readouterr()
    assert out.count(" €") == 2
    assert "row 5 has no answer: it has 2 cells, not 3." in err
    assert "row 6 has no answer: it stands below the table: 'Total 950 €'." in err
    assert "row 3: 'size' is in m² here; in training its numbers had no unit." in err

    assert cli.main(["predict", str(flats), str(later), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [item["path"] for item in found["skipped"]] == ["row 5", "row 6"]
    assert "'size' is in m² here" in found["predictions"][0]["told"]

    assert cli.main(["evaluate", str(flats), "--data", str(later), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["splits"]["data"]["amounts"][0]["unit"] == "€"


def test_a_text_is_gone_on_with(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workspace / "book.txt").write_text("In the beginning was the word. " * 60, encoding="utf-8")
    text = EXPERIMENT.replace(
        'source = "pictures"', 'source = "book.txt"\ntokens = "bytes"\ncontext = 16'
    )
    text = text.replace('template = "cnn"\nwidth = 8', 'template = "gpt"\nwidth = 16\ndepth = 1')
    (workspace / "book.toml").write_text(text, encoding="utf-8")
    run = workspace / "book"
    assert cli.main(["train", str(workspace / "book.toml"), "--run-dir", str(run)]) == 0
    assert "bits per byte" in capsys.readouterr().out

    arguments = ["predict", str(run), "--prompt", "In the ", "--tokens", "20"]
    assert cli.main(arguments) == 0
    predictions = capsys.readouterr().out
    assert predictions.startswith("In the ")
    assert cli.main([*arguments, "--json"]) == 0
    text = json.loads(capsys.readouterr().out)["text"]
    assert visible_lines(f"In the {text}\n") == predictions
    assert cli.main(["predict", str(run), "--text", "In the beginning", "--json"]) == 0

    (answer,) = json.loads(capsys.readouterr().out)["predictions"]
    assert 0 < answer["bits_per_byte"] < 30


def test_a_run_that_does_not_write_says_so(flats: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["predict", str(flats), "--prompt", "In the "]) == 1
    assert "does not write texts" in capsys.readouterr().err


def test_describe_and_samples(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["describe", str(workspace / "pictures"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["classes"] == ["left", "right"]
    assert facts["examples"] == 80
    assert cli.main(["describe", str(workspace / "ours.toml")]) == 0
    assert "2 classes" in capsys.readouterr().out
    assert cli.main(["samples", "--json"]) == 0

    listed = {sample["name"]: sample for sample in json.loads(capsys.readouterr().out)["samples"]}
    assert {"digits", "fashion", "shapes", "wine", "diabetes", "emoji", "book"} <= set(listed)

    for sample in listed.values():
        assert all(sample[name] for name in ("kind", "task", "licence", "expectation", "source"))

    assert cli.main(["samples"]) == 0
    assert "Amount (regression)" in capsys.readouterr().out


def test_doctor_says_what_is_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["missing_packages"] == []
    assert facts["device"]["reason"]
    assert cli.main(["doctor"]) == 0
    assert "Device:" in capsys.readouterr().out


# --- without a display


def test_without_a_display_the_digits_are_trained_and_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import app.headless
    from app.engine.experiment.experiment import Experiment

    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)

    monkeypatch.setattr(sys, "platform", "linux")
    short = Experiment.model_validate(
        {
            "name": "digits demo",
            "data": {"source": "sample:digits"},
            "model": {"template": "cnn", "width": 4},
            "training": {"epochs": 1, "batch_size": 256, "threads": 1},
        }
    )

    monkeypatch.setattr(app.headless, "Experiment", lambda **_: short)
    assert cli.main([]) == 0
    out = capsys.readouterr().out
    (run,) = list_runs(default_folder())
    picture = run.path / "curves.png"
    assert "no display" in out
    assert str(picture) in out

    with Image.open(picture) as curves:
        assert curves.size[0] > curves.size[1] >= 480
        assert len(curves.convert("RGB").getcolors(1 << 24) or []) > 50

    assert cli.main(["open", str(run.path)]) == 1
    assert "no display" in capsys.readouterr().err


# --- failures and start


def test_an_unexpected_failure_is_one_sentence_with_its_details_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import app.engine.diagnosis

    def fail() -> None:
        raise RuntimeError("a pipe burst")

    monkeypatch.setattr(app.engine.diagnosis, "diagnose", fail)
    assert cli.main(["doctor"]) == 1
    err = capsys.readouterr().err
    assert len(err.strip().splitlines()) == 1
    assert "a pipe burst" in err
    assert "Traceback" in Path(err.strip().rpartition("Details: ")[2]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["samples"], ["train", "--help"], ["describe", "PLACE"]],
)
def test_these_start_without_torch_and_qt(workspace: Path, arguments: list[str]) -> None:
    arguments = [
        str(workspace / "pictures") if argument == "PLACE" else argument for argument in arguments
    ]
    code = (
        f"import sys; from app.cli import main; code = main({arguments!r})\n"
        "sys.exit(code or ('torch' in sys.modules) or ('PySide6' in sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_module_the_folder_and_the_command_are_the_same(tmp_path: Path) -> None:
    assert process("--version").stdout.startswith("netwright, version")
    folder = subprocess.run(
        [sys.executable, str(ROOT / "app"), "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert folder.stdout.startswith("netwright, version")
    if command := shutil.which("netwright", path=str(Path(sys.executable).parent)):
        predictions = subprocess.run(
            [command, "--version"], cwd=tmp_path, capture_output=True, text=True
        )
        assert predictions.stdout == folder.stdout


def test_names_that_a_terminal_cannot_show_end_nothing(workspace: Path) -> None:
    done = process(
        "describe",
        str(workspace / "pictures"),
        PYTHONIOENCODING="ascii",
        LC_ALL="C",
        PYTHONUTF8="0",
    )
    assert done.returncode == 0
    assert "2 classes" in done.stdout


def test_settings_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["settings"]) == 0
    everything = capsys.readouterr().out
    assert "[data]" in everything and '[optimizer]  kind = "adamw"' in everything

    assert cli.main(["settings", "huber"]) == 0
    section = capsys.readouterr().out
    assert (
        section.startswith('[loss]  kind = "huber"')
        and "delta = 1" in section
        and "[data]" not in section
    )

    assert cli.main(["settings", "training", "--json"]) == 0
    (section,) = json.loads(capsys.readouterr().out)["sections"]
    assert section["section"] == "training"
    assert "batch_size" in {setting["name"] for setting in section["settings"]}

    assert cli.main(["settings", "nothing"]) == 1
    assert "There is no section 'nothing'. Name one of: data" in capsys.readouterr().err


def test_settings_without_a_template_belong_to_the_one_that_the_data_get(tmp_path: Path) -> None:
    rows = [f"{row % 7},{row % 5}.5,{'ab'[row % 2]}" for row in range(60)]
    (tmp_path / "rows.csv").write_text("\n".join(["x,y,class", *rows]) + "\n", encoding="utf-8")
    path = tmp_path / "rows.toml"
    path.write_text('[data]\nsource = "rows.csv"\n[training]\nepochs = 1\n', encoding="utf-8")

    changes = ["--set", "model.width=8", "--set", "optimizer.learning_rate=0.01"]
    run = tmp_path / "run"
    assert cli.main(["train", str(path), *changes, "--run-dir", str(run), "--json"]) == 0
    experiment = Run(run).experiment()
    assert experiment.model is not None and experiment.optimizer is not None
    assert (experiment.model.kind, experiment.model.model_dump()["width"]) == ("mlp", 8)
    assert experiment.optimizer.learning_rate == 0.01


def test_settings_without_a_template_of_data_that_are_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.toml"
    path.write_text('[data]\nsource = "rows.csv"\n', encoding="utf-8")
    run = tmp_path / "run"
    status = cli.main(["train", str(path), "--set", "model.width=8", "--run-dir", str(run)])
    assert status == 1 and "rows.csv" in capsys.readouterr().err
    assert not run.exists(), "no run of a training that could not begin"
