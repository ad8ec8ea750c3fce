"""One part is left out at a time, and nothing else changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.differences import differences
from app.engine.experiment.resolve import resolve
from app.engine.experiment.toml_file import parse, to_plain
from app.engine.studies.ablation import ablation, chosen_parts, parts_of
from app.engine.studies.study import description_of, identity
from models.own_network import OwnNetwork
from tests.engine.detached.following import trained_here
from tests.engine.training import small

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.run import Run
    from app.engine.studies.ablation import Part


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Returns a run with every part that can be left out."""
    folder = tmp_path_factory.mktemp("parts")
    chosen = small.experiment(
        small.pictures(folder / "p.npz"),
        optimizer={"kind": "adamw", "weight_decay": 0.05},
        loss={"kind": "cross-entropy", "label_smoothing": 0.1},
        training={"epochs": 1, "gradient_clip": 1.0, "seed": 4},
    )
    return trained_here(chosen, folder)


def changed_settings(run: Run, part: Part) -> set[str]:
    """Returns the settings that differ, once all of them are filled in."""
    description = description_of(run)
    plain = [to_plain(resolve(each, description)) for each in (run.experiment(), part.without)]
    return {f"{row.section}.{row.name}" for row in differences(plain)}


def test_every_setting_is_a_part_of_its_own(trained: Run) -> None:
    parts = {part.key: part for part in parts_of(trained)}
    settings = [key for key, part in parts.items() if not part.is_block]
    assert settings == [
        "augmentation",
        "schedule",
        "weight-decay",
        "label-smoothing",
        "clipping",
        "dropout",
    ]
    assert changed_settings(trained, parts["weight-decay"]) == {"optimizer.weight_decay"}
    assert changed_settings(trained, parts["label-smoothing"]) == {"loss.label_smoothing"}
    assert changed_settings(trained, parts["clipping"]) == {"training.gradient_clip"}
    assert changed_settings(trained, parts["dropout"]) == {"model.dropout"}
    augmentation = changed_settings(trained, parts["augmentation"])
    assert augmentation and all(name.startswith("augmentation.") for name in augmentation)
    schedule = changed_settings(trained, parts["schedule"])
    assert "schedule.kind" in schedule
    assert all(name.startswith("schedule.") for name in schedule)


def test_a_block_that_keeps_the_shape_can_go_and_all_else_stays(trained: Run) -> None:
    blocks = [part for part in parts_of(trained) if part.is_block]
    assert blocks
    description = description_of(trained)
    whole = resolve(trained.experiment(), description)
    for part in blocks:
        resolved = resolve(part.without, description)
        assert isinstance(resolved.model, OwnNetwork)
        names = {node.name for node in resolved.model.blocks.nodes}
        assert f"block {next(iter({n.name for n in graph_nodes(whole, description)} - names))}" == (
            part.key
        )
        for section in ("loss", "optimizer", "schedule", "training", "augmentation", "data"):
            assert getattr(resolved, section) == getattr(whole, section), section


def graph_nodes(resolved: object, description: object) -> tuple:
    return resolved.model.graph(resolved.problem(description)).nodes


def test_a_study_of_parts_survives_its_way_through_a_file(trained: Run) -> None:
    parts = parts_of(trained)
    study = ablation(trained, parts, 2)
    assert study.seeds == (4, 5)
    assert study.members[0].name == "As it is"
    assert study.members[1].name == "Without augmentation"
    texts = set()
    for member in study.members:
        experiment = member.with_seed(5)
        again = parse(toml_file.dumps(experiment).encode(), trained.path)
        assert identity(again) == identity(experiment)
        texts.add(identity(experiment))

    assert len(texts) == len(study.members)
    assert study.members[1].with_seed(5).name == "small, without augmentation, seed 5"


def test_parts_are_chosen_by_name(trained: Run) -> None:
    parts = parts_of(trained)
    assert all(not part.is_block for part in chosen_parts(parts, ()))
    block = next(part.key for part in parts if part.is_block)
    assert [part.key for part in chosen_parts(parts, (block, "dropout", block))] == [
        block,
        "dropout",
    ]
    with pytest.raises(UserError, match="Did you mean 'augmentation'"):
        chosen_parts(parts, ("augmentations",))


def test_a_network_without_a_block_trains(trained: Run, tmp_path: Path) -> None:
    block = next(part for part in parts_of(trained) if part.is_block)
    run = trained_here(block.without, tmp_path)
    assert run.summary()["parameters"] is not None
