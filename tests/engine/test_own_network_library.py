"""Networks that are kept under names: whole in a file, refused in a sentence, removed gently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.own_network_library import (
    check_network_name,
    keep_network,
    read_networks,
    remove_network,
)
from models.graph import Graph, Node
from models.groups import group
from models.own_network import OwnNetwork
from models.template import TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = Graph(
    (
        Node("conv1", "convolution", {"channels": 8}),
        Node("bend", "activation"),
        Node("sum", "add", {}, ("bend", "conv1")),
        Node("pool", "global-pooling"),
        Node("answer", "output", {"outputs": 10}),
    )
)


def network(graph: Graph = PLAIN) -> OwnNetwork:
    return OwnNetwork(blocks=graph, origin=TEMPLATES.get("cnn")())


def test_what_is_kept_is_read_as_it_was(tmp_path: Path) -> None:
    grouped = network(group(PLAIN, ("conv1", "bend", "sum"), "stage", [])[0])
    keep_network("plain", network(), tmp_path)
    keep_network("of groups", grouped, tmp_path)
    kept = read_networks(tmp_path)
    assert kept.networks == {"of groups": grouped, "plain": network()}
    assert kept.problems == ()
    assert toml_file.read(tmp_path / "plain.toml").model == network(), "an experiment like any"


def test_another_of_the_name_takes_its_place(tmp_path: Path) -> None:
    keep_network("mine", network(), tmp_path)
    other = network(Graph(PLAIN.nodes[:1]))
    keep_network(" mine ", other, tmp_path)
    assert read_networks(tmp_path).networks == {"mine": other}


def test_what_is_removed_is_gone_and_its_file_is_beside(tmp_path: Path) -> None:
    keep_network("mine", network(), tmp_path)
    remove_network("mine", tmp_path)
    remove_network("mine", tmp_path)
    assert read_networks(tmp_path).networks == {}
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml.removed"]


@pytest.mark.parametrize("name", ("", "  ", "a/b", "..", ".hidden", "x" * 41, "a\nb", "a:b", "-x"))
def test_names_that_no_file_can_have_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError):
        keep_network(name, network(), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ("mine", "Netz für Ziffern 2", "v1.2-b_c+d"))
def test_names_of_people_are_taken(name: str) -> None:
    assert check_network_name(f" {name} ") == name


def test_a_file_that_cannot_be_used_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    keep_network("good", network(), tmp_path)
    (tmp_path / "bad.toml").write_text("[model]\nblocks = [{}]", encoding="utf-8")
    (tmp_path / "template.toml").write_text('[model]\ntemplate = "cnn"', encoding="utf-8")
    kept = read_networks(tmp_path)
    assert list(kept.networks) == ["good"] and len(kept.problems) == 2
    assert "'template.toml' holds no network of one's own" in kept.problems[1]


def test_no_folder_is_an_empty_library(tmp_path: Path) -> None:
    assert read_networks(tmp_path / "none").networks == {}
