"""Odd names through every command: nothing reaches a terminal, a table or JSON but text."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app import cli
from app.engine.experiment import toml_file
from tests.odd_names import FOR_FILES, ODD, require_safe_cells, require_visible, strict_json
from tests.odd_names import write_table as write_odd_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., str]

FOLDER = "mine <b>x \x1b[31m" if os.name != "nt" else "mine"
TABLE = "=a&b \x1b[31m\u202e.csv" if os.name != "nt" else "=a&b.csv"

LITTLE = {"epochs": 1, "batch_size": 16, "threads": 1, "device": "cpu"}


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Command:
    """command(*arguments, code=0) -> what it printed, after a look at every letter of it.

    code: the exit code that is asked for. With --json the last line of standard output must be one
    strict object.
    """

    def run(*arguments: object, code: int | None = 0) -> str:
        capfd.readouterr()
        texts = [str(argument) for argument in arguments]
        assert cli.main(texts) == code

        out, err = capfd.readouterr()
        require_visible(out)
        require_visible(err)
        assert "Traceback" not in out + err and "unexpected" not in err
        if "--json" in texts and out:
            strict_json(out)

        return err + out

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Returns an empty folder with an odd name, where the system takes one."""
    path = tmp_path / FOLDER
    path.mkdir()
    return path


def write_experiment(path: Path, source: Path, name: str, model: dict[str, object]) -> Path:
    experiment = toml_file.from_plain(
        {"name": name, "data": {"source": str(source)}, "model": model, "training": LITTLE}
    )
    path.write_text(toml_file.dumps(experiment), encoding="utf-8")
    return path


def test_a_table_with_odd_names(command: Command, folder: Path) -> None:
    table = write_odd_table(folder / TABLE)
    assert "forged: 100 %\n" not in command("describe", table)
    facts = strict_json(command("describe", table, "--json"))
    assert set(facts["classes"]) >= {"<b>bold6<img src=x>", "=1+1 sum9", "inf", "CON"}

    model = {"template": "mlp", "width": 4, "depth": 1}
    file = write_experiment(folder / "of \x1b[31m.toml", table, ODD[0] + ODD[5], model)
    run = folder / "run"
    command("train", file, "--run-dir", run)
    command("train", file, "--run-dir", folder / "again", "--json")
    command("evaluate", run)
    command("evaluate", run, "--json")
    command("evaluate", run, "--data", table)
    command("resume", run, "--epochs", "2", "--json")
    command("predict", run, table)
    command("predict", run, table, "--json")

    out = folder / "answers.csv"
    command("predict", run, table, "--out", out)
    require_safe_cells(out)

    copy = folder / "named [red]x[/red] \x1b[31m"
    shutil.copytree(run, copy)
    (copy / "note.txt").write_text("".join(ODD), encoding="utf-8")
    command("evaluate", copy)


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be there")
def test_folders_and_files_with_odd_names(command: Command, folder: Path) -> None:
    random = np.random.default_rng(0)
    data = folder / "pictures"
    for name in FOR_FILES:
        (data / name).mkdir(parents=True)
        for other in FOR_FILES[:8]:
            pixels = random.integers(0, 255, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(data / name / f"{other}.png")

        (data / name / f"damaged {name}.png").write_bytes(b"no picture")

    facts = strict_json(command("describe", data, "--json"))
    assert len(facts["classes"]) == len(FOR_FILES)
    command("describe", data)

    model = {"template": "cnn", "width": 4}
    file = write_experiment(folder / "pictures.toml", data, ODD[2], model)
    run = folder / ("run " + ODD[11].replace("/", " "))
    command("train", file, "--run-dir", run)
    command("evaluate", run, "--data", data, "--json")
    command("evaluate", run, "--data", data)
    picture = data / FOR_FILES[0] / f"{FOR_FILES[2]}.png"
    damaged = data / FOR_FILES[0] / f"damaged {FOR_FILES[0]}.png"
    for option in ((), ("--json",)):
        command("predict", run, picture, *option)
        command("predict", run, picture, damaged, *option, code=1)

    out = folder / "=answers.csv"
    command("predict", run, picture, "--out", out)
    require_safe_cells(out)


def test_a_written_text_is_text(command: Command, folder: Path) -> None:
    """A network that read a terminal's codes writes them, and a prompt may have them."""
    text = folder / "codes.txt"
    text.write_text("\x1b[31mred\x1b[0m and so on\n" * 400, encoding="utf-8")
    model = {"template": "gpt", "width": 16, "depth": 1}
    file = write_experiment(folder / "text.toml", text, ODD[0], model)
    run = folder / "run"
    command("train", file, "--run-dir", run)

    said = command("predict", run, "--prompt", "\x1b[31m", "--tokens", "40")
    assert said.startswith("\\x1b[31m")
    told = command("predict", run, "--prompt", "\x1b[31m\x9b", "--tokens", "5", "--json")
    assert strict_json(told)["prompt"] == "\x1b[31m\x9b"


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_an_odd_name_of_nothing(command: Command, folder: Path, name: str) -> None:
    """What is not there is named in one sentence, whatever it is called."""
    file = folder / "experiment.toml"
    for arguments in (
        ("describe", f"./{name}"),
        ("train", f"./{name}.toml"),
        ("evaluate", f"./{name}"),
        ("resume", f"./{name}"),
        ("predict", f"./{name}", "x"),
        ("open", f"./{name}"),
        ("settings", f" {name}"),
    ):
        said = command(*arguments, code=1)
        assert len(said.strip().splitlines()) == 1

    write_experiment(file, folder / name, name, {"template": "mlp"})
    command("train", file, "--run-dir", folder / "run", code=1)
    command("train", file, "--set", f"data.{name}=1", code=2)
    command("train", file, "--set", f"model.template={name}", code=2)
    command(f" {name}", code=2)


@pytest.mark.parametrize("name", ("samples", "settings", "doctor"))
def test_commands_without_names_print_text_too(command: Command, name: str) -> None:
    command(name)
    command(name, "--json")
