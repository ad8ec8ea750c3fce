"""A Dockerfile and a SkyPilot file of a run: what stands in them is what the run needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from app import cli
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.remote import recipe
from app.engine.remote.recipe import Recipe
from tests.engine.training import small

if TYPE_CHECKING:
    from pathlib import Path


def written(tmp_path: Path, wanted: Recipe, **sections: dict) -> tuple[str, dict, Path]:
    """Returns the Dockerfile, what the SkyPilot file says, and the folder."""
    requested = small.experiment(small.pictures(tmp_path / "my pictures.npz"), **sections)
    folder = tmp_path / "recipe"
    recipe.write(requested, folder, wanted)
    plan = yaml.safe_load((folder / "skypilot.yaml").read_text())
    return (folder / "Dockerfile").read_text(), plan, folder


def test_the_files_name_data_program_and_command(tmp_path: Path) -> None:
    dockerfile, plan, folder = written(tmp_path, Recipe())
    source = tmp_path / "my pictures.npz"
    sent = toml_file.read(folder / "experiment.toml")
    assert sent.data.source == "/data/my pictures.npz"
    assert f"'{source}:/data/my pictures.npz:ro'" in dockerfile
    assert plan["file_mounts"] == {"/data/my pictures.npz": str(source)}
    assert plan["resources"] == {"cpus": "4+"} and plan["num_nodes"] == 1
    assert "--torch-backend=cpu /program" in dockerfile
    assert (folder / "program" / "app" / "cli.py").exists()
    assert (folder / "program" / "pyproject.toml").exists()
    assert plan["name"] == "small"

    command = re.search(r'CMD \["netwright", (.*)\]', dockerfile)
    assert command is not None and "--processes" not in command.group(1)


def test_gpus_and_machines_become_processes(tmp_path: Path) -> None:
    dockerfile, plan, _ = written(tmp_path, Recipe(gpus=4, gpu="H100", machines=2))
    assert '"--processes", "4"' in dockerfile and "--gpus all" in dockerfile
    assert plan["resources"] == {"accelerators": "H100:4"} and plan["num_nodes"] == 2
    assert "torchrun --nnodes $SKYPILOT_NUM_NODES" in plan["run"]
    assert "--nproc-per-node 4 -m app train experiment.toml" in plan["run"]


@pytest.mark.parametrize("name", ["a: b # c", "Ünïcode 网络", "--", "two\nlines"])
def test_any_name_makes_files_that_can_be_read(tmp_path: Path, name: str) -> None:
    requested = small.experiment(small.pictures(tmp_path / f"x{len(name)}.npz"))
    folder = tmp_path / "recipe"
    recipe.write(requested.replace(name=name), folder, Recipe())
    plan = yaml.safe_load((folder / "skypilot.yaml").read_text())
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", plan["name"])
    instructions = [
        line
        for line in (folder / "Dockerfile").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert instructions[0].startswith("FROM ")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    requested = small.experiment(small.pictures(tmp_path / "p.npz"))
    with pytest.raises(UserError, match="is not empty"):
        recipe.write(requested, tmp_path, Recipe())


def test_what_is_no_new_folder_is_left_alone_too(tmp_path: Path) -> None:
    requested = small.experiment(small.pictures(tmp_path / "p.npz"))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        recipe.write(requested, tmp_path / "file", Recipe())


@pytest.mark.parametrize(
    ("section", "field", "sentence"),
    [
        ("data", "revision", "A revision of the data is not taken"),
        ("training", "start_from", "cannot start from the weights of a run here"),
    ],
)
def test_files_of_this_computer_do_not_go_into_a_recipe(
    section: str, field: str, sentence: str, tmp_path: Path
) -> None:
    source = small.pictures(tmp_path / "p.npz")
    requested = small.experiment(source, **{section: {field: str(tmp_path / "own")}})
    with pytest.raises(UserError, match=sentence):
        recipe.write(requested, tmp_path / "recipe", Recipe())
    assert not (tmp_path / "recipe").exists()


def test_the_command_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "e.toml"
    requested = small.experiment(small.pictures(tmp_path / "p.npz"))
    path.write_bytes(toml_file.dumps(requested).encode())
    assert cli.main(["recipe", str(path), "--out", str(tmp_path / "out"), "--gpus", "2"]) == 0
    assert str(tmp_path / "out" / "Dockerfile") in capsys.readouterr().out
    assert cli.main(["recipe", str(path), "--out", str(tmp_path / "o"), "--gpu", "a b"]) == 2
