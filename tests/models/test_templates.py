"""What every template for pictures promises; test_every_template is about all templates."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from models.graph import Graph, GraphError
from models.network import Network, place_blocks
from models.spec import settings
from models.template import TEMPLATES, Template
from tests.models.networks import network_of, picture_problem

PICTURES = [kind for kind in TEMPLATES.all() if not kind.unfit(picture_problem(1, 28, 28))]
EVERY = pytest.mark.parametrize("kind", PICTURES, ids=lambda kind: kind.kind)
SIZES = (
    (1, 4, 4),
    (1, 8, 8),
    (3, 12, 30),
    (1, 28, 28),
    (3, 32, 32),
    (3, 64, 64),
    (3, 33, 65),
    (1, 8, 64),
)
LARGE = ((3, 96, 96), (3, 128, 128), (3, 224, 224), (1, 224, 224), (3, 16, 224), (3, 224, 100))


def test_the_templates_for_pictures_are_there() -> None:
    assert [kind.kind for kind in PICTURES] == ["cnn", "resnet", "convnext", "vit", "mlp"]


def test_an_mlp_sees_every_pixel_of_a_picture_and_averages_large_ones() -> None:
    mlp = TEMPLATES.get("mlp")(width=128)
    digits = picture_problem(1, 28, 28)
    network = network_of(mlp, digits)
    parameters = (28 * 28 + 1) * 128 + (128 + 1) * 128 + (128 + 1) * 5
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters

    photo = picture_problem(3, 224, 224)
    blocks = list(place_blocks(mlp.resolved(photo).graph(photo), photo))
    assert [block.shape for block in blocks[:2]] == [(3, 56, 56), (3 * 56 * 56,)]


@EVERY
@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_it_answers_and_learns_at_every_size_with_any_batch(
    kind: type[Template], shape: tuple[int, ...]
) -> None:
    network = network_of(kind(), picture_problem(*shape)).train()
    for batch in (1, 2):
        network.zero_grad()
        answers = network(torch.randn(batch, *shape))
        assert answers.shape == (batch, 5)
        functional.cross_entropy(answers, torch.arange(batch)).backward()

        for name, parameter in network.named_parameters():
            assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name

    moved = [
        name for name, parameter in network.named_parameters() if parameter.grad.abs().max() > 0
    ]
    assert len(moved) > 0.9 * len(list(network.parameters()))


@EVERY
@pytest.mark.parametrize("shape", LARGE, ids=str)
def test_large_pictures_do_not_explode(kind: type[Template], shape: tuple[int, ...]) -> None:
    problem = picture_problem(*shape)
    blocks = list(place_blocks(kind().resolved(problem).graph(problem), problem))
    numbers = max(math.prod(block.shape) for block in blocks)
    assert numbers <= 64 * 64 * 96
    assert max((block.shape[0] for block in blocks if len(block.shape) == 2), default=0) <= 256

    with torch.device("meta"):
        network = Network(kind().resolved(problem).graph(problem), problem)
        with FlopCounterMode(display=False) as work:
            assert network.eval()(torch.empty(1, *shape)).shape == (1, 5)

    assert work.get_total_flops() / 2 < 250e6
    assert sum(parameter.numel() for parameter in network.parameters()) < 3_000_000


@EVERY
def test_a_small_picture_gets_a_small_network(kind: type[Template]) -> None:
    def multiply_adds(*shape: int) -> int:
        with torch.device("meta"), FlopCounterMode(display=False) as work:
            problem = picture_problem(*shape)
            network = Network(kind().resolved(problem).graph(problem), problem)
            network.eval()(torch.empty(1, *shape))

        return work.get_total_flops() // 2

    assert multiply_adds(1, 8, 8) < multiply_adds(1, 28, 28) / 2 < multiply_adds(3, 224, 224) / 4
    network = network_of(kind(), picture_problem(1, 28, 28))
    assert sum(parameter.numel() for parameter in network.parameters()) < 1_500_000


@EVERY
def test_one_number_suffices_for_yes_or_no(kind: type[Template]) -> None:
    problem = picture_problem(3, 16, 16, outputs=1)
    assert network_of(kind(), problem)(torch.randn(3, 3, 16, 16)).shape == (3, 1)


@EVERY
def test_its_graph_survives_plain_data(kind: type[Template]) -> None:
    problem = picture_problem(3, 28, 28)
    graph = kind().resolved(problem).graph(problem)
    assert Graph.from_plain(json.loads(json.dumps(graph.to_plain()))) == graph


@EVERY
def test_what_is_chosen_is_kept_and_what_is_open_is_filled_in(kind: type[Template]) -> None:
    problem = picture_problem(1, 28, 28)
    resolved = kind().resolved(problem)
    assert all(getattr(resolved, name) is not None for name in kind.model_fields)
    assert resolved.resolved(picture_problem(3, 224, 224)) == resolved
    assert kind(depth=1).resolved(problem).model_dump()["depth"] == 1


@EVERY
def test_few_settings_are_in_view(kind: type[Template]) -> None:
    assert len([item for item in settings(kind) if not item.advanced]) <= 5
    assert all(item.label and item.help.endswith((".", ")")) for item in settings(kind))


@EVERY
@pytest.mark.parametrize("examples", (1, 60, 300, 1_400, 5_000, 57_000, 2_000_000))
def test_its_recipe_suits_the_number_of_examples(kind: type[Template], examples: int) -> None:
    recipe = kind.recipe(picture_problem(1, 28, 28, examples=examples))
    training = recipe["training"]
    steps = training["epochs"] * max(1, examples // training["batch_size"])
    assert 1 <= training["epochs"] <= 100 and 8 <= training["batch_size"] <= 128
    assert steps >= 1_000 or training["epochs"] == 100
    assert 0 < recipe["optimizer"]["learning_rate"] < 0.02


def test_the_number_of_epochs_on_fashion_mnist() -> None:
    problem = picture_problem(1, 28, 28, outputs=10, examples=57_000)
    epochs = {kind.kind: kind.recipe(problem)["training"]["epochs"] for kind in PICTURES}
    assert max(epochs[kind] for kind in ("cnn", "resnet", "convnext")) <= 12 and epochs["vit"] <= 15


IMPOSSIBLE: list[tuple[str, dict[str, Any], tuple[int, ...], str, str]] = [
    ("vit", {"heads": 5}, (1, 28, 28), "block1", "Choose 4 or 6 heads"),
    ("vit", {"patch_size": 32}, (1, 28, 28), "patches", "28 or less"),
    ("cnn", {"depth": 8}, (1, 28, 28), "pool5", "fewer blocks"),
    ("convnext", {"patch_size": 16}, (1, 8, 8), "stem", "8 or less"),
]


@pytest.mark.parametrize(
    ("kind", "chosen", "shape", "block", "remedy"), IMPOSSIBLE, ids=lambda value: str(value)
)
def test_an_impossible_setting_names_its_block_and_the_remedy(
    kind: str, chosen: dict[str, Any], shape: tuple[int, ...], block: str, remedy: str
) -> None:
    with pytest.raises(GraphError) as caught:
        network_of(TEMPLATES.get(kind)(**chosen), picture_problem(*shape))

    assert caught.value.node == block
    assert remedy in caught.value.remedy


@EVERY
def test_dropout_forgets_only_while_training(kind: type[Template]) -> None:
    network = network_of(kind(dropout=0.5), picture_problem(1, 16, 16))
    x = torch.randn(4, 1, 16, 16)
    network.eval()
    assert torch.equal(network(x), network(x))

    network.train()
    assert not torch.equal(network(x), network(x))


@EVERY
def test_it_learns_a_handful_of_pictures(kind: type[Template]) -> None:
    """The class is the corner of a bright square, and thirty steps suffice."""
    torch.manual_seed(0)
    targets = torch.arange(16) % 4

    x = 0.1 * torch.randn(16, 1, 8, 8)
    for row, target in enumerate(targets.tolist()):
        x[row, 0, 4 * (target // 2) :, 4 * (target % 2) :][:4, :4] += 1

    network = network_of(kind(), picture_problem(1, 8, 8, outputs=4)).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(30):
        optimizer.zero_grad()
        loss = functional.cross_entropy(network(x), targets)
        loss.backward()
        optimizer.step()

    assert loss.item() < 0.7
