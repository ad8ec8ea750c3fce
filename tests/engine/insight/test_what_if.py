"""What if a part were missing: every network that is offered, and what comes of its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from app.engine.errors import UserError
from app.engine.insight.changed_weights import changed_weights
from app.engine.insight.part_change import PartChange
from app.engine.insight.what_if import WhatIf
from app.engine.results.predictor import Predictor
from app.engine.runs.weights_file import read_weights_file
from tests.engine import tiny
from tests.engine.explain import networks

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.runs.run import Run

NETWORKS = list({combination[1:3]: combination for combination in tiny.combinations()}.values())
"""Every template with every kind of data that it reads; the task changes nothing here."""


@pytest.mark.parametrize("combination", NETWORKS, ids=str)
def test_a_muted_unit_of_each_block_gives_nothing_and_comes_back(
    combination: tiny.Combination,
) -> None:
    what_if = WhatIf(networks.predictor(combination))
    stored = networks.stored(combination)
    before = what_if.look(stored, "", ())
    last = what_if.predictor.network.graph.nodes[-1].name
    for block, output in before.items():
        parts = what_if.parts(block, output.units)
        if not parts.units:
            assert block in ("input", "other")
            continue

        muted = what_if.look(stored, "", (PartChange(block, "unit", 0),))
        assert muted[block].dead >= 1, block
        if parts.heads:
            without = what_if.look(stored, "", (PartChange(block, "head", 0),))
            assert without[block].mean != output.mean, block

    again = what_if.look(stored, last, ())
    assert (again[last].mean, again[last].dead) == (before[last].mean, before[last].dead)


def test_a_factor_scales_the_unit_and_all_that_follows_from_it() -> None:
    combination = networks.combination("classification", "image", "cnn")
    what_if = WhatIf(networks.predictor(combination))
    stored = networks.stored(combination)
    block = what_if.predictor.network.graph.nodes[-1].name
    plain = np.asarray(what_if.look(stored, block, ())[block].large[0].values)
    twice = np.asarray(
        what_if.look(stored, block, (PartChange(block, "unit", 1, 2.0),))[block].large[0].values
    )
    assert twice == pytest.approx(plain * np.array([1, 2, 1]), rel=1e-5)


def test_a_head_without_its_columns_of_the_projection_is_a_muted_one() -> None:
    combination = networks.combination("classification", "image", "vit")
    predictor = networks.predictor(combination)
    what_if = WhatIf(predictor)
    stored = networks.stored(combination)
    block = next(n.name for n in predictor.network.graph.nodes if n.kind == "transformer")
    muted = what_if.look(stored, "", (PartChange(block, "head", 1),))

    projection = predictor.network.blocks[block].attention.output
    width = projection.weight.shape[1] // 2
    with torch.no_grad():
        projection.weight[:, width:] = 0.0

    assert muted[block].mean == pytest.approx(what_if.look(stored, "", ())[block].mean, rel=1e-5)


def test_the_figure_before_is_that_of_the_evaluation_and_the_weights_stay(
    kept_run: Run, dataset: Dataset
) -> None:
    predictor = Predictor.load(kept_run)
    weights = {name: tensor.clone() for name, tensor in predictor.network.state_dict().items()}
    what_if = WhatIf(predictor)
    expected = predictor.evaluate(dataset, split="validation").metrics["accuracy"]
    last = predictor.network.graph.nodes[-1].name
    every = tuple(PartChange(last, "unit", number) for number in range(3))
    effect = what_if.effect(dataset, "validation", every)
    labels = dataset.targets[dataset.indices["validation"]]
    assert effect.before == pytest.approx(expected)
    assert effect.after == pytest.approx((labels == 0).mean()), "all answers are alike: the first"
    assert (effect.metric, effect.split) == ("accuracy", "validation")
    assert effect.examples == effect.total == len(labels)
    assert what_if.effect(dataset, "test", ()).before == what_if.effect(dataset, "test", ()).after

    now = predictor.network.state_dict()
    assert all(torch.equal(now[name], tensor) for name, tensor in weights.items())


def test_of_many_examples_the_same_part_is_judged_before_and_after(
    kept_run: Run, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.engine.insight.what_if.MOST_EXAMPLES", 4)
    effect = WhatIf(Predictor.load(kept_run)).effect(dataset, "validation", ())
    assert effect.examples == 4 < effect.total
    assert effect.before == effect.after


def test_parts_that_are_not_there_are_said(kept_run: Run, dataset: Dataset) -> None:
    what_if = WhatIf(Predictor.load(kept_run))
    array = dataset.arrays[0][0]
    for change, words in (
        (PartChange("conv9", "unit", 0), "There is no block 'conv9'"),
        (PartChange("conv1", "head", 0), "'conv1' has no head 1"),
        (PartChange("conv1", "unit", 99), "'conv1' has no unit 100"),
    ):
        with pytest.raises(UserError, match=words):
            what_if.look((array,), "", (change,))

    assert what_if.look((array,), "", ()), "no hook is left behind"
    with pytest.raises(UserError, match="no training-2 examples"):
        what_if.effect(dataset, "training-2", ())


def test_it_says_what_makes_a_part(kept_run: Run) -> None:
    what_if = WhatIf(Predictor.load(kept_run))
    network = what_if.predictor.network
    weights = sum(weight.numel() for weight in network.blocks["conv1"].parameters())
    units = next(network.blocks["conv1"].parameters()).shape[0]
    parts = what_if.parts("conv1", units)
    assert (parts.units, parts.heads) == (units, 0)
    assert parts.weights("unit") * units == weights
    assert what_if.parts("input", 1).units == 0


def test_changes_are_written_as_weights_where_weights_can_hold_them(
    kept_run: Run, dataset: Dataset, tmp_path: Path
) -> None:
    predictor = Predictor.load(kept_run)
    what_if = WhatIf(predictor)
    stored = (dataset.arrays[0][0],)
    changes = (PartChange("conv1", "unit", 1), PartChange("conv2", "unit", 0, 1.5))
    file = tmp_path / "changed.safetensors"
    file.write_bytes(changed_weights(what_if, changes, stored))
    tensors = read_weights_file(file).by_block()
    with what_if.changed(changes):
        expected = predictor.logits(dataset.arrays[0][:5])

    assert not np.allclose(predictor.logits(dataset.arrays[0][:5]), expected, atol=1e-3)
    predictor.network.load_state_dict(tensors)
    assert np.allclose(predictor.logits(dataset.arrays[0][:5]), expected, atol=1e-4)

    pool = next(n.name for n in predictor.network.graph.nodes if "pool" in n.kind)
    with pytest.raises(UserError, match="cannot be written as weights"):
        changed_weights(WhatIf(predictor), (PartChange(pool, "unit", 0),), stored)
