"""torch's compiler is not loaded by a training, and is there for whoever asks for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.forked import python

USES = {
    "export": """
exported = torch.export.export(torch.nn.Linear(2, 3), (torch.ones(4, 2),))
print(exported.module()(torch.ones(4, 2)).shape[1])
""",
    "a part": """
from torch._dynamo.source import LocalSource
import torch._dynamo.utils
print(3 if LocalSource.__module__ == "torch._dynamo.source" else 0)
""",
    "an attribute": """
torch._dynamo.reset()
print(3 if "torch._dynamo.convert_frame" in sys.modules else 0)
""",
    "recomputing": """
from torch.utils.checkpoint import checkpoint
inputs = torch.ones(1, 2, requires_grad=True)
checkpoint(torch.nn.Linear(2, 3), inputs, use_reentrant=False).sum().backward()
print(3 if inputs.grad is not None else 0)
""",
}

STEP = """
import sys
import torch
from app.engine.compute.fake_tensors import fake_tensors
from app.engine.learning.optimizer import OPTIMIZERS
with fake_tensors():
    torch.nn.Linear(2, 2)(torch.ones(1, 2))
for kind in ("adamw", "sgd", "rmsprop"):
    layer = torch.nn.Linear(2, 2)
    optimizer = OPTIMIZERS.get(kind)().for_network(layer, torch.device("cpu"))
    layer(torch.ones(1, 2)).sum().backward()
    before = layer.weight.detach().clone()
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    assert torch.is_grad_enabled() and not torch.equal(before, layer.weight)

from torch import distributed
store = distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
shared = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 2))
shared(torch.ones(3, 2)).sum().backward()
distributed.destroy_process_group()
assert "torch._dynamo.convert_frame" not in sys.modules, "all of it was loaded"
"""

STAND_IN = """
import sys
import torch
from models.memory.lazy_dynamo import spare_dynamo
spare_dynamo()
"""

LOADING = """
import sys
import torch
from models.graph import Graph, Node
from models.memory.without_memory import give_memory, without_memory
from models.network import Network
from models.shape import Problem
columns = Node("columns", "categorical-embedding", {"categories": [5, 30]})
graph = Graph((columns, Node("answer", "output", {"outputs": 3})))
problem = Problem("row", (4,), 3, 100, categories=(5, 30))
with without_memory():
    network = Network(graph, problem)

give_memory(network)
assert network(torch.zeros(2, 4)).shape == (2, 3)
loaded = {"torch._dynamo.convert_frame", "sympy"} & sys.modules.keys()
assert not loaded, loaded

from tests.models.networks import cases
for name, kind, problem in cases():
    with without_memory():
        network = Network(kind().resolved(problem).graph(problem), problem)
    give_memory(network)
    assert "torch._dynamo.convert_frame" not in sys.modules, name
"""


def run(command: list[str], script: str) -> str:
    ended = subprocess.run(
        [*command, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_nothing_of_a_training_loads_it() -> None:
    assert run([sys.executable], STEP + USES["recomputing"]) == "3"


@pytest.mark.parametrize("use", USES)
def test_whoever_uses_it_gets_it(use: str) -> None:
    assert run(python(), STAND_IN + USES[use]) == "3"


def test_a_network_is_loaded_without_it_and_without_symbolic_algebra() -> None:
    run([sys.executable], LOADING)
