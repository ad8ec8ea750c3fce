"""Arrays and tables on the command line: names that other programs rely on, and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import cli

CASES = Path(__file__).parent / "cases" / "npz"
SITE_FIRST = CASES / "site_first.npz"
COUNT = 60
NUMBERS = np.random.default_rng(5).normal(size=(COUNT, 2))

Say = Callable[..., tuple[int, Any]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command with --json, and returns its exit code and what it printed."""

    def run(*arguments: object) -> tuple[int, Any]:
        code = cli.main([*map(str, arguments), "--json"])
        printed = capsys.readouterr()
        return code, json.loads(printed.out) if printed.out else printed.err

    return run


def experiment(path: Path, source: Path, template: str) -> Path:
    path.write_text(
        f'netwright = 2\n[data]\nsource = "{source.as_posix()}"\n[model]\ntemplate = "{template}"\n'
        "width = 8\n[training]\nepochs = 1\nbatch_size = 16\nthreads = 1\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    rows = [f"{a},{b},{'up' if a > 0 else 'down'}" for a, b in NUMBERS]
    path.write_text("\n".join(["width,height,label", *rows]), encoding="utf-8")
    return path


def test_describe_says_which_array_was_taken_and_which_could_be(say: Say) -> None:
    code, facts = say("describe", SITE_FIRST)
    assert code == 0
    assert (facts["kind"], facts["task"]) == ("image", "classification")
    assert (facts["examples"], facts["classes"]) == (200, ["0", "1", "2"])
    assert facts["targets"] == ["diagnosis"]
    assert any(
        "'diagnosis'" in problem["text"] and "'site'" in problem["text"] and problem["level"]
        for problem in facts["problems"]
    )


def test_describe_says_what_every_column_and_every_left_out_row_is(say: Say, table: Path) -> None:
    with table.open("a", encoding="utf-8") as file:
        file.write("\n1,2\n1,2,")
    code, facts = say("describe", table)
    assert code == 0 and facts["kind"] == "row"
    assert [(item["name"], item["role"]) for item in facts["columns"]] == [
        ("width", "number"),
        ("height", "number"),
    ]
    assert facts["targets"] == ["label"]
    assert {"path", "reason", "ignored"} <= set(facts["skipped"][0])


@pytest.mark.parametrize(
    ("change", "classes"), [((), 3), (("--set", "data.target=site"), 5)], ids=["guess", "chosen"]
)
def test_an_array_is_chosen_and_holds_for_later_files(
    tmp_path: Path, say: Say, change: tuple[str, ...], classes: int
) -> None:
    run = tmp_path / "run"
    toml = experiment(tmp_path / "a.toml", SITE_FIRST, "cnn")
    assert say("train", toml, *change, "--run-dir", run)[0] == 0

    code, report = say("evaluate", run, "--data", SITE_FIRST)
    assert code == 0 and len(report["classes"]) == classes
    assert all(0 <= split["accuracy"] <= 1 for split in report["splits"].values())

    code, answers = say("predict", run, SITE_FIRST)
    assert code == 0 and len(answers["predictions"]) == 200


def test_a_choice_that_cannot_be_is_one_sentence_with_its_setting(tmp_path: Path) -> None:
    toml = experiment(tmp_path / "a.toml", SITE_FIRST, "cnn")
    assert cli.main(["train", str(toml), "--set", "data.target=sites"]) == 1


def test_one_file_that_cannot_be_read_does_not_end_the_rest(
    tmp_path: Path, say: Say, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert say("train", experiment(tmp_path / "a.toml", table, "mlp"), "--run-dir", run)[0] == 0

    renamed = tmp_path / "renamed.csv"
    renamed.write_text("width,heigth\n1,2\n", encoding="utf-8")
    code, answers = say("predict", run, renamed)
    assert code == 1
    assert "'height'" in answers["predictions"][0]["error"]
    assert "'heigth'" in answers["predictions"][0]["error"]

    good = tmp_path / "good.csv"
    good.write_text("height,width\n1,2\n3,4\n", encoding="utf-8")
    code, answers = say("predict", run, good, tmp_path / "none.csv", renamed, good)
    assert code == 1
    errors = ["error" in answer for answer in answers["predictions"]]
    assert errors == [False, False, True, True, False, False]
    assert cli.main(["predict", str(run), str(good)]) == 0
    assert "up" in capsys.readouterr().out


def test_one_array_file_without_the_array_does_not_end_the_rest(tmp_path: Path, say: Say) -> None:
    run = tmp_path / "run"
    toml = experiment(tmp_path / "a.toml", SITE_FIRST, "cnn")
    assert say("train", toml, "--run-dir", run)[0] == 0

    with np.load(SITE_FIRST) as arrays:
        np.savez(tmp_path / "renamed.npz", image=arrays["images"][:3])
        np.save(tmp_path / "new.npy", arrays["images"][:3])

    code, answers = say("predict", run, tmp_path / "renamed.npz", tmp_path / "new.npy")
    assert code == 1
    errors = [answer.get("error", "") for answer in answers["predictions"]]
    assert "no array 'images'; the nearest is 'image'" in errors[0]
    assert errors[1:] == ["", "", ""]
    assert say("evaluate", run, "--data", tmp_path / "renamed.npz")[0] == 1
