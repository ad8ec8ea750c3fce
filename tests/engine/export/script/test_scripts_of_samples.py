"""Every task with its default template on built-in data: the whole training, bit for bit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app import cli

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

EXPERIMENTS = {
    "pictures": '[data]\nsource = "sample:shapes"\n',
    "numbers and categories": '[data]\nsource = "sample:penguins"\n',
    "yes or no": '[data]\nsource = "sample:breast-cancer"\n',
    "an amount": '[data]\nsource = "sample:diabetes"\n',
    "texts": '[data]\nsource = "sample:glosses"\n',
    "signals": '[data]\nsource = "sample:signals"\n',
    "pairs": '[data]\nsource = "sample:emoji"\n',
    "similar things": '[data]\nsource = "sample:digits"\ntask = "metric-learning"\n',
    "restored pictures": '[data]\nsource = "sample:digits"\ntask = "reconstruction"\n',
    "restored rows": '[data]\nsource = "sample:wine"\ntask = "reconstruction"\n',
    "transformer": '[data]\nsource = "sample:shapes"\n[model]\ntemplate = "vit"\ndepth = 2\n',
    "residual": '[data]\nsource = "sample:digits"\n[model]\ntemplate = "resnet"\n',
    "a long text": '[data]\nsource = "book.txt"\n[model]\ntemplate = "gpt"\nwidth = 32\n',
}


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_the_whole_training_is_repeated(
    name: str, precision: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    squares = (f"{number} is a number and {number**2} is its square." for number in range(3000))
    (tmp_path / "book.txt").write_text(" ".join(squares), encoding="utf-8")
    experiment = tmp_path / "experiment.toml"
    settings = f'[training]\nepochs = 1\nthreads = 2\nprecision = "{precision}"\n'
    experiment.write_text(EXPERIMENTS[name] + settings, encoding="utf-8")

    run, out = tmp_path / "run", tmp_path / "again.py"
    assert cli.main(["train", str(experiment), "--run-dir", str(run)]) == 0
    command = ["export", str(run), "--format", "python", "--out", str(out), "--whole", "--json"]
    assert cli.main(command) == 0
    checked = json.loads(capsys.readouterr().out.splitlines()[-1])["checked"]
    assert checked["steps_same"] == checked["steps"] and checked["weights_same"] is True
    assert (checked["changed"], checked["max_difference"]) == (0, 0.0)
