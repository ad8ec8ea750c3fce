"""The memory ledger predicts what a real step holds."""

from __future__ import annotations

import gc
import math
import weakref
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import app.engine.learning.tasks as tasks
from app.engine.compute.fake_tensors import ActivationMeter
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve_for
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.learning.optimizer import OPTIMIZERS, Optimizer
from app.engine.memory.inspection import optimizer_floats
from app.engine.memory.ledger import PARTS, ROWS, _simulated, measure, predict
from app.engine.memory.step_meter import StepMeter
from models.network import build_model
from models.template import TEMPLATES, Template
from tests.ledgers import EXACT, ledgers
from tests.models.networks import picture_problem
from tests.problems import fitting

if TYPE_CHECKING:
    from collections.abc import Sequence

ALL = TEMPLATES.all()
OPTIMIZERS_ALL = OPTIMIZERS.all()
EVERY = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.kind)
PICTURES = pytest.mark.parametrize(
    "kind",
    [one for one in ALL if not one.unfit(picture_problem(1, 28, 28))],
    ids=lambda kind: kind.kind,
)
PAIRED = [
    (kind, OPTIMIZERS_ALL[(number + 3 * turn) % len(OPTIMIZERS_ALL)])
    for number, kind in enumerate(ALL)
    for turn in range(1 + number % 2)
]
SETTINGS: tuple[dict[str, Any], ...] = (
    {"precision": "bfloat16"},
    {"precision": "float16"},
    {"recompute": True},
    {"recompute": True, "precision": "bfloat16"},
    {"accumulation": 2},
    {"accumulation": 3, "recompute": True},
)


def first(kind: type[Template]) -> Any:
    return fitting(kind)[0]


def shallow(kind: type[Template]) -> Template:
    """Returns the template with one block instead of several: optimizers treat all blocks alike."""
    return kind(**{"depth": 1} if "depth" in kind.model_fields else {})


def exact(template: Template, optimizer: type[Optimizer]) -> None:
    comparison = ledgers(template, optimizer(), first(type(template)), batch=4)
    predicted = comparison.predicted
    assert tuple(predicted) == tuple(comparison.measured) == ROWS
    assert not comparison.inexact
    assert predicted["weights"] == predicted["gradients"] > 0
    assert predicted["batch"] == comparison.measured["batch"]

    spec = optimizer()
    for row in ("first_moment", "second_moment"):
        if row in spec.full_state:
            assert predicted[row] == predicted["weights"]
        else:
            assert 0 <= predicted[row] <= (predicted["weights"] if row in spec.partial_state else 0)


@pytest.mark.parametrize(("kind", "optimizer"), PAIRED, ids=lambda kind: kind.kind)
def test_weights_gradients_and_moments_are_exact_to_the_byte(
    kind: type[Template], optimizer: type[Optimizer]
) -> None:
    exact(shallow(kind), optimizer)


@EVERY
@pytest.mark.parametrize("optimizer", OPTIMIZERS_ALL, ids=lambda kind: kind.kind)
@pytest.mark.long
def test_with_every_optimizer(kind: type[Template], optimizer: type[Optimizer]) -> None:
    exact(kind(), optimizer)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("adamw", {"amsgrad": True}),
        ("rmsprop", {"momentum": 0.9, "centered": True}),
        ("adam", {"decay_all": True}),
        ("muon", {"decay_all": True}),
    ],
    ids=str,
)
def test_what_settings_add_to_the_state_is_predicted_too(
    kind: str, settings: dict[str, Any]
) -> None:
    vit = TEMPLATES.get("vit")
    assert not ledgers(vit(depth=1), OPTIMIZERS.get(kind)(**settings), first(vit)).inexact


def test_floats_of_an_optimizer_are_those_of_the_ledger() -> None:
    problem = picture_problem(1, 12, 12)
    resolved = resolve_for(
        Experiment(model=TEMPLATES.get("vit")(depth=1), optimizer=OPTIMIZERS.get("muon")()),
        problem,
        tasks.task("classification"),
    )

    graph = resolved.model.graph(problem)
    floats = optimizer_floats(resolved, graph, problem)
    rows = predict(resolved, graph, problem)

    assert {row: 4 * floats[row] for row in ("first_moment", "second_moment")} == {
        row: rows[row] for row in ("first_moment", "second_moment")
    }
    assert 3 < resolved.optimizer.floats_per_parameter(floats, rows["weights"] // 4) < 4


def near(comparison: Any, *rows: str) -> None:
    for row in rows:
        assert abs(comparison.off(row)) < 0.05, (
            row,
            comparison.predicted[row],
            comparison.measured[row],
        )


@EVERY
def test_activations_and_peak_are_within_five_percent(kind: type[Template]) -> None:
    for task_and_problem in fitting(kind)[-2:]:
        near(
            ledgers(kind(), OPTIMIZERS.get("adamw")(), task_and_problem, batch=3),
            "activations",
            "peak",
        )


@pytest.mark.parametrize(
    ("kind", "settings"),
    [(kind, SETTINGS[number % len(SETTINGS)]) for number, kind in enumerate(ALL)],
    ids=lambda parameter: getattr(parameter, "kind", str(parameter)),
)
def test_precision_recomputation_and_accumulation_are_followed(
    kind: type[Template], settings: dict[str, Any]
) -> None:
    near(
        ledgers(kind(), OPTIMIZERS.get("adamw")(), first(kind), batch=3, **settings),
        "activations",
        "peak",
    )


@EVERY
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.long
def test_with_all_of_them(kind: type[Template], settings: dict[str, Any]) -> None:
    for task_and_problem in fitting(kind):
        near(
            ledgers(kind(), OPTIMIZERS.get("adamw")(), task_and_problem, **settings),
            "activations",
            "peak",
        )


@PICTURES
@pytest.mark.parametrize(
    ("shape", "precision"), (((1, 8, 8), "float32"), ((3, 20, 33), "bfloat16")), ids=str
)
def test_pictures_of_other_sizes(
    kind: type[Template], shape: tuple[int, ...], precision: str
) -> None:
    task_and_problem = "classification", picture_problem(*shape)
    near(
        ledgers(kind(), OPTIMIZERS.get("adamw")(), task_and_problem, 1, precision),
        "activations",
        "peak",
    )


@PICTURES
def test_settings_are_followed(kind: type[Template]) -> None:
    near(
        ledgers(kind(dropout=0.2, depth=1), OPTIMIZERS.get("adamw")(), first(kind), 3),
        "activations",
        "peak",
    )


@PICTURES
def test_yes_or_no_is_predicted_too(kind: type[Template]) -> None:
    task_and_problem = "binary-classification", picture_problem(1, 12, 12, outputs=1)
    near(ledgers(kind(), OPTIMIZERS.get("adamw")(), task_and_problem, 4), "activations", "peak")


@pytest.mark.parametrize(
    ("kind", "optimizer", "settings"),
    [
        ("resnet", "adamw", {}),
        ("gpt", "sgd", {}),
        ("vit", "muon", {"batch": 4}),
        ("convnext", "adafactor", {"batch": 4}),
        ("text-encoder", "radam", {"batch": 2}),
        ("two-tower", "rmsprop", {"batch": 4, "accumulation": 2}),
        ("resnet", "nadam", {"precision": "bfloat16"}),
        ("vit", "adamw", {"batch": 4, "recompute": True}),
    ],
    ids=str,
)
def test_the_peak_is_what_the_allocator_reports(
    kind: str, optimizer: str, settings: dict[str, Any]
) -> None:
    template = TEMPLATES.get(kind)
    comparison = ledgers(
        template(), OPTIMIZERS.get(optimizer)(), first(template), allocator=True, **settings
    )
    assert abs(comparison.peak_off) < 0.05, (comparison.predicted["peak"], comparison.allocator)
    near(comparison, "activations", "peak")


def test_the_parts_hold_the_peak_and_what_is_known_of_the_data() -> None:
    template = TEMPLATES.get("text-cnn")
    comparison = ledgers(
        template(),
        OPTIMIZERS.get("adamw")(),
        first(template),
        dataset_bytes=123_456,
        accumulation=2,
    )
    for rows in (comparison.predicted, comparison.measured):
        assert rows["dataset"] == 123_456 and rows["data"] == rows["dataset"] + rows["batch"]
        assert rows["peak"] <= sum(rows[name] for name in PARTS)
        assert (
            rows["peak"]
            > rows["data"] + rows["weights"] + rows["first_moment"] + rows["second_moment"]
        )

    name, problem = first(template)
    target = tasks.task(name).fake_targets(problem, 1)
    sizes = [math.prod(part.shape) * (8 if part.kind == "text" else 4) for part in problem.inputs]
    assert comparison.predicted["batch"] == 2 * 16 * (
        sum(sizes) + target.numel() * target.element_size()
    )


def rows_for(kind: str, device: str, optimizer: str = "adamw", **training: Any) -> dict[str, int]:
    problem = picture_problem(1, 28, 28)
    task = tasks.task("classification")
    resolved = resolve_for(
        Experiment(
            model=TEMPLATES.get(kind)(),
            optimizer=OPTIMIZERS.get(optimizer)(),
            training=TrainingSettings(**training),
        ),
        problem,
        task,
    )

    return predict(resolved, resolved.model.graph(problem), problem, device_type=device)


@PICTURES
def test_on_a_gpu_the_peak_lies_between_the_largest_stage_and_the_sum(kind: type[Template]) -> None:
    rows = rows_for(kind.kind, "cuda", precision="float32")
    lasting = sum(
        rows[name] for name in ("weights", "first_moment", "second_moment", "other_state", "data")
    )
    assert rows["peak"] > lasting + max(rows["activations"], rows["gradients"])
    if kind.kind != "mlp":  # the copies of its weights in 16 bits outweigh its activations
        assert rows_for(kind.kind, "cuda")["activations"] < 0.8 * rows["activations"]


def test_on_a_gpu_optimizers_that_change_all_weights_at_once_need_room_for_them() -> None:
    settings: dict[str, Any] = {"batch_size": 1, "precision": "float32"}
    one_by_one, at_once = (
        rows_for("vit", device, "nadam", **settings) for device in ("cpu", "cuda")
    )
    weights = one_by_one["weights"]
    assert one_by_one["weights"] == at_once["weights"]
    assert at_once["workspace"] > one_by_one["workspace"] + weights

    fused = rows_for("vit", "cuda", "adamw", **settings)
    assert fused["workspace"] + weights // 2 < at_once["workspace"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS_ALL, ids=lambda kind: kind.kind)
def test_every_optimizer_is_foreseen_on_a_gpu(optimizer: type[Optimizer]) -> None:
    on_gpu, on_cpu = (
        rows_for("resnet", device, optimizer.kind, precision="float32")
        for device in ("cuda", "cpu")
    )
    assert {row: on_gpu[row] for row in EXACT} == {row: on_cpu[row] for row in EXACT}


@pytest.mark.parametrize(
    ("kind", "precision"),
    [
        pytest.param(kind, precision, marks=[] if (number + turn) % 2 else pytest.mark.long)
        for number, kind in enumerate(ALL)
        for turn, precision in enumerate(("bfloat16", "float16"))
    ],
    ids=lambda parameter: getattr(parameter, "kind", str(parameter)),
)
def test_recomputation_is_foreseen_on_a_gpu(kind: type[Template], precision: str) -> None:
    """Each template is tried in one of the two precisions, and with -m long in the other."""
    name, problem = first(kind)
    task = tasks.task(name)
    settings = {"dropout": 0.1} if "dropout" in kind.model_fields else {}

    rows = []
    for recompute in (False, True):
        training = TrainingSettings(batch_size=4, precision=precision, recompute=recompute)
        resolved = resolve_for(Experiment(model=kind(**settings), training=training), problem, task)
        rows.append(predict(resolved, resolved.model.graph(problem), problem, device_type="cuda"))

    assert rows[1]["activations"] < rows[0]["activations"]


def test_a_mask_of_dropout_is_a_quarter_as_large_on_a_gpu() -> None:
    problem = picture_problem(1, 28, 28)
    for share, expected in ((0.0, 0), (0.1, 3 * 2 * 4 * 49 * 96 * 128)):
        requested = Experiment(
            model=TEMPLATES.get("vit")(dropout=share), training=TrainingSettings(batch_size=128)
        )
        task = tasks.task("classification")
        resolved = resolve_for(requested, problem, task)

        graph = resolved.model.graph(problem)
        cpu, gpu = (
            predict(resolved, graph, problem, device_type=kind, precision="float32")["activations"]
            for kind in ("cpu", "cuda")
        )

        assert cpu - gpu == expected


class _RealStorages(TorchDispatchMode):
    """Notes the largest storage of a real tensor that is created."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Any = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        for value in tree_leaves(out):
            if (
                isinstance(value, torch.Tensor)
                and value.device.type != "meta"
                and type(value) is torch.Tensor
            ):
                self.most = max(self.most, value.untyped_storage().nbytes())

        return out


def test_a_prediction_takes_no_memory() -> None:
    huge: dict[str, Any] = {"batch_size": 1_000_000, "precision": "float32"}
    with _RealStorages() as real:
        rows = rows_for("vit", "cpu", **huge)

    assert rows["activations"] > 2**40 and real.most < 2**20


def test_a_step_is_simulated_once_and_every_other_one_by_itself() -> None:
    usual: dict[str, Any] = {"batch_size": 8, "precision": "float32"}
    first_rows = rows_for("mlp", "cpu", **usual)
    before = _simulated.cache_info().misses
    rows_for("mlp", "cpu", **usual).clear()
    assert rows_for("mlp", "cpu", **usual) == first_rows
    assert _simulated.cache_info().misses == before

    others: tuple[dict[str, Any], ...] = (
        {"batch_size": 9},
        {"accumulation": 2},
        {"recompute": True},
        {"precision": "bfloat16"},
        {"optimizer": "sgd"},
        {"device": "cuda"},
    )
    for count, other in enumerate(others, 1):
        rows_for("mlp", **{"device": "cpu", **usual, **other})
        assert _simulated.cache_info().misses == before + count


def test_without_a_measured_peak_it_is_the_sum_of_the_rows() -> None:
    template = TEMPLATES.get("mlp")
    name, problem = first(template)
    resolved = resolve_for(Experiment(model=template()), problem, tasks.task(name))

    network = build_model(resolved.model.graph(problem), problem, 0)
    stepper = resolved.optimizer.for_network(network, torch.device("cpu"))
    meter = StepMeter(network, stepper, torch.zeros(1), torch.zeros(1))
    meter.activations = 1_000
    rows = measure(network, stepper, resolved.optimizer, meter, 200, 30)
    assert (rows["activations"], rows["batch"], rows["dataset"], rows["workspace"]) == (
        1_000,
        200,
        30,
        0,
    )

    assert rows["peak"] == sum(rows[part] for part in PARTS)
    assert measure(network, stepper, resolved.optimizer, None, 200)["activations"] == 0


def test_the_meter_keeps_nothing_alive_and_changes_no_number() -> None:
    problem = picture_problem(1, 12, 12)
    graph = TEMPLATES.get("resnet")().resolved(problem).graph(problem)

    gradients = []
    for metered in (False, True):
        network = build_model(graph, problem, 0).train()
        x = torch.randn(4, 1, 12, 12, generator=torch.Generator().manual_seed(0))

        meter = ActivationMeter.of(network, x)
        if metered:
            with meter:
                loss = network(x).square().mean()
        else:
            loss = network(x).square().mean()

        loss.backward()
        gradients.append([parameter.grad.clone() for parameter in network.parameters()])
        gone = weakref.ref(network)
        del network, loss
        gc.collect()

        assert gone() is None

    assert all(torch.equal(gradient, other) for gradient, other in zip(*gradients, strict=True))


def test_the_meter_counts_a_storage_once_and_what_is_known_never() -> None:
    weight = torch.ones(8, 8, requires_grad=True)
    x = torch.ones(4, 8)
    with ActivationMeter([weight, x]) as meter:
        (x @ weight).relu().view(2, 16).square().sum()

    assert meter.bytes == 4 * 8 * 4
