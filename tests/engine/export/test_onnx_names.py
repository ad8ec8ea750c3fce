"""A column is an input under its own name, whatever it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.experiment.toml_file import from_plain
from app.engine.export.exported_file import ExportedFile
from app.engine.export.formats import all_formats
from app.engine.export.proving import prove
from app.engine.export.to_onnx.write import write_model
from app.engine.export.trained_network import TrainedNetwork
from app.engine.sources.format import no_progress
from tests.engine.export.untrained import untrained_run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("forked_processes")

onnx = pytest.importorskip("onnx")

COLUMNS = (
    "probabilities",
    "answering.network.blocks.answer.weight",
    "linear",
    "val_0",
    "softmax",
    "Größe / cm",
    "a, b",
)
"""Names that the answers, weights and steps inside have too, and names that no code has."""


@pytest.fixture
def network(tmp_path: Path) -> TrainedNetwork:
    generator = np.random.default_rng(0)
    values = generator.normal(size=(60, len(COLUMNS))).round(3)
    heads = ",".join(f'"{name}"' for name in (*COLUMNS, "word", "class"))
    lines = [
        ",".join([*map(str, row), ("red", "", "blue")[number % 3], "ab"[number % 2]])
        for number, row in enumerate(values.tolist())
    ]
    table = tmp_path / "table.csv"
    table.write_text("\n".join([heads, *lines]), encoding="utf-8")
    plain = {
        "data": {"source": str(table), "target": "class", "test_share": 0.4},
        "model": {"template": "mlp", "width": 8, "depth": 1},
    }
    return TrainedNetwork.load(untrained_run(tmp_path / "runs", from_plain(plain))[0])


def test_inputs_keep_the_names_of_columns_and_only_that_of_the_answers_changes(
    network: TrainedNetwork, tmp_path: Path
) -> None:
    form = all_formats()["onnx"]
    path = tmp_path / "network.onnx"
    form.write(network, path, no_progress)
    model = onnx.load(path)
    names = [each.name for each in model.graph.input]
    assert names == ["probabilities (input)", *COLUMNS[1:], "word"]
    assert [each.name for each in model.graph.output] == ["probabilities"]
    assert form.left_out(network) == (
        "The input for 'probabilities' is called 'probabilities (input)', because the answers have "
        "its name.",
    )

    onnx.checker.check_model(model, full_check=True)
    assert prove(network, form, path, no_progress).changed == 0


def test_an_empty_word_is_a_cell_without_a_value(network: TrainedNetwork, tmp_path: Path) -> None:
    form = all_formats()["onnx"]
    path = tmp_path / "network.onnx"
    form.write(network, path, no_progress)
    raw = [array[:1] for array in network.raw(network.rows)]
    with ExportedFile(form.loader, path, 1) as file:
        empty, named, red = (
            file.answers([*raw[:-1], np.array([word])]) for word in ("", "(no value)", "red")
        )

    np.testing.assert_array_equal(empty, named)
    assert (empty != red).any()


def test_a_model_is_written_as_protocol_buffers_write_it(tmp_path: Path) -> None:
    helper, generator = onnx.helper, np.random.default_rng(0)
    weights = [
        onnx.numpy_helper.from_array(generator.normal(size=shape).astype(np.float32), f"w{number}")
        for number, shape in enumerate(((), (3,), (200, 100), (0, 4)))
    ]
    value = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["batch", 3])
    nodes = [helper.make_node("Add", ["x", "w1"], ["y"])]
    graph = helper.make_graph(nodes, "network", [value], [value], weights)
    model = helper.make_model(graph, producer_name="somebody")
    model.metadata_props.add(key="task", value="none")
    write_model(model, tmp_path / "model.onnx")
    assert onnx.load(tmp_path / "model.onnx") == model
    assert (tmp_path / "model.onnx").stat().st_size == model.ByteSize()
