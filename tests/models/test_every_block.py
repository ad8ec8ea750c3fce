"""Every kind of block with several settings and inputs: what it says of itself is what is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from app.engine.compute.fake_tensors import fake_tensors
from models.memory.recomputing import recompute
from models.memory.without_memory import give_memory, without_memory
from models.network import initialise
from tests.models.blocks import ALL, Case, cases
from tests.models.networks import initialised
from tests.models.work import WorkMeter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import nn

    from models.layers.block import Block

EVERY = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.kind)


class RealTensors(TorchDispatchMode):
    """Counts the bytes of the tensors that are created outside the meta device."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Any = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        for value in tree_leaves(out):
            if isinstance(value, torch.Tensor) and not value.is_meta:
                self.bytes += value.untyped_storage().nbytes()

        return out


def built(case: Case) -> nn.Module:
    torch.manual_seed(0)
    return initialised(case.block.module(*case.shapes)).train()


@EVERY
def test_each_setting_is_tried(kind: type[Block]) -> None:
    """What the other tests walk over: every kind, with every setting changed."""
    tried = cases(kind)
    assert any(case.block == kind() for case in tried), "no input suits its defaults"
    for name in kind.model_fields:
        default = getattr(kind(), name)
        assert any(getattr(case.block, name) != default for case in tried), name


@EVERY
def test_the_shape_it_says_is_that_of_its_module(kind: type[Block]) -> None:
    for case in cases(kind):
        shape = case.block.shape(*case.shapes)
        output = built(case)(*case.inputs(2))
        assert tuple(output.shape) == (case.output_batch(2), *shape), case

        with torch.device("meta"):
            module = case.block.module(*case.shapes)
            assert module(*case.inputs(3, "meta")).shape[1:] == shape, case


@EVERY
def test_its_multiply_adds_are_those_that_are_counted(kind: type[Block]) -> None:
    for case in cases(kind, most=1):
        with fake_tensors():
            inputs = case.inputs(2)
            module = case.block.module(*case.shapes).eval()  # in training, members take turns
            with WorkMeter() as work:
                module(*inputs)

        assert case.block.multiply_adds(*case.shapes) == work.multiply_adds // 2, case


@EVERY
def test_on_the_meta_device_nothing_is_allocated(kind: type[Block]) -> None:
    for case in cases(kind, most=1):
        with RealTensors() as real, torch.device("meta"):
            module = case.block.module(*case.shapes)

        assert real.bytes == 0, case
        assert all(tensor.is_meta for tensor in (*module.parameters(), *module.buffers())), case


@EVERY
def test_every_weight_and_buffer_has_an_initial_value_that_follows_from_the_seed(
    kind: type[Block],
) -> None:
    for case in cases(kind, most=1):
        states = []
        for seed in (0, 0, 1):
            with without_memory():
                module = case.block.module(*case.shapes)

            give_memory(module)
            for tensor in (*module.parameters(), *module.buffers()):
                tensor.detach().fill_(float("nan") if tensor.is_floating_point() else -1)

            initialise(module, torch.Generator().manual_seed(seed))
            states.append(module.state_dict())

        for name, tensor in states[0].items():
            assert torch.isfinite(tensor).all() and not (tensor == -1).all(), (case, name)
            assert torch.equal(tensor, states[1][name]), (case, name)


@EVERY
def test_a_block_without_memory_is_given_what_it_has_elsewhere(kind: type[Block]) -> None:
    for case in cases(kind, most=1):
        plain = case.block.module(*case.shapes)
        with without_memory():
            module = case.block.module(*case.shapes)

        give_memory(module)
        assert _forms(module.named_parameters()) == _forms(plain.named_parameters()), case
        assert _forms(module.named_buffers()) == _forms(plain.named_buffers()), case
        assert _forms(module.state_dict().items()) == _forms(plain.state_dict().items()), case


def _forms(tensors: Iterable[tuple[str, torch.Tensor]]) -> list[tuple[object, ...]]:
    return [
        (name, tensor.shape, tensor.dtype, tensor.device, tensor.requires_grad)
        for name, tensor in tensors
    ]


@EVERY
def test_gradients_reach_every_weight_and_every_input(kind: type[Block]) -> None:
    for case in cases(kind):
        module = built(case)
        for batch in (1, 4):
            inputs = case.inputs(batch)
            output = module(*inputs)
            assert torch.isfinite(output).all(), case
            if not output.requires_grad:
                assert not list(module.parameters())
                continue

            # A sum would be the same whatever comes into a norm.
            (output * torch.randn_like(output)).sum().backward()
            learned = [tensor for tensor in inputs if tensor.requires_grad]
            for tensor in (*learned, *module.parameters()):
                assert tensor.grad is not None and torch.isfinite(tensor.grad).all(), case

            module.zero_grad()


@EVERY
def test_recomputed_it_gives_the_same_numbers(kind: type[Block]) -> None:
    for case in cases(kind, most=1):
        module = built(case)
        results = []
        for recomputes in (False, True):
            state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
            torch.manual_seed(1)
            inputs = case.inputs(3)
            output = recompute(module, *inputs) if recomputes else module(*inputs)
            if output.requires_grad:
                output.square().sum().backward()

            results.append([output.detach(), *(tensor.grad for tensor in module.parameters())])
            module.zero_grad()
            module.load_state_dict(state)

        for tensor, other in zip(*results, strict=True):
            torch.testing.assert_close(tensor, other, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("kind", "precision"),
    [
        pytest.param(kind, precision, marks=[] if (number + turn) % 2 else pytest.mark.long)
        for number, kind in enumerate(ALL)
        for turn, precision in enumerate((torch.bfloat16, torch.float16))
    ],
    ids=lambda value: getattr(value, "kind", str(value)),
)
def test_in_two_byte_types_it_is_near_float32(kind: type[Block], precision: torch.dtype) -> None:
    for case in cases(kind, most=1):
        module = built(case).eval()
        inputs = case.inputs(3)
        whole = module(*inputs)
        with torch.autocast("cpu", precision):
            half = module(*inputs)

        torch.testing.assert_close(half.float(), whole.float(), rtol=0.1, atol=0.1)
        if half.requires_grad:
            half.float().square().sum().backward()
